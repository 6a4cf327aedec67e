using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.Tests.OfflineStore.Delta;

/// <summary>
/// A strict reading of the Delta protocol (reader 1 / writer 2) over a table's folder. Shares no code with the writer: it parses the
/// log by itself and holds it against the data files. An empty list means that nothing was found.
/// </summary>
internal sealed partial class DeltaProtocolChecker
{
    private static readonly string[] KnownActions = ["commitInfo", "protocol", "metaData", "add", "remove", "txn"];

    private readonly string _table;
    private readonly string _log;
    private readonly List<string> _findings = [];
    private readonly Dictionary<string, JsonElement> _live = [];
    private readonly Dictionary<string, JsonElement> _tombstones = [];
    private readonly Dictionary<string, long> _transactions = [];
    private readonly Dictionary<long, (HashSet<string> Live, Dictionary<string, long> Transactions, string Metadata)> _states = [];
    private JsonElement? _metadata;
    private JsonElement? _protocol;

    private DeltaProtocolChecker(string table)
    {
        _table = table;
        _log = Path.Combine(table, "_delta_log");
    }

    public static IReadOnlyList<string> Check(string table)
    {
        var checker = new DeltaProtocolChecker(table);
        checker.CheckLog();
        if (checker._metadata is not null)
        {
            checker.CheckDataFiles();
            checker.CheckCheckpoints();
        }

        return checker._findings;
    }

    private void CheckLog()
    {
        var versions = new SortedSet<long>();
        foreach (var file in Directory.EnumerateFiles(_log))
        {
            var name = Path.GetFileName(file);
            if (CommitName().IsMatch(name))
            {
                versions.Add(long.Parse(name[..20], CultureInfo.InvariantCulture));
            }
            else if (!CheckpointName().IsMatch(name) && !ChecksumName().IsMatch(name) && name != "_last_checkpoint" && !name.StartsWith('.'))
            {
                Report($"{name} is no name of the log");
            }
        }

        if (versions.Count == 0)
        {
            Report("there is no commit");
            return;
        }

        long next;
        if (versions.Min == 0)
        {
            next = 0;
        }
        else
        {
            // The log was cleaned up: a checkpoint must stand at or before the first commit that is left.
            var checkpoint = Checkpoints().Where(version => version >= versions.Min).DefaultIfEmpty(-1).Min();
            if (checkpoint < 0)
            {
                Report($"versions before {versions.Min} are gone and no checkpoint covers them");
                return;
            }

            if (!versions.Contains(checkpoint))
            {
                Report($"the commit of checkpoint {checkpoint} is gone");
            }

            SeedFromCheckpoint(checkpoint);
            next = checkpoint + 1;
        }

        foreach (var version in versions.Where(version => version >= next))
        {
            if (version != next)
            {
                Report($"version {next} is missing");
                next = version;
            }

            CheckCommit(version);
            next++;
        }
    }

    private void CheckCommit(long version)
    {
        var lines = File.ReadAllText(Path.Combine(_log, $"{version:D20}.json")).Split('\n');
        if (lines[^1].Length != 0)
        {
            Report($"{version}: the last line has no end");
        }

        var counts = new Dictionary<string, int>();
        var added = new List<JsonElement>();
        var removed = new List<JsonElement>();
        var index = 0;
        foreach (var line in lines.Where(line => line.Length > 0))
        {
            JsonElement action;
            try
            {
                action = JsonDocument.Parse(line).RootElement;
            }
            catch (JsonException)
            {
                Report($"{version}: line {index} is no JSON");
                continue;
            }

            var properties = action.ValueKind is JsonValueKind.Object ? action.EnumerateObject().ToArray() : [];
            if (properties.Length != 1 || !KnownActions.Contains(properties[0].Name))
            {
                Report($"{version}: line {index} is not one known action");
                continue;
            }

            var (kind, body) = (properties[0].Name, properties[0].Value);
            if (kind == "commitInfo" && index != 0)
            {
                Report($"{version}: commitInfo is not the first line");
            }

            var key = kind switch
            {
                "add" or "remove" => $"{kind} {Text(body, "path")}",
                "txn" => $"txn {Text(body, "appId")}",
                _ => kind,
            };
            counts[key] = counts.GetValueOrDefault(key) + 1;
            if (counts[key] == 2)
            {
                Report($"{version}: more than one {key}");
            }

            switch (kind)
            {
                case "protocol":
                    CheckProtocol(version, body);
                    break;
                case "metaData":
                    CheckMetadata(version, body);
                    break;
                case "txn":
                    CheckTransaction(version, body);
                    break;
                case "add":
                    added.Add(body);
                    break;
                case "remove":
                    removed.Add(body);
                    break;
            }

            index++;
        }

        if (version == 0 && (_protocol is null || _metadata is null))
        {
            Report("version 0 lacks protocol or metaData");
        }

        CheckFiles(version, added, removed);
        _states[version] = ([.. _live.Keys], new Dictionary<string, long>(_transactions), Text(_metadata ?? default, "id"));
    }

