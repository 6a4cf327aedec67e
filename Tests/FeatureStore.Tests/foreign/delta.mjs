// A reader of Delta tables that shares nothing with this repository's code: the log is replayed here as the published protocol says,
// and the Parquet files, checkpoints included, are read by hyparquet.
//
//   node delta.mjs TABLE [VERSION]
//
// TABLE: the folder that has _delta_log; VERSION: absent means the newest. Writes JSON lines: first {"version", "checkpoint" (-1: none was
// needed), "columns": [[name, type], ...], "transactions": {appId: version}, "files"}, then a row as [cell, ...], in no order. A cell is null
// or text: integers and timestamps (microseconds) in decimal, doubles as the 16 hexadecimal digits of their bits.
// Writes {"error"} instead where the table cannot be read, such as a version whose files are gone. Exit codes: 0; 77 the packages cannot be
// installed.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installPackages } from '../../TestSupport/packages.mjs';

const PACKAGES = ['hyparquet@^1.31'];

const [table, wanted] = process.argv.slice(2);
const hyparquet = pathToFileURL(installPackages(PACKAGES).resolve('hyparquet')).href;
const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import(hyparquet);
const parsers = { timestampFromMicroseconds: (micros) => micros };
const read = async (path) => parquetReadObjects({ file: await asyncBufferFromFile(path), parsers });

const log = join(table, '_delta_log');
const name = (version) => String(version).padStart(20, '0');
const versions = (pattern) => readdirSync(log).map((file) => pattern.exec(file)).filter(Boolean).map((match) => Number(match[1])).sort((a, b) => a - b);

// The actions of the newest checkpoint at or below the version, then those of each commit after it.
async function* commits() {
  const written = versions(/^(\d{20})\.json$/);
  const version = wanted === undefined ? written.at(-1) : Number(wanted);
  const checkpoint = versions(/^(\d{20})\.checkpoint\.parquet$/).filter((candidate) => candidate <= version).at(-1) ?? -1;
  if (checkpoint >= 0) yield { version: checkpoint, checkpoint, actions: await read(join(log, `${name(checkpoint)}.checkpoint.parquet`)) };
  for (let next = checkpoint + 1; next <= version; next++) {
    const path = join(log, `${name(next)}.json`);
    if (!existsSync(path)) throw new Error(`version ${version} cannot be built: ${name(next)}.json is not there`);
    yield { version: next, checkpoint, actions: readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) };
  }
}

const PHYSICAL = { string: 'BYTE_ARRAY', long: 'INT64', double: 'DOUBLE', boolean: 'BOOLEAN', timestamp: 'INT64' };
const bits = new DataView(new ArrayBuffer(8));
const text = (value, type) => {
  if (value === null || value === undefined) return null;
  if (type !== 'double') return String(value);
  bits.setFloat64(0, value);
  return bits.getBigUint64(0).toString(16).padStart(16, '0');
};

const output = [];
try {
  await readTable();
} catch (error) {
  output.splice(0, Infinity, { error: error.message });
}
process.stdout.write(output.map((line) => `${JSON.stringify(line)}\n`).join(''));

async function readTable() {
  const state = { version: -1, checkpoint: -1, files: new Map(), transactions: new Map(), metaData: undefined };
  for await (const { version, checkpoint, actions } of commits()) {
    Object.assign(state, { version, checkpoint });
    // A commit may replace a file under its own path.
    for (const { remove } of actions) if (remove) state.files.delete(remove.path);
    for (const { add, metaData, protocol, txn } of actions) {
      if (protocol && protocol.minReaderVersion > 1) throw new Error(`reader version ${protocol.minReaderVersion} is needed`);
      if (add) state.files.set(add.path, add);
      if (metaData) state.metaData = metaData;
      if (txn) state.transactions.set(txn.appId, Number(txn.version));
    }
  }

  if (state.metaData.partitionColumns.length > 0) throw new Error('partitioned tables are not read here');
  const columns = JSON.parse(state.metaData.schemaString).fields.map(({ name, type }) => [name, type]);
  output.push({ version: state.version, checkpoint: state.checkpoint, columns, transactions: Object.fromEntries(state.transactions), files: state.files.size });

  for (const add of state.files.values()) {
    const path = join(table, decodeURIComponent(add.path));
    if (!existsSync(path)) throw new Error(`the file ${add.path} of version ${state.version} is gone`);
    if (statSync(path).size !== Number(add.size)) throw new Error(`the file ${add.path} has not the size that the log says`);
    const stored = parquetSchema(await parquetMetadataAsync(await asyncBufferFromFile(path))).children.map(({ element }) => element);
    for (const { name, type: physical, logical_type: logical } of stored) {
      const type = columns.find(([column]) => column === name)?.[1];
      const isInstant = logical?.isAdjustedToUTC && logical.unit === 'MICROS';
      if (physical !== PHYSICAL[type] || (type === 'timestamp' && !isInstant)) throw new Error(`${add.path}: ${name} is ${physical}, not ${type}`);
    }
    const rows = await read(path);
    const { numRecords } = JSON.parse(add.stats);
    if (rows.length !== numRecords) throw new Error(`the file ${add.path} has ${rows.length} rows, not ${numRecords}`);
    for (const row of rows) output.push(columns.map(([column, type]) => text(row[column], type)));
  }
}
