using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.DeadLetters;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Npgsql;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>
/// The rows of one HTTP request, written in batches as they come. Rejecting: all batches in one transaction, all or nothing.
/// Dead-lettering: a transaction a batch, which also saves the progress where the upload is one that can be resumed.
/// </summary>
internal sealed class Upload(
    SourceSchema schema,
    OnInvalid onInvalid,
    EventLogWriter writer,
    SourceStore sources,
    IngestionMetrics metrics,
    IngestionOptions options,
    TimeProvider timeProvider,
    UploadProgress start,
    SaveProgress? save)
    : IAsyncDisposable
{
    private const int MaxReported = 100;

    private readonly EventRows _rows = new();
    private readonly List<InvalidRow> _invalid = [];
    private readonly List<InvalidRowDocument> _reported = [];
    private RowValidator _validator = NewValidator(schema, options, timeProvider);
    private LogTransaction? _transaction;
    private AppendResult _kept = start.Kept;
    private long _invalidTotal;
    private long _pendingBytes;

    public SourceSchema Schema => schema;

    /// <summary>Rows seen so far.</summary>
    public long Received { get; private set; } = start.Received;

    /// <summary>Behind the record that is being added: set by whoever reads the body.</summary>
    public UploadPlace Place { get; set; } = start.Place;

    /// <summary>Null: the body is no CSV, or its header was not read yet.</summary>
    public CsvLayout? Csv { get; set; } = start.Csv;

    /// <summary>What the last batch left durable: the start of what comes next.</summary>
    public UploadProgress LastSaved { get; private set; } = start;

    /// <summary>What is to be saved once all rows are durable.</summary>
    public UploadProgress Progress => ProgressAt(Place);

    /// <summary>What is durable so far.</summary>
    public UploadResult Result => ToResult(refused: 0);

    private bool Rejects => onInvalid == OnInvalid.RejectBatch;

    /// <param name="original">The bytes as they came, when they are not the payload. Memory is not kept.</param>
    public ValueTask AddAsync(
        ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> original, long line, ReadOnlyMemory<byte> id, long eventMicros, CancellationToken cancellationToken)
    {
        if (!_validator.TryAdd(payload.Span, id.Span, eventMicros, _rows, out var fault))
        {
            return AddInvalidAsync(fault, payload, original, line, id, eventMicros, cancellationToken);
        }

        Received++;
        _pendingBytes += payload.Length;
        return FlushIfFullAsync(cancellationToken);
    }

    public ValueTask AddInvalidAsync(
        RowFault fault, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> original, long line, ReadOnlyMemory<byte> id, long eventMicros, CancellationToken cancellationToken)
    {
        if (_reported.Count < MaxReported)
        {
            _reported.Add(new InvalidRowDocument(Received, line == 0 ? null : line, fault.EventId, fault.Field, fault.Reason));
        }

        if (!Rejects)
        {
            var sentId = System.Text.Encoding.UTF8.GetString(id.Span);
            _invalid.Add(new InvalidRow(Received, line, fault, sentId, eventMicros, payload.ToArray(), original.ToArray()));
            _pendingBytes += payload.Length + original.Length;
        }

        _invalidTotal++;
        Received++;

        // Rejecting, nothing will be written from here on: the transaction does not wait for the end of a body that may take long to come.
        return Rejects && _transaction is not null ? EndTransactionAsync() : FlushIfFullAsync(cancellationToken);
    }

    /// <summary>Whether a row would be taken.</summary>
    public bool Accepts(ReadOnlySpan<byte> payload)
    {
        using var scratch = new EventRows();
        return _validator.TryAdd(payload, [], 0, scratch, out _);
    }

    /// <summary>Makes the rest durable and answers what became of all rows.</summary>
    public async Task<UploadResult> CompleteAsync(CancellationToken cancellationToken)
    {
        if (!Rejects || _invalidTotal == 0)
        {
            await FlushAsync(last: true, cancellationToken);
            return ToResult(refused: 0);
        }

        return await RefuseAsync(cancellationToken);
    }

    /// <summary>Ends an upload that cannot be read on: rejecting, nothing is kept; dead-lettering, the rows before that place are.</summary>
    public async Task<UploadResult> AbortAsync(CancellationToken cancellationToken)
    {
        if (Rejects)
        {
            return await RefuseAsync(cancellationToken);
        }

        await FlushAsync(last: true, cancellationToken);
        return ToResult(refused: 0);
    }

    public async ValueTask DisposeAsync()
    {
        _rows.Dispose();
        await EndTransactionAsync();
    }

    private static RowValidator NewValidator(SourceSchema schema, IngestionOptions options, TimeProvider timeProvider) =>
        new(schema, timeProvider.GetUtcNow().ToMicros(), options.MaxEventBytes);

    private ValueTask FlushIfFullAsync(CancellationToken cancellationToken) =>
        _rows.Count + _invalid.Count >= options.UploadBatchRows || _pendingBytes >= options.UploadBatchBytes
            ? FlushAsync(last: false, cancellationToken)
            : ValueTask.CompletedTask;

    private async ValueTask FlushAsync(bool last, CancellationToken cancellationToken)
    {
        if (!Rejects || (last && _transaction is null))
        {
            if (_rows.Count + _invalid.Count > 0)
            {
                var place = Place;
                Keep(await writer.AppendAsync(schema, _rows, _invalid, SaveAt(place), cancellationToken));
                LastSaved = ProgressAt(place);
            }
        }
        else if (_invalidTotal > 0)
        {
            // Nothing will be written; the rest is read only to report its faults.
        }
        else
        {
            _transaction ??= await writer.BeginAsync(schema, cancellationToken);
            await writer.AddAsync(_transaction, schema, _rows, cancellationToken);
            if (last)
            {
                Keep(await writer.CommitAsync(_transaction, schema, cancellationToken));
            }
        }

        _rows.Clear();
        _invalid.Clear();
        _pendingBytes = 0;
        _validator = NewValidator(schema, options, timeProvider);
    }

    private async Task<UploadResult> RefuseAsync(CancellationToken cancellationToken)
    {
        await EndTransactionAsync();
        if (Received > 0)
        {
            await sources.CountRefusedAsync(schema.SourceId, Received, cancellationToken);
            metrics.RecordRefused(schema.Name, Received);
        }

        return ToResult(Received);
    }

    private void Keep(AppendResult result) => _kept = _kept.Plus(result);

    private SaveInTransaction? SaveAt(UploadPlace place) => save is null
        ? null
        : (connection, added, cancellationToken) => save(connection, LastSaved, new UploadProgress(place, Csv, _kept.Plus(added)), cancellationToken);

    private UploadProgress ProgressAt(UploadPlace place) => new(place, Csv, _kept);

    private UploadResult ToResult(long refused) =>
        new(Received, _kept.Accepted, _kept.Duplicates, _kept.DeadLettered, refused, _kept.LastPosition, _reported, _invalidTotal);

    private async ValueTask EndTransactionAsync()
    {
        if (_transaction is not null)
        {
            await _transaction.DisposeAsync();
            _transaction = null;
        }
    }
}

/// <summary>Saves how far an upload is, in the transaction that makes the rows up to there durable.</summary>
/// <param name="from">What must be saved now: somebody else's progress is not overwritten.</param>
internal delegate Task SaveProgress(NpgsqlConnection connection, UploadProgress from, UploadProgress to, CancellationToken cancellationToken);
