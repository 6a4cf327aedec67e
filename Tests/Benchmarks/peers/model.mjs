// The model as ONNX Runtime's package for Node runs it, with the settings that suit one row: no threads inside a run.
import ort from 'onnxruntime-node';

export async function loadModel(path) {
  const session = await ort.InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  return async (values, shape) => {
    const results = await session.run({ [input]: new ort.Tensor('float64', values, shape) });
    return { name: output, data: results[output].data, shape: results[output].dims };
  };
}

// Says on one line that the port is open and what answers on it, and ends with whoever started this.
export function ready(what) {
  console.log(`ready: ${what}, Node ${process.versions.node}`);
  process.stdin.on('end', () => process.exit(0)).resume();
}
