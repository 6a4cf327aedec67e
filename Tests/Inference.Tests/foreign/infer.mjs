// A client of the Open Inference Protocol v2 that shares nothing with this repository's code: its own proto, its own gRPC stack.
//
//   node infer.mjs HOST:PORT MODEL [VERSION] [JSON]
//
// VERSION: '' or a number. JSON: a vector (one row of the only input; null is NaN), or {"input name": nested array, ...}.
// Prints {"output name": [numbers, row-major], ...}. Exit codes: 0; 77 the packages cannot be installed; 1 anything else.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from '../../TestSupport/packages.mjs';

const PACKAGES = ['@grpc/grpc-js@^1.12', '@grpc/proto-loader@^0.7'];

const flatten = (data) => (Array.isArray(data) ? data.flatMap(flatten) : [data]);

function shapeOf(data) {
  return Array.isArray(data) ? [data.length, ...(data.length > 0 ? shapeOf(data[0]) : [])] : [];
}

const writers = {
  FP64: [8, (b, v, o) => b.writeDoubleLE(v ?? NaN, o)],
  FP32: [4, (b, v, o) => b.writeFloatLE(v ?? NaN, o)],
  INT64: [8, (b, v, o) => b.writeBigInt64LE(BigInt(v), o)],
  INT32: [4, (b, v, o) => b.writeInt32LE(v, o)],
};
const readers = {
  FP64: [8, (b, o) => b.readDoubleLE(o)],
  FP32: [4, (b, o) => b.readFloatLE(o)],
  INT64: [8, (b, o) => Number(b.readBigInt64LE(o))],
  INT32: [4, (b, o) => b.readInt32LE(o)],
};

function encode(datatype, values) {
  const [size, write] = writers[datatype] ?? [];
  if (!write) throw new Error(`this client cannot write ${datatype}`);
  const buffer = Buffer.alloc(values.length * size);
  values.forEach((value, index) => write(buffer, value, index * size));
  return buffer;
}

function decode(datatype, buffer) {
  const [size, read] = readers[datatype] ?? [];
  if (!read) throw new Error(`this client cannot read ${datatype}`);
  return Array.from({ length: buffer.length / size }, (_, index) => read(buffer, index * size));
}

const [address, model, version = '', json = ''] = process.argv.slice(2);
if (!address || !model) {
  console.error('usage: node infer.mjs HOST:PORT MODEL [VERSION] [JSON]');
  process.exit(1);
}

const require = installPackages(PACKAGES);
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const proto = loader.loadSync(join(dirname(fileURLToPath(import.meta.url)), 'open_inference_v2.proto'), { keepCase: true, longs: Number, defaults: true });
const { GRPCInferenceService } = grpc.loadPackageDefinition(proto).inference;
const client = new GRPCInferenceService(address, grpc.credentials.createInsecure());
const call = (method, request) => new Promise((resolve, reject) =>
  client[method](request, { deadline: Date.now() + 30_000 }, (error, response) => (error ? reject(error) : resolve(response))));

try {
  if (!(await call('ServerLive', {})).live) throw new Error('the server is not live');
  if (!(await call('ModelReady', { name: model, version })).ready) throw new Error(`model '${model}' version '${version}' is not ready`);
  const metadata = await call('ModelMetadata', { name: model, version });

  const data = JSON.parse(json || readFileSync(0, 'utf8'));
  const given = Array.isArray(data) ? { [metadata.inputs[0].name]: Array.isArray(data[0]) ? data : [data] } : data;
  const inputs = metadata.inputs.map(({ name, datatype }) => ({ name, datatype, shape: shapeOf(given[name]) }));
  const response = await call('ModelInfer', {
    model_name: model,
    model_version: version,
    id: 'foreign',
    inputs,
    raw_input_contents: inputs.map(({ name, datatype }) => encode(datatype, flatten(given[name]))),
  });
  if (response.id !== 'foreign') throw new Error(`the id came back as '${response.id}'`);

  const finite = (value) => (Number.isFinite(value) ? value : String(value));
  const outputs = response.outputs.map((output, index) => [output.name, decode(output.datatype, response.raw_output_contents[index]).map(finite)]);
  console.log(JSON.stringify(Object.fromEntries(outputs)));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  client.close();
}
