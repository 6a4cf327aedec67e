// The Open Inference Protocol's /v2/models/NAME/infer by fastify and onnxruntime-node.   node rest.mjs PORT MODEL.onnx
import Fastify from 'fastify';
import { loadModel, ready } from './model.mjs';

const [port, modelPath] = process.argv.slice(2);
const infer = await loadModel(modelPath);
const text = { type: 'string' };
const numbers = { type: 'array', items: { type: 'number' } };
const tensor = { type: 'object', required: ['name', 'datatype', 'shape', 'data'], properties: { name: text, datatype: text, shape: numbers, data: numbers } };
const tensors = { type: 'array', items: tensor, minItems: 1 };

// With schemas, as fastify's own benchmarks: they make its answers faster.
const schema = {
  body: { type: 'object', required: ['inputs'], properties: { id: text, inputs: tensors } },
  response: { 200: { type: 'object', properties: { model_name: text, model_version: text, outputs: tensors } } },
};

const app = Fastify();
app.post('/v2/models/:model/infer', { schema }, async ({ params, body }) => {
  const [{ data, shape }] = body.inputs;
  const answer = await infer(Float64Array.from(data), shape);
  return { model_name: params.model, model_version: '1', outputs: [{ name: answer.name, datatype: 'FP64', shape: answer.shape, data: Array.from(answer.data) }] };
});
await app.listen({ host: '127.0.0.1', port: Number(port) });
ready('fastify with onnxruntime-node');
