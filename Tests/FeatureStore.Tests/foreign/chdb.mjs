// The same answers as delta.mjs, from ClickHouse's engine (chDB), which reads Delta tables by the Delta project's own kernel.
//
//   node chdb.mjs TABLE [VERSION]
//
// The package has half a gigabyte, so it is installed only where CNAI_CHDB=1 says so. Writes JSON lines: {"columns"} as in delta.mjs, then the
// rows. Exit codes: 0; 77 it is not wanted or cannot be installed; 1 anything else.
import { dirname } from 'node:path';
import { installPackages } from '../../TestSupport/packages.mjs';

const PACKAGES = ['chdb@^3.4'];
const TYPES = { String: 'string', Int64: 'long', Float64: 'double', Bool: 'boolean' };

if (process.env.CNAI_CHDB !== '1') {
  console.error('chDB, 550 MB, is not installed unless the environment has CNAI_CHDB=1.');
  process.exit(77);
}

const [table, version] = process.argv.slice(2);
const { Session } = installPackages(PACKAGES)('chdb');
// It reads files below the working directory only.
process.chdir(dirname(table));
const session = new Session();
const quoted = (name) => `\`${name}\``;
const from = `deltaLakeLocal('${table}') `;
const settings = version === undefined ? '' : ` SETTINGS delta_lake_snapshot_version = ${Number(version)}`;
const rows = (query) => session.query(query + settings, 'JSONCompactEachRow').split('\n').filter(Boolean).map((line) => JSON.parse(line));

try {
  const typeOf = (type) => (/DateTime64\(6/.test(type) ? 'timestamp' : TYPES[type.replace(/^Nullable\((.*)\)$/, '$1')] ?? type);
  const columns = rows(`DESCRIBE TABLE ${from}`).map(([name, type]) => [name, typeOf(type)]);
  console.log(JSON.stringify({ columns }));
  const cells = columns.map(([name, type]) => ({
    timestamp: `toString(toUnixTimestamp64Micro(${quoted(name)}))`,
    double: `leftPad(lower(hex(reinterpretAsUInt64(${quoted(name)}))), 16, '0')`,
    string: quoted(name),
  })[type] ?? `toString(${quoted(name)})`);
  for (const row of rows(`SELECT ${cells.join(', ')} FROM ${from}`)) console.log(JSON.stringify(row));
} finally {
  session.close();
}
