using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Definitions;
using Grpc.Core;
using Contract = CloudNativeAi.Contracts.FeatureStore;

namespace CloudNativeAi.FeatureStore.Materialization;

internal sealed class MaterializationGrpcService(
    PositionWaiter waiter,
    ProgressStore progress,
    ViewMaterializations materializations,
    MaterializationHistory history,
    IngestionSources ingestion,
    DefinitionCatalog definitions,
    TimeProvider timeProvider) : Contract.Materialization.MaterializationBase
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1_000;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30);

    // Answering shortly before the caller's deadline lets it read where the stores are.
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(50);

    public override async Task<GetStatusResponse> GetStatus(GetStatusRequest request, ServerCallContext context)
    {
        var sources = await progress.GetSourcesAsync(context.CancellationToken);
        var builds = await materializations.GetCurrentAsync(context.CancellationToken);
        return new GetStatusResponse
        {
            Sources =
            {
                sources.Select(source => new SourceProgress
                {
                    Source = source.Source,
                    HeadPosition = source.HeadPosition,
                    OfflinePosition = source.OfflinePosition,
                    OfflineRows = source.OfflineRows,
                    OnlinePosition = source.OnlinePosition,
                    LastEventTimestampMicros = source.LastEventTimestampMicros,
                    LastMaterializedMicros = source.LastMaterializedMicros,
                    Error = source.Error,
                }),
            },
            FeatureViews =
            {
                builds.Select(build => new FeatureViewStatus
                {
                    FeatureView = build.View,
                    Source = build.Source,
                    OnlinePosition = build.Position,
                    LastEventTimestampMicros = build.LastEventTimestampMicros,
                    Entities = build.Entities,
                    LagSeconds = build.LagSeconds,
                }),
            },
        };
    }

    public override async Task<WaitForPositionResponse> WaitForPosition(WaitForPositionRequest request, ServerCallContext context)
    {
        if (request.Source.Length == 0 || request.Position < 0)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "source must be named and position must not be negative."));
        }

        await EnsureKnownAsync(request.Source, context.CancellationToken);
        if (!await WaitAsync(request, context))
        {
            var (offlineNow, onlineNow) = waiter.PositionsOf(request.Source);
            throw new RpcException(new Status(
                StatusCode.DeadlineExceeded,
                $"The source '{request.Source}' is at position {offlineNow} in the offline store and {onlineNow} in the online store; {request.Position} was asked for."));
        }

        var (offline, online) = waiter.PositionsOf(request.Source);
        return new WaitForPositionResponse { OfflinePosition = offline, OnlinePosition = online };
    }

    public override async Task<ListViewMaterializationsResponse> ListViewMaterializations(ListViewMaterializationsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPageSize || request.BeforeGeneration < 0)
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument,
                $"page_size must be from 0 (meaning {DefaultPageSize}) to {MaxPageSize} and before_generation not negative; they are {request.PageSize} and {request.BeforeGeneration}."));
        }

        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var before = request.BeforeGeneration == 0 ? long.MaxValue : request.BeforeGeneration;
        var builds = await history.ListAsync(request.FeatureView, before, size, context.CancellationToken);
        return builds.Count > 0 || request.FeatureView.Length == 0 || await history.ExistsAsync(request.FeatureView, context.CancellationToken)
            ? new ListViewMaterializationsResponse { Materializations = { builds } }
            : throw new RpcException(new Status(StatusCode.NotFound, $"There was never a feature view '{request.FeatureView}'."));
    }

    // False also when the deadline came first, here or at the client: the call is cancelled by it before the answer is on its way. A
    // client that gives up for another reason reads no answer.
    private async Task<bool> WaitAsync(WaitForPositionRequest request, ServerCallContext context)
    {
        try
        {
            return await waiter.WaitAsync(request.Source, request.Position, TimeoutOf(context), context.CancellationToken);
        }
        catch (OperationCanceledException) when (context.Deadline != DateTime.MaxValue)
        {
            return false;
        }
    }

    private async Task EnsureKnownAsync(string source, CancellationToken cancellationToken)
    {
        if (definitions.Current.Sources.ContainsKey(source))
        {
            return;
        }

        var statuses = await ingestion.RefreshAsync(cancellationToken);
        await definitions.RefreshAsync(cancellationToken);
        if (!statuses.Any(status => status.Source.Name == source))
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"There is no source '{source}'. Declare it in Ingestion first."));
        }
    }

    private TimeSpan TimeoutOf(ServerCallContext context)
    {
        if (context.Deadline == DateTime.MaxValue)
        {
            return DefaultWait;
        }

        var left = context.Deadline - timeProvider.GetUtcNow().UtcDateTime;
        return left > LongestWait ? LongestWait : left > 2 * Margin ? left - Margin : left;
    }
}
