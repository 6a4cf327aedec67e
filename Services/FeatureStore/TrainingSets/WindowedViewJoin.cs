using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.Transformations;
using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>
/// The point-in-time join of a windowed view: DuckDB gives rows and events sorted by key and time, and the online store's own code
/// aggregates. One key's tiles are in memory at a time.
/// </summary>
internal sealed class WindowedViewJoin(JoinWorkspace workspace, ViewJoin join, int index)
{
    private const int RowsBetweenTrims = 64;

    private readonly WindowLayout _layout = WindowLayout.Create(join.View, join.Schema);

    /// <summary>Calls <paramref name="row"/> once for each row, in no particular order; blocks.</summary>
    public void Run(string sourceSql, RowValues row, CancellationToken cancellationToken)
    {
        var duckDb = workspace.DuckDb;
        using (var connection = duckDb.Connect())
        {
            CreateKeys(connection, cancellationToken);
        }

        using var rowConnection = duckDb.Connect();
        using var eventConnection = duckDb.Connect();
        using var events = new EventCursor(eventConnection, EventSql(sourceSql), join.Schema, NeededFields(), cancellationToken);
        var values = new FeatureValue[join.View.Windowed.Count];
        var currentKey = -1L;
        var state = new WindowState(_layout);
        var rowsOfKey = 0;
        rowConnection.Query(
            RowSql(),
            reader =>
            {
                var (rowIndex, entityTimestamp, key) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
                if (key != currentKey)
                {
                    currentKey = key;
                    state = new WindowState(_layout);
                    rowsOfKey = 0;
                    events.SkipTo(key);
                }

                while (events.Key == key && events.Known <= entityTimestamp)
                {
                    state.Apply(events.Batch, events.Row);
                    events.Advance();
                }

                if (++rowsOfKey % RowsBetweenTrims == 0)
                {
                    state.Trim(entityTimestamp);
                }

                state.Evaluate(entityTimestamp, values);
                row(rowIndex, values);
            },
            cancellationToken);
    }

    private void CreateKeys(DuckDBConnection connection, CancellationToken cancellationToken)
    {
        var keys = string.Join(", ", join.KeyColumns.Distinct());
        var present = string.Join(" AND ", join.KeyColumns.Select(column => $"{column} IS NOT NULL"));
        connection.Execute(
            $"CREATE TABLE {Keys} AS SELECT row_number() OVER () AS key_id, {keys} FROM (SELECT DISTINCT {keys} FROM {workspace.Rows} WHERE {present})",
            cancellationToken);
    }

    // Rows without a key come first, as key -1: no event has it.
    private string RowSql() =>
        $"""
        SELECT r.row_index, r.entity_timestamp, coalesce(k.key_id, -1) AS key_id
        FROM {workspace.Rows} r LEFT JOIN {Keys} k ON {string.Join(" AND ", join.KeyColumns.Select(column => $"r.{column} = k.{column}"))}
        ORDER BY key_id, entity_timestamp, row_index
        """;

    private string EventSql(string sourceSql)
    {
        var needed = NeededFields();
        var fields = join.Schema.Fields.Select((_, field) => field).Where(field => needed[field]).Select(field => $", e.f{field}");
        var on = join.View.JoinKeys.Select((key, part) => $"e.{join.FieldColumn(key.SourceField)} = k.{join.KeyColumns[part]}");
        // Older events are in no window of any row; one more tile, since windows end at a tile's edge.
        var reach = _layout.LongestWindowMicros + join.Schema.WindowDelayMicros + _layout.Resolutions[^1].TileMicros;
        return
            $"""
            SELECT e.event_id, e.event_timestamp, e.created_timestamp, e.position{string.Concat(fields)}, k.key_id
            FROM ({sourceSql}) e JOIN {Keys} k ON {string.Join(" AND ", on)}
            WHERE e.event_timestamp >= (SELECT min(entity_timestamp) FROM {workspace.Rows}) - {Sql.Number(reach)}
                AND {join.KnownSql} <= (SELECT max(entity_timestamp) FROM {workspace.Rows})
            ORDER BY k.key_id, {join.KnownSql}, e.position
            """;
    }

    private bool[] NeededFields() =>
        [.. join.Schema.Fields.Select(field => join.View.Windowed.Any(feature => feature.Field == field.Name))];

    private string Keys => workspace.Table($"keys{index}");

    /// <summary>Events in the order of the query, a batch at a time.</summary>
    private sealed class EventCursor : IDisposable
    {
        private const int BatchRows = 2_048;

        private readonly DuckDBCommand _command;
        private readonly DuckDBDataReader _reader;
        private readonly CancellationTokenRegistration _registration;
        private readonly CancellationToken _cancellationToken;
        private readonly EventColumnsBuilder _builder;
        private readonly long[] _keys = new long[BatchRows];
        private readonly int _keyOrdinal;
        private bool _ended;

        public EventCursor(
            DuckDBConnection connection, string sql, Definitions.SourceSchema schema, bool[] neededFields, CancellationToken cancellationToken)
        {
            _cancellationToken = cancellationToken;
            _builder = new EventColumnsBuilder(schema, BatchRows, neededFields);
            _keyOrdinal = 4 + neededFields.Count(needed => needed);
            _command = DuckDbCommands.Command(connection, sql);
            _command.UseStreamingMode = true;
            _registration = cancellationToken.Register(_command.Cancel);
            try
            {
                _reader = DuckDbCommands.Guard(_command.ExecuteReader, cancellationToken);
                Fill();
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public EventColumns Batch { get; private set; } = null!;

        public int Row { get; private set; }

        /// <summary>Key of the current event; greater than every key after the last one.</summary>
        public long Key => _ended ? long.MaxValue : _keys[Row];

        public long Known => Batch.KnownMicros(Row);

        public void SkipTo(long key)
        {
            while (Key < key)
            {
                Advance();
            }
        }

        public void Advance()
        {
            if (++Row == Batch.Count)
            {
                Fill();
            }
        }

        public void Dispose()
        {
            _registration.Dispose();
            _reader?.Dispose();
            _command.Dispose();
        }

        private void Fill() => DuckDbCommands.Guard(
            () =>
            {
                Row = 0;
                var count = 0;
                while (!_builder.IsFull && _reader.Read())
                {
                    _keys[count++] = _reader.GetInt64(_keyOrdinal);
                    _builder.Add(_reader);
                }

                _ended = count == 0;
                if (!_ended)
                {
                    Batch = _builder.Take();
                }

                return count;
            },
            _cancellationToken);
    }
}

/// <summary>The values of a view for one row; the span is valid during the call.</summary>
internal delegate void RowValues(long rowIndex, ReadOnlySpan<FeatureValue> values);