    private void CheckFiles(long version, List<JsonElement> added, List<JsonElement> removed)
    {
        long rowsIn = 0, rowsOut = 0;
        foreach (var body in removed)
        {
            Require(version, "remove", body, ("path", JsonValueKind.String), ("dataChange", JsonValueKind.True), ("deletionTimestamp", JsonValueKind.Number));
            var path = Text(body, "path");
            if (_live.Remove(path, out var add))
            {
                rowsOut += Rows(add);
            }
            else
            {
                Report($"{version}: removes '{path}', which is not live");
            }

            _tombstones[path] = body;
        }

        foreach (var body in added)
        {
            Require(
                version, "add", body, ("path", JsonValueKind.String), ("partitionValues", JsonValueKind.Object), ("size", JsonValueKind.Number),
                ("modificationTime", JsonValueKind.Number), ("dataChange", JsonValueKind.True));
            var path = Text(body, "path");
            rowsIn += Rows(body);
            if (!_live.TryAdd(path, body))
            {
                Report($"{version}: adds '{path}', which is live already");
            }

            if (body.TryGetProperty("modificationTime", out var time) && time.TryGetInt64(out var millis) && millis < 1_000_000_000_000)
            {
                Report($"{version}: modificationTime of '{path}' is not in milliseconds");
            }

            if (body.TryGetProperty("partitionValues", out var values) && _metadata is { } metadata)
            {
                var columns = metadata.GetProperty("partitionColumns").EnumerateArray().Select(column => column.GetString()!).Order();
                if (!values.EnumerateObject().Select(value => value.Name).Order().SequenceEqual(columns))
                {
                    Report($"{version}: partition values of '{path}' are not those of the table");
                }
            }
        }

        if (added.Concat(removed).Any() && added.Concat(removed).All(body => body.GetProperty("dataChange").ValueKind is JsonValueKind.False) && rowsIn != rowsOut)
        {
            Report($"{version}: dataChange=false, but {rowsOut} rows went out and {rowsIn} came in");
        }
    }

    private void CheckProtocol(long version, JsonElement body)
    {
        Require(version, "protocol", body, ("minReaderVersion", JsonValueKind.Number), ("minWriterVersion", JsonValueKind.Number));
        _protocol = body;
        var (reader, writer) = (Number(body, "minReaderVersion"), Number(body, "minWriterVersion"));
        if (reader < 3 && body.TryGetProperty("readerFeatures", out _))
        {
            Report($"{version}: readerFeatures without reader version 3");
        }

        if (writer < 7 && body.TryGetProperty("writerFeatures", out _))
        {
            Report($"{version}: writerFeatures without writer version 7");
        }

        if (reader != 1 || writer != 2)
        {
            Report($"{version}: protocol {reader}/{writer} is not 1/2");
        }
    }

