using System.Text;
using CloudNativeAi.Ingestion.Sources;
using CloudNativeAi.Ingestion.Uploads;
using Npgsql;
using NpgsqlTypes;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Pulls;

/// <summary>Where a table was read up to: rows are in order of both.</summary>
internal sealed record TablePlace(string Watermark, string Key);

/// <param name="Payload">The JSON row of the source.</param>
internal readonly record struct ForeignRow(byte[] Payload, TablePlace Place);

/// <summary>Another database's query, read page by page behind a place.</summary>
internal sealed class ForeignTable(NpgsqlDataSource dataSource, TablePullOptions options)
{
    private string? _page;

    /// <exception cref="InvalidDataException">The query's columns do not fit the source.</exception>
    public async Task<List<ForeignRow>> ReadAsync(SourceSchema schema, TablePlace? after, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        _page ??= await WritePageQueryAsync(connection, schema, cancellationToken);

        await using var command = new NpgsqlCommand(
            _page.Replace("{after}", after is null ? "" : $"AND (q.{Name(options.WatermarkColumn)}, q.{Name(options.KeyColumn)}) > ($2, $3)", StringComparison.Ordinal), connection);
        command.Parameters.Add(new() { Value = (long)options.BatchRows });
        if (after is not null)
        {
            // As text of the column's own type, whatever that is.
            command.Parameters.Add(new() { Value = after.Watermark, NpgsqlDbType = NpgsqlDbType.Unknown });
            command.Parameters.Add(new() { Value = after.Key, NpgsqlDbType = NpgsqlDbType.Unknown });
        }

        List<ForeignRow> rows = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new ForeignRow(Encoding.UTF8.GetBytes(reader.GetString(0)), new TablePlace(reader.GetString(1), reader.GetString(2))));
        }

        return rows;
    }

    private async Task<string> WritePageQueryAsync(NpgsqlConnection connection, SourceSchema schema, CancellationToken cancellationToken)
    {
        var types = await ReadTypesAsync(connection, cancellationToken);
        foreach (var required in new[] { options.WatermarkColumn, options.KeyColumn })
        {
            if (!types.ContainsKey(required))
            {
                throw new InvalidDataException($"the query has no column '{required}'");
            }
        }

        string[] names = [.. types.Keys.Where(name => schema.IndexOf(name) >= 0)];
        var fields = SourceColumns.Match(schema, names, out var fault) ?? throw new InvalidDataException(fault);
        var columns = string.Join(", ", fields.Select(field => $"{Value(field, types[field.Name])} AS {Name(field.Name)}"));
        var watermark = $"q.{Name(options.WatermarkColumn)}";
        var settle = $"interval '{(long)options.SettleTime.TotalMicroseconds} microseconds'";
        var settled = types[options.WatermarkColumn] switch
        {
            "timestamp with time zone" => $"{watermark} <= now() - {settle}",
            "timestamp without time zone" => $"{watermark} <= (now() AT TIME ZONE 'UTC') - {settle}",
            _ => $"{watermark} IS NOT NULL",
        };
        return $$"""
            SELECT (SELECT row_to_json(r) FROM (SELECT {{columns}}) AS r)::text, {{watermark}}::text, q.{{Name(options.KeyColumn)}}::text
            FROM ({{options.Query}}) AS q WHERE {{settled}} AND q.{{Name(options.KeyColumn)}} IS NOT NULL {after}
            ORDER BY {{watermark}}, q.{{Name(options.KeyColumn)}} LIMIT $1
            """;
    }

    private async Task<Dictionary<string, string>> ReadTypesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT * FROM ({options.Query}) AS q LIMIT 0", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var column = 0; column < reader.FieldCount; column++)
        {
            types[reader.GetName(column)] = reader.GetDataTypeName(column);
        }

        return types;
    }

    // A timestamp without a zone is taken as UTC.
    private static string Value(SchemaField field, string type) => (field.Type, type) switch
    {
        (ValueType.Timestamp, "timestamp without time zone") => $"q.{Name(field.Name)} AT TIME ZONE 'UTC'",
        (ValueType.Timestamp, "date") => $"q.{Name(field.Name)}::timestamp AT TIME ZONE 'UTC'",
        (ValueType.String, not "text") => $"q.{Name(field.Name)}::text",
        _ => $"q.{Name(field.Name)}",
    };

    private static string Name(string column) => $"\"{column.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
