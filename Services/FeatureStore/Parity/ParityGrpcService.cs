using CloudNativeAi.Contracts.FeatureStore;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Parity;

internal sealed class ParityGrpcService(ParityStore store) : Contracts.FeatureStore.Parity.ParityBase
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1_000;

    public override Task<ParityReport> GetParity(GetParityRequest request, ServerCallContext context) =>
        request.PageSize is >= 0 and <= MaxPageSize
            ? store.ReportAsync(request.PageSize == 0 ? DefaultPageSize : request.PageSize, context.CancellationToken)
            : throw new RpcException(new Status(
                StatusCode.InvalidArgument, $"page_size must be from 0 (meaning {DefaultPageSize}) to {MaxPageSize}, not {request.PageSize}."));
}
