using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using Google.Protobuf;
using Grpc.Core;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Inference.Tests.Support;

/// <summary>Answers GetOnlineFeatures from a function of feature and key.</summary>
internal sealed class FakeFeatureStore : FeatureRetrieval.FeatureRetrievalBase
{
    public const long Now = 1_700_000_000_000_000;

    public StatusCode? Fails { get; set; }

    public int Calls;

    /// <summary>Value, status and age in seconds of a feature for the entity.</summary>
    public Func<string, string, (double Value, FeatureStatus Status, double Age)> Read { get; set; } = (_, _) => (1, FeatureStatus.Present, 60);

    public List<GetOnlineFeaturesRequest> Requests { get; } = [];

    public override Task<GetOnlineFeaturesResponse> GetOnlineFeatures(GetOnlineFeaturesRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref Calls);
        lock (Requests)
        {
            Requests.Add(request);
        }

        if (Fails is { } code)
        {
            throw new RpcException(new Status(code, "made to fail"));
        }

        var asOf = request.HasAsOfMicros ? request.AsOfMicros : Now;
        var key = request.EntityKeys.First(column => column.JoinKey == "user").Values[0];
        var response = new GetOnlineFeaturesResponse { AsOfMicros = asOf };
        foreach (var name in request.Features)
        {
            var (value, status, age) = key.KindCase == Value.KindOneofCase.None ? (0, FeatureStatus.NotFound, 0) : Read(name, key.StringValue);
            response.Columns.Add(new FeatureColumn
            {
                Name = name,
                Type = ValueType.Double,
                Doubles = { value },
                Statuses = ByteString.CopyFrom((byte)status),
                EventTimestampsMicros = { status == FeatureStatus.NotFound ? 0 : asOf - (long)(age * 1e6) },
            });
        }

        return Task.FromResult(response);
    }
}