    private void CheckMetadata(long version, JsonElement body)
    {
        Require(
            version, "metaData", body, ("id", JsonValueKind.String), ("format", JsonValueKind.Object), ("schemaString", JsonValueKind.String),
            ("partitionColumns", JsonValueKind.Array), ("configuration", JsonValueKind.Object));
        if (!Guid.TryParse(Text(body, "id"), out _))
        {
            Report($"{version}: the table's id is no GUID");
        }

        if (Text(body.GetProperty("format"), "provider") != "parquet")
        {
            Report($"{version}: the format is not parquet");
        }

        var names = Columns(body).Select(column => column.Name).ToArray();
        if (names.Distinct(StringComparer.OrdinalIgnoreCase).Count() != names.Length)
        {
            Report($"{version}: two columns differ by case only");
        }

        if (_metadata is { } before)
        {
            var now = Columns(body).ToDictionary(column => column.Name, column => column.Type);
            foreach (var column in Columns(before))
            {
                if (!now.TryGetValue(column.Name, out var type) || type != column.Type)
                {
                    Report($"{version}: the column '{column.Name}' was dropped or changed its type");
                }
            }
        }

        _metadata = body;
    }

    private void CheckTransaction(long version, JsonElement body)
    {
        Require(version, "txn", body, ("appId", JsonValueKind.String), ("version", JsonValueKind.Number));
        var (appId, number) = (Text(body, "appId"), Number(body, "version"));
        if (_transactions.TryGetValue(appId, out var before) && number <= before)
        {
            Report($"{version}: txn '{appId}' goes from {before} to {number}");
        }

        _transactions[appId] = number;
    }

    private void CheckDataFiles()
    {
        using var duckDb = new DuckDBConnection("DataSource=:memory:");
        duckDb.Open();
        foreach (var (path, add) in _live)
        {
            if (path.Contains("://", StringComparison.Ordinal) || path.StartsWith('/') || path.Split('/').Contains(".."))
            {
                Report($"'{path}' is not relative");
                continue;
            }

            var relative = Uri.UnescapeDataString(path);
            if (relative.Split('/').Any(part => part.StartsWith('_') || part.StartsWith('.')))
            {
                Report($"'{path}' lies under a hidden name");
            }

            var file = new FileInfo(Path.Combine(_table, relative));
            if (!file.Exists)
            {
                Report($"'{path}' is missing");
                continue;
            }

            if (file.Length != Number(add, "size"))
            {
                Report($"'{path}' has {file.Length} bytes, its action says {Number(add, "size")}");
            }

            CheckParquet(duckDb, path, file.FullName, add);
        }
    }

    private void CheckParquet(DuckDBConnection duckDb, string path, string file, JsonElement add)
    {
        var columns = Columns(_metadata!.Value).ToDictionary(column => column.Name, column => column.Type);
        var stored = new Dictionary<string, string>();
        foreach (var row in Query(duckDb, $"SELECT name, type, converted_type, logical_type, num_children FROM parquet_schema('{file}')").Skip(1))
        {
            stored[(string)row[0]!] = $"{row[1]}/{row[2]}/{row[3]}";
        }

        foreach (var (name, type) in stored)
        {
            if (!columns.TryGetValue(name, out var expected))
            {
                Report($"'{path}' has a column '{name}' that the table has not");
                continue;
            }

            var fits = expected switch
            {
                "string" => type.StartsWith("BYTE_ARRAY/UTF8", StringComparison.Ordinal),
                "long" => type.StartsWith("INT64/", StringComparison.Ordinal) && !type.Contains("TIMESTAMP", StringComparison.Ordinal) && !type.Contains("UINT", StringComparison.Ordinal),
                "double" => type.StartsWith("DOUBLE/", StringComparison.Ordinal),
                "boolean" => type.StartsWith("BOOLEAN/", StringComparison.Ordinal),
                "timestamp" => type.StartsWith("INT64/TIMESTAMP_MICROS", StringComparison.Ordinal) && type.Contains("isAdjustedToUTC=1", StringComparison.Ordinal),
                _ => false,
            };
            if (!fits)
            {
                Report($"'{path}': the column '{name}' is {type}, the schema says {expected}");
            }
        }

        if (!add.TryGetProperty("stats", out var text) || text.ValueKind is not JsonValueKind.String)
        {
            Report($"'{path}' has no statistics");
            return;
        }

        var stats = JsonDocument.Parse(text.GetString()!).RootElement;
        if (!stats.TryGetProperty("numRecords", out var records)
            || records.GetInt64() != (long)Query(duckDb, $"SELECT count(*) FROM read_parquet('{file}')").Single()[0]!)
        {
            Report($"'{path}': numRecords is missing or wrong");
            return;
        }

        foreach (var (name, type) in columns.Where(column => stored.ContainsKey(column.Key)))
        {
            var quoted = $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
            var nulls = (long)Query(duckDb, $"SELECT count(*) FILTER (WHERE {quoted} IS NULL) FROM read_parquet('{file}')").Single()[0]!;
            if (!stats.GetProperty("nullCount").TryGetProperty(name, out var nullCount) || nullCount.GetInt64() != nulls)
            {
                Report($"'{path}': nullCount of '{name}' is missing or wrong");
            }

            CheckBound(duckDb, path, file, quoted, name, type, stats, "minValues", "<");
            CheckBound(duckDb, path, file, quoted, name, type, stats, "maxValues", ">");
        }
    }

