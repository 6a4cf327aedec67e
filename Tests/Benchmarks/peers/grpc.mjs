// The Open Inference Protocol's ModelInfer by grpc-js and onnxruntime-node.   node grpc.mjs PORT MODEL.onnx PROTO
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { loadModel, ready } from './model.mjs';

const [port, modelPath, protoPath] = process.argv.slice(2);
const infer = await loadModel(modelPath);
const definition = loader.loadSync(protoPath, { keepCase: true, longs: Number });
const { GRPCInferenceService } = grpc.loadPackageDefinition(definition).inference;

// Doubles lie anywhere in a message; a Float64Array begins at a multiple of eight.
function doubles(bytes) {
  const copy = new Uint8Array(bytes);
  return new Float64Array(copy.buffer, 0, copy.length / 8);
}

const server = new grpc.Server();
server.addService(GRPCInferenceService.service, {
  ModelInfer({ request }, reply) {
    infer(doubles(request.raw_input_contents[0]), request.inputs[0].shape).then(
      ({ name, data, shape }) => reply(null, {
        model_name: request.model_name,
        model_version: '1',
        id: request.id,
        outputs: [{ name, datatype: 'FP64', shape }],
        raw_output_contents: [Buffer.from(data.buffer, data.byteOffset, data.byteLength)],
      }),
      (error) => reply({ code: grpc.status.INTERNAL, details: error.message }),
    );
  },
});
server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  ready('grpc-js with onnxruntime-node');
});
