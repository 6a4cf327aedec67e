// A client of Feast's ServingService that shares nothing with this repository's code: its own proto, its own gRPC stack.
//
//   node feast.mjs HOST:PORT JSON
//
// JSON: a GetOnlineFeaturesRequest. Prints {"version": ..., "results": {"name": {"values": [...], "statuses": [...], "seconds": [...]}}},
// or {"code": ..., "details": ...} when the server refuses it. Exit codes: 0; 77 the packages cannot be installed; 1 anything else.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from '../../TestSupport/packages.mjs';

const PACKAGES = ['@grpc/grpc-js@^1.12', '@grpc/proto-loader@^0.7'];

const [address, json] = process.argv.slice(2);
const require = installPackages(PACKAGES);
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const proto = loader.loadSync(join(dirname(fileURLToPath(import.meta.url)), 'feast_serving.proto'), { keepCase: true, longs: Number, enums: String, oneofs: true, arrays: true });
const { ServingService } = grpc.loadPackageDefinition(proto).feast.serving;
const client = new ServingService(address, grpc.credentials.createInsecure());
const call = (method, request) => new Promise((resolve, reject) =>
  client[method](request, { deadline: Date.now() + 30_000 }, (error, response) => (error ? reject(error) : resolve(response))));

try {
  const { version } = await call('GetFeastServingInfo', {});
  const response = await call('GetOnlineFeatures', JSON.parse(json));
  if (!response.status) throw new Error('the status is false');
  const results = response.results.map(({ values, statuses, event_timestamps }, index) => [
    response.metadata.feature_names.val[index],
    { values: values.map((value) => (value.val ? value[value.val] : null)), statuses, seconds: event_timestamps.map((timestamp) => timestamp.seconds ?? 0) },
  ]);
  console.log(JSON.stringify({ version, results: Object.fromEntries(results) }));
} catch (error) {
  if (error.code === undefined) {
    console.error(error.message);
    process.exitCode = 1;
  } else {
    console.log(JSON.stringify({ code: error.code, details: error.details }));
  }
} finally {
  client.close();
}