    private void CheckBound(
        DuckDBConnection duckDb, string path, string file, string quoted, string name, string type, JsonElement stats, string bound, string outside)
    {
        if (!stats.GetProperty(bound).TryGetProperty(name, out var value))
        {
            return;
        }

        var literal = type switch
        {
            "string" => $"'{value.GetString()!.Replace("'", "''", StringComparison.Ordinal)}'",
            "timestamp" => $"TIMESTAMPTZ '{value.GetString()}'",
            _ => value.GetRawText(),
        };
        if ((long)Query(duckDb, $"SELECT count(*) FROM read_parquet('{file}') WHERE {quoted} {outside} {literal}").Single()[0]! != 0
            || (type == "double" && (long)Query(duckDb, $"SELECT count(*) FROM read_parquet('{file}') WHERE isnan({quoted})").Single()[0]! != 0))
        {
            Report($"'{path}': {bound} of '{name}' does not hold");
        }
    }

    private void CheckCheckpoints()
    {
        using var duckDb = new DuckDBConnection("DataSource=:memory:");
        duckDb.Open();
        foreach (var version in Checkpoints())
        {
            if (!_states.TryGetValue(version, out var state))
            {
                continue;
            }

            var file = Path.Combine(_log, $"{version:D20}.checkpoint.parquet");
            var paths = Query(duckDb, $"SELECT add.path FROM read_parquet('{file}') WHERE add IS NOT NULL").Select(row => (string)row[0]!).ToList();
            if (paths.Count != state.Live.Count || !state.Live.SetEquals(paths))
            {
                Report($"checkpoint {version}: its files are not those of the log");
            }

            var transactions = Query(duckDb, $"SELECT txn.appId, txn.version FROM read_parquet('{file}') WHERE txn IS NOT NULL")
                .ToDictionary(row => (string)row[0]!, row => (long)row[1]!);
            if (transactions.Count != state.Transactions.Count || transactions.Any(txn => state.Transactions.GetValueOrDefault(txn.Key) != txn.Value))
            {
                Report($"checkpoint {version}: its transactions are not those of the log");
            }

            if (Query(duckDb, $"SELECT \"metaData\".id FROM read_parquet('{file}') WHERE \"metaData\" IS NOT NULL").Select(row => (string)row[0]!).ToList() is not [var id]
                || id != state.Metadata)
            {
                Report($"checkpoint {version}: metaData is missing, doubled or another table's");
            }

            if (Query(duckDb, $"SELECT 1 FROM read_parquet('{file}') WHERE protocol.minReaderVersion = 1 AND protocol.minWriterVersion = 2").Count != 1)
            {
                Report($"checkpoint {version}: protocol is missing or doubled");
            }

            var removed = Query(duckDb, $"SELECT remove.path FROM read_parquet('{file}') WHERE remove IS NOT NULL").Select(row => (string)row[0]!);
            if (removed.Any(state.Live.Contains))
            {
                Report($"checkpoint {version}: a file is live and removed");
            }
        }

        var hint = Path.Combine(_log, "_last_checkpoint");
        if (File.Exists(hint))
        {
            var body = JsonDocument.Parse(File.ReadAllText(hint)).RootElement;
            var file = Path.Combine(_log, $"{Number(body, "version"):D20}.checkpoint.parquet");
            if (!File.Exists(file))
            {
                Report("_last_checkpoint points nowhere");
            }
            else if ((long)Query(duckDb, $"SELECT count(*) FROM read_parquet('{file}')").Single()[0]! != Number(body, "size"))
            {
                Report("_last_checkpoint has a wrong size");
            }
        }
    }

