using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using Google.Protobuf;
using Grpc.Core;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Inference.Tests.Features;

/// <summary>A client of a feature store that answers when it is told to: the double of an entity's name, such as 14 for "7".</summary>
internal sealed class HeldFeatureStore : FeatureRetrieval.FeatureRetrievalClient
{
    private readonly List<(GetOnlineFeaturesRequest Request, TaskCompletionSource<GetOnlineFeaturesResponse> Answer)> _calls = [];

    /// <summary>Entities of each call, in the order they were made.</summary>
    public IReadOnlyList<string[]> Calls
    {
        get
        {
            lock (_calls)
            {
                return [.. _calls.Select(call => EntitiesOf(call.Request))];
            }
        }
    }

    public override AsyncUnaryCall<GetOnlineFeaturesResponse> GetOnlineFeaturesAsync(GetOnlineFeaturesRequest request, CallOptions options)
    {
        var answer = new TaskCompletionSource<GetOnlineFeaturesResponse>();
        lock (_calls)
        {
            _calls.Add((request, answer));
        }

        return new AsyncUnaryCall<GetOnlineFeaturesResponse>(answer.Task, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    public void Answer(int call)
    {
        var (request, answer) = Call(call);
        var entities = EntitiesOf(request);
        var column = new FeatureColumn { Name = request.Features[0], Type = ValueType.Double, Statuses = ByteString.CopyFrom([.. entities.Select(_ => (byte)FeatureStatus.Present)]) };
        column.Doubles.Add(entities.Select(entity => 2.0 * int.Parse(entity, System.Globalization.CultureInfo.InvariantCulture)));
        answer.SetResult(new GetOnlineFeaturesResponse { Columns = { column } });
    }

    public void Refuse(int call) => Call(call).Answer.SetException(new RpcException(new Status(StatusCode.InvalidArgument, "refused")));

    public static IReadOnlyList<KeyValuePair<string, Value>> Entity(int number) =>
        [KeyValuePair.Create("user", new Value { StringValue = number.ToString(System.Globalization.CultureInfo.InvariantCulture) })];

    private (GetOnlineFeaturesRequest Request, TaskCompletionSource<GetOnlineFeaturesResponse> Answer) Call(int call)
    {
        lock (_calls)
        {
            return _calls[call];
        }
    }

    private static string[] EntitiesOf(GetOnlineFeaturesRequest request) => [.. request.EntityKeys[0].Values.Select(value => value.StringValue)];
}
