using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>
/// Makes training sets, one at a time: labelled rows, then every view joined as of each row's entity timestamp, then one file.
/// The outcome depends on the definitions and on the events up to the positions that were read, on nothing else.
/// </summary>
internal sealed class TrainingSetCreator(
    SourceTableStore sources,
    [FromKeyedServices(TrainingSetsRegistration.Joins)] DuckDb duckDb,
    TrainingSetFiles files,
    TimeProvider timeProvider,
    IOptions<TrainingSetOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private int _waiting;

    /// <exception cref="TrainingSetException">The label's source lacks what the service needs.</exception>
    /// <exception cref="TrainingSetQueueFullException">Too many are asked for at once.</exception>
    public async Task<TrainingSetRecord> CreateAsync(
        DefinitionSnapshot definitions, FeatureService service, LabelDefinition label, TrainingSetRange range,
        Action<string, double> progress, CancellationToken cancellationToken)
    {
        var plan = LabelPlan.Create(label, definitions.Sources[label.Source], service);
        if (Interlocked.Increment(ref _waiting) > options.Value.MaxQueued)
        {
            Interlocked.Decrement(ref _waiting);
            throw new TrainingSetQueueFullException();
        }

        try
        {
            progress("waiting", 0);
            await _oneAtATime.WaitAsync(cancellationToken);
            try
            {
                return await CreateAsync(definitions, service, label, plan, range, progress, cancellationToken);
            }
            finally
            {
                _oneAtATime.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    private async Task<TrainingSetRecord> CreateAsync(
        DefinitionSnapshot definitions, FeatureService service, LabelDefinition label, LabelPlan plan, TrainingSetRange range,
        Action<string, double> progress, CancellationToken cancellationToken)
    {
        progress("labels", 0);
        var snapshots = await SnapshotsAsync(definitions, service, label.Source, cancellationToken);
        await using var workspace = await JoinWorkspace.CreateAsync(duckDb, cancellationToken);
        var rows = await new LabelRows(plan, service.JoinKeys.Count, range).FillAsync(workspace, snapshots[label.Source].Reader, cancellationToken);

        progress("features", 0.1);
        var joins = ViewJoin.Plan(definitions.Definitions, service, snapshots);
        var join = new PointInTimeJoin(workspace, joins, options.Value.EffectiveParallelism);
        var tables = await join.ToTablesAsync((view, done) => progress($"features of {view}", 0.1 + (0.8 * done / joins.Count)), cancellationToken);

        progress("writing", 0.9);
        var (digest, size) = await files.WriteAsync(workspace, TrainingSetQuery.Create(workspace, plan, service, joins, tables), cancellationToken);
        return new TrainingSetRecord(
            digest,
            service.Name,
            label.Name,
            range.FromMicros,
            range.ToMicros,
            range.LabelKnownUntilMicros,
            rows,
            size,
            definitions.Definitions.Version,
            snapshots.ToDictionary(source => source.Key, source => source.Value.LastPosition, StringComparer.Ordinal),
            [.. TrainingSetColumns.For(plan, service).Select(column => new TrainingSetColumn(column.Name, column.Type))],
            Micros.Now(timeProvider));
    }

    private async Task<Dictionary<string, SourceTableSnapshot>> SnapshotsAsync(
        DefinitionSnapshot definitions, FeatureService service, string labelSource, CancellationToken cancellationToken)
    {
        var names = service.Features.Select(feature => definitions.Definitions.FindView(feature.View)!.Source).Append(labelSource);
        var snapshots = new Dictionary<string, SourceTableSnapshot>(StringComparer.Ordinal);
        foreach (var name in names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            snapshots[name] = await sources.SnapshotAsync(definitions.Sources[name], cancellationToken);
        }

        return snapshots;
    }
}

internal sealed class TrainingSetQueueFullException() : Exception("Too many training sets are asked for at once; try again later.");
