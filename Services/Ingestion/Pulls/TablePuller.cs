using System.Collections.Concurrent;
using System.Text;
using CloudNativeAi.Ingestion.DeadLetters;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.Sources;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Ingestion.Pulls;

/// <summary>Reads rows of other databases' tables, each once: the place in the table moves in the transaction that has the rows.</summary>
internal sealed partial class TablePuller(
    NpgsqlDataSource dataSource,
    IConfiguration configuration,
    SourceCatalog catalog,
    TablePullStore pulls,
    EventLogWriter writer,
    IngestionBudget budget,
    IOptions<IngestionOptions> ingestionOptions,
    TimeProvider timeProvider,
    ILogger<TablePuller> logger) : IAsyncDisposable
{
    // Its users cannot be harmed by it: it reads only, one query at a time, and none for long.
    private const string SessionOptions = "-c default_transaction_read_only=on -c statement_timeout=60s -c TimeZone=UTC";

    private readonly ConcurrentDictionary<string, NpgsqlDataSource> _databases = new(StringComparer.Ordinal);

    /// <summary>Reads up to the table's end.</summary>
    public async Task RunOnceAsync(TablePullOptions options, CancellationToken cancellationToken)
    {
        if (await catalog.RefreshAsync(options.Source, cancellationToken) is not { } schema)
        {
            LogNoSource(options.Source, options.ConnectionName);
            return;
        }

        await using var turn = await PullLock.TryTakeAsync(dataSource, $"table {options.Source}", cancellationToken);
        if (turn is null)
        {
            return;
        }

        try
        {
            await ReadAsync(options, schema, cancellationToken);
        }
        catch (PullMovedException)
        {
            // The other replica goes on.
        }
        catch (Exception exception) when (exception is InvalidDataException or NpgsqlException)
        {
            await pulls.SetFaultAsync(schema.SourceId, exception.Message.Replace('\0', ' '), cancellationToken);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases.Values)
        {
            await database.DisposeAsync();
        }
    }

    private async Task ReadAsync(TablePullOptions options, SourceSchema schema, CancellationToken cancellationToken)
    {
        var table = new ForeignTable(_databases.GetOrAdd(options.ConnectionName, Connect), options);
        var pull = await pulls.FindAsync(schema.SourceId, cancellationToken);
        var place = pull?.Place;
        while (true)
        {
            using var share = budget.TryTake(ingestionOptions.Value.UploadBatchBytes);
            if (share is null)
            {
                return;
            }

            var page = await table.ReadAsync(schema, place, cancellationToken);
            if (page.Count > 0)
            {
                var to = page[^1].Place;
                await WriteAsync(schema, page, place, to, cancellationToken);
                place = to;
            }

            if (page.Count < options.BatchRows)
            {
                break;
            }
        }

        if (pull?.Fault.Length > 0)
        {
            await pulls.SetFaultAsync(schema.SourceId, "", cancellationToken);
        }
    }

    private async Task WriteAsync(SourceSchema schema, List<ForeignRow> page, TablePlace? from, TablePlace to, CancellationToken cancellationToken)
    {
        var validator = new RowValidator(schema, timeProvider.GetUtcNow().ToMicros(), ingestionOptions.Value.MaxEventBytes);
        using var rows = new EventRows();
        List<InvalidRow> invalid = [];
        for (var index = 0; index < page.Count; index++)
        {
            var row = page[index];
            var id = schema.EventIdField < 0 ? row.Place.Key : "";
            if (!validator.TryAdd(row.Payload, Encoding.UTF8.GetBytes(id), 0, rows, out var fault))
            {
                invalid.Add(new InvalidRow(index, 0, fault, id, 0, row.Payload, default));
            }
        }

        var result = await writer.AppendAsync(
            schema, rows, invalid, (connection, added, token) => pulls.SaveAsync(schema.SourceId, connection, from, to, added, token), cancellationToken);
        LogRead(schema.Name, result.Accepted, result.Duplicates, result.DeadLettered);
    }

    private NpgsqlDataSource Connect(string connectionName)
    {
        var text = configuration.GetConnectionString(connectionName) ?? throw new InvalidDataException($"There is no connection string '{connectionName}'.");
        var builder = new NpgsqlConnectionStringBuilder(text) { Options = SessionOptions, MaxPoolSize = 2, MinPoolSize = 0, ApplicationName = "cloudnativeai-ingestion" };
        return NpgsqlDataSource.Create(builder.ConnectionString);
    }

    [LoggerMessage(LogLevel.Warning, "There is no source {Source} for the table of {ConnectionName}")]
    private partial void LogNoSource(string source, string connectionName);

    [LoggerMessage(LogLevel.Information, "Pulled rows of {Source}: {Accepted} accepted, {Duplicates} duplicates, {DeadLettered} dead-lettered")]
    private partial void LogRead(string source, long accepted, long duplicates, long deadLettered);
}
