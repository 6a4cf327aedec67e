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

    /// <summary>An entity that makes a request that asks for it invalid.</summary>
    public string RefusedKey { get; set; } = "nobody";

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
        var keys = request.EntityKeys.First(column => column.JoinKey == "user").Values;
        if (keys.Any(key => key.StringValue == RefusedKey))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"'{RefusedKey}' is refused"));
        }

        var response = new GetOnlineFeaturesResponse { AsOfMicros = asOf };
        foreach (var name in request.Features)
        {
            var column = new FeatureColumn { Name = name, Type = ValueType.Double };
            var statuses = new byte[keys.Count];
            for (var row = 0; row < keys.Count; row++)
            {
                var (value, status, age) = keys[row].KindCase == Value.KindOneofCase.None ? (0, FeatureStatus.NotFound, 0) : Read(name, keys[row].StringValue);
                column.Doubles.Add(value);
                column.EventTimestampsMicros.Add(status == FeatureStatus.NotFound ? 0 : asOf - (long)(age * 1e6));
                statuses[row] = (byte)status;
            }

            column.Statuses = ByteString.CopyFrom(statuses);
            response.Columns.Add(column);
        }

        return Task.FromResult(response);
    }
}
