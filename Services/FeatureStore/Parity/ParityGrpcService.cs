using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Definitions;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Parity;

internal sealed partial class ParityGrpcService(
    ParityStore store, ParityResolutions resolutions, DefinitionCatalog definitions, TimeProvider timeProvider, ILogger<ParityGrpcService> logger)
    : Contracts.FeatureStore.Parity.ParityBase
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1_000;
    private const int MaxReasonLength = 2_000;
    private const int MaxActorLength = 200;

    public override Task<ParityReport> GetParity(GetParityRequest request, ServerCallContext context) =>
        request.PageSize is >= 0 and <= MaxPageSize
            ? store.ReportAsync(request.PageSize == 0 ? DefaultPageSize : request.PageSize, request.IncludeResolved, context.CancellationToken)
            : throw Invalid($"page_size must be from 0 (meaning {DefaultPageSize}) to {MaxPageSize}, not {request.PageSize}.");

    public override async Task<ParityVerdict> CheckParity(CheckParityRequest request, ServerCallContext context)
    {
        // Whoever asks decides by the answer: what another replica has just applied counts.
        var service = (await definitions.RefreshAsync(context.CancellationToken)).Definitions.FindService(request.FeatureService)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no feature service '{request.FeatureService}'."));
        return await resolutions.JudgeAsync([.. service.Features.Select(feature => $"{feature.View}:{feature.Feature}")], context.CancellationToken);
    }

    public override async Task<ResolveMismatchesResponse> ResolveMismatches(ResolveMismatchesRequest request, ServerCallContext context)
    {
        if (request.FeatureView.Length == 0)
        {
            throw Invalid("feature_view must be named.");
        }

        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > MaxReasonLength || request.Actor.Length > MaxActorLength)
        {
            throw Invalid($"A reason of 1 to {MaxReasonLength} characters is required, and an actor has at most {MaxActorLength}.");
        }

        if (request.FoundUntilMicros < 0)
        {
            throw Invalid($"found_until_micros must not be negative: it is {request.FoundUntilMicros}.");
        }

        var until = request.FoundUntilMicros == 0 ? Micros.Now(timeProvider) : request.FoundUntilMicros;
        var resolved = await resolutions.ResolveAsync(request.FeatureView, request.Feature, until, request.Reason, request.Actor, context.CancellationToken);
        LogResolved(resolved, request.FeatureView, request.Actor, request.Reason);
        return new ResolveMismatchesResponse { Resolved = resolved };
    }

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));

    [LoggerMessage(LogLevel.Information, "{Count} parity mismatches of the view '{View}' were resolved by '{Actor}': {Reason}")]
    private partial void LogResolved(long count, string view, string actor, string reason);
}
