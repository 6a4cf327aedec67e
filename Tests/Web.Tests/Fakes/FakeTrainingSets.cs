using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using Grpc.Core;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakeTrainingSets(FlightsWorld world) : TrainingSets.TrainingSetsBase
{
    public const string Used = "51aa0b7de6f09c2d7be18a4c35f6a7e8d9c0b1a2f3e4d5c6b7a8f9e0d1c2b3a4";
    public const string Unused = "0c77aa10c2b14a5e9d3f8b6e7a1c2d3e4f5061728394a5b6c7d8e9f00112233f";

    public override Task<ListTrainingSetsResponse> ListTrainingSets(ListTrainingSetsRequest request, ServerCallContext context) =>
        Task.FromResult(new ListTrainingSetsResponse { TrainingSets = { All() } });

    public override Task<TrainingSet> GetTrainingSet(GetTrainingSetRequest request, ServerCallContext context) =>
        Task.FromResult(All().FirstOrDefault(set => set.Digest == request.Digest)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no training set '{request.Digest}'.")));

    private IEnumerable<TrainingSet> All()
    {
        yield return Set(Unused, "flight_delay", 162_011, TimeSpan.FromHours(1));
        yield return Set(Used, "flight_delay", 148_203, TimeSpan.FromHours(5));
    }

    private TrainingSet Set(string digest, string service, long rows, TimeSpan age)
    {
        var set = new TrainingSet
        {
            Digest = digest, FeatureService = service, Label = "late_arrival", FromMicros = FlightsWorld.Replay(TimeSpan.FromDays(220)), ToMicros = FlightsWorld.Replay(TimeSpan.FromDays(14)),
            Rows = rows, SizeBytes = rows * 61, DefinitionsVersion = 4, CreatedMicros = world.Ago(age),
            SourcePositions = { ["departures"] = 160_002, ["arrivals"] = 159_871, ["weather"] = 17_001 },
        };
        set.Columns.AddRange(new[] { "event_id", "origin", "dest", "carrier", "tailnum" }.Select(name => new Field { Name = name, Type = ValueType.String }));
        set.Columns.AddRange(new[] { "entity_timestamp", "label_known_timestamp" }.Select(name => new Field { Name = name, Type = ValueType.Timestamp }));
        set.Columns.AddRange(FakeDefinitions.FlightDelay().Features);
        set.Columns.Add(new Field { Name = "label", Type = ValueType.Double });
        return set;
    }
}