    private void SeedFromCheckpoint(long version)
    {
        using var duckDb = new DuckDBConnection("DataSource=:memory:");
        duckDb.Open();
        var file = Path.Combine(_log, $"{version:D20}.checkpoint.parquet");
        foreach (var row in Query(
            duckDb, $"SELECT to_json(add), to_json(txn), to_json(\"metaData\"), to_json(protocol) FROM read_parquet('{file}')"))
        {
            var bodies = row.Select(value => value is string json ? JsonDocument.Parse(json).RootElement : default).ToArray();
            if (bodies[0].ValueKind is JsonValueKind.Object)
            {
                _live[Text(bodies[0], "path")] = bodies[0];
            }

            if (bodies[1].ValueKind is JsonValueKind.Object)
            {
                _transactions[Text(bodies[1], "appId")] = Number(bodies[1], "version");
            }

            _metadata = bodies[2].ValueKind is JsonValueKind.Object ? bodies[2] : _metadata;
            _protocol = bodies[3].ValueKind is JsonValueKind.Object ? bodies[3] : _protocol;
        }
    }

    private IEnumerable<long> Checkpoints() => Directory.EnumerateFiles(_log)
        .Select(file => Path.GetFileName(file)!)
        .Where(name => CheckpointName().IsMatch(name))
        .Select(name => long.Parse(name[..20], CultureInfo.InvariantCulture));

    private void Require(long version, string action, JsonElement body, params (string Name, JsonValueKind Kind)[] fields)
    {
        foreach (var (name, kind) in fields)
        {
            if (!body.TryGetProperty(name, out var value)
                || (value.ValueKind != kind && !(kind is JsonValueKind.True && value.ValueKind is JsonValueKind.False)))
            {
                Report($"{version}: {action} lacks {name}");
            }
        }
    }

    private static IEnumerable<(string Name, string Type)> Columns(JsonElement metadata)
    {
        using var schema = JsonDocument.Parse(metadata.GetProperty("schemaString").GetString()!);
        return [.. schema.RootElement.GetProperty("fields").EnumerateArray().Select(field => (Text(field, "name"), Text(field, "type")))];
    }

    private static long Rows(JsonElement add) =>
        add.TryGetProperty("stats", out var stats) && stats.GetString() is { } text && JsonDocument.Parse(text).RootElement.TryGetProperty("numRecords", out var rows)
            ? rows.GetInt64()
            : 0;

    private static string Text(JsonElement body, string name) =>
        body.ValueKind is JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString()! : "";

    private static long Number(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number ? value.GetInt64() : -1;

    private static List<object?[]> Query(DuckDBConnection duckDb, string sql)
    {
        using var command = duckDb.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object?[reader.FieldCount];
            for (var column = 0; column < row.Length; column++)
            {
                row[column] = reader.IsDBNull(column) ? null : reader.GetValue(column);
            }

            rows.Add(row);
        }

        return rows;
    }

    private void Report(string finding) => _findings.Add(finding);

    [GeneratedRegex(@"^\d{20}\.json$")]
    private static partial Regex CommitName();

    [GeneratedRegex(@"^\d{20}\.checkpoint\.parquet$")]
    private static partial Regex CheckpointName();

    [GeneratedRegex(@"^\d{20}\.crc$")]
    private static partial Regex ChecksumName();
}
