using CloudNativeAi.FeatureStore.Materialization;
using CloudNativeAi.FeatureStore.OnlineStore;
using Npgsql;

namespace CloudNativeAi.FeatureStore.Definitions;

internal sealed record AppliedDefinitions(int Version, IReadOnlyList<DefinitionChange> Changes);

/// <summary>
/// Applies a document in one transaction: a new version, and for every added or changed view the order to build its online values.
/// A document without a change leaves everything as it is, so applying it again is harmless.
/// </summary>
internal sealed partial class DefinitionApplier(
    NpgsqlDataSource dataSource,
    DefinitionStore store,
    DefinitionCatalog catalog,
    IngestionSources sources,
    ViewMaterializations materializations,
    OnlineViews onlineViews,
    ILogger<DefinitionApplier> logger)
{
    /// <exception cref="DefinitionsException">The document is wrong; nothing was changed.</exception>
    public async Task<AppliedDefinitions> ApplyAsync(string yaml, string fileName, bool dryRun, CancellationToken cancellationToken)
    {
        await sources.RefreshAsync(cancellationToken);
        var schemas = await store.GetSchemasAsync(cancellationToken);
        var next = DefinitionsParser.Parse(yaml, fileName, schemas);

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var current = await DefinitionStore.LockNewestAsync(connection, cancellationToken);
        var changes = DefinitionPlan.Compare(current, next);
        if (dryRun || changes.Count == 0)
        {
            return new AppliedDefinitions(current.Version, changes);
        }

        next = next with { Version = current.Version + 1 };
        await store.InsertAsync(connection, next, fileName, next.SourceNames.Select(name => schemas[name]), cancellationToken);
        await materializations.PlanAsync(connection, current, next, cancellationToken);
        await ChangeChannel.NotifyAsync(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LogApplied(next.Version, changes.Count);

        // Whoever asked can use the new definitions at once.
        await catalog.RefreshAsync(cancellationToken);
        await onlineViews.RefreshAsync(cancellationToken);
        return new AppliedDefinitions(next.Version, changes);
    }

    [LoggerMessage(LogLevel.Information, "Definitions version {Version} applied with {Changes} changes")]
    private partial void LogApplied(int version, int changes);
}
