using CloudNativeAi.Contracts.Ingestion;
using Grpc.Core;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed partial class FakeIngestion(FlightsWorld world) : Sources.SourcesBase
{
    public override Task<ListSourcesResponse> ListSources(ListSourcesRequest request, ServerCallContext context)
    {
        var response = new ListSourcesResponse();
        response.Sources.AddRange([Departures(), Arrivals(), Weather(), Planes()]);
        return Task.FromResult(response);
    }

    public override async Task<SourceStatus> GetSource(GetSourceRequest request, ServerCallContext context)
    {
        var all = await ListSources(new ListSourcesRequest(), context);
        return all.Sources.FirstOrDefault(source => source.Source.Name == request.Name)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"No source is called '{request.Name}'."));
    }

    private SourceStatus Departures() => Status("departures", "One event per departed flight, sent at the moment it left the gate.", 161_234, 620,
        Field("carrier", ValueType.String, "Two-letter code of the airline"), Field("tailnum", ValueType.String, "Aircraft", nullable: true),
        Field("origin", ValueType.String, "Airport"), Field("dest", ValueType.String, "Airport"),
        Field("dep_delay", ValueType.Double, "Departure delay, negative when early", unit: "min", minimum: -120, maximum: 3_000));

    private SourceStatus Arrivals() => Status("arrivals", "One event per arrived flight; the label comes from here.", 160_871, 600,
        Field("carrier", ValueType.String, ""), Field("arr_delay", ValueType.Double, "Arrival delay", nullable: true, unit: "min"),
        Field("arr_utc", ValueType.Timestamp, "When it was at the gate"));

    private SourceStatus Weather() => Status("weather", "Hourly weather at the origin airports, known one hour after its hour.", 17_412, 20,
        Field("origin", ValueType.String, "Airport"), Field("temp", ValueType.Double, "Temperature", unit: "°F"), Field("visib", ValueType.Double, "Visibility", unit: "mi"));

    private SourceStatus Planes() => Status("planes", "Static facts of each aircraft.", 3_322, 0, Field("seats", ValueType.Int64, "Seats"));

    private SourceStatus Status(string name, string description, long events, double perSecond, params SourceField[] fields)
    {
        var source = new Source
        {
            Name = name,
            Description = description,
            EventTimestampField = "event_timestamp",
            Availability = name is "weather" ? Availability.Backfilled : Availability.Live,
            AvailabilityDelayMicros = name is "weather" ? (long)TimeSpan.FromHours(1).TotalMicroseconds : 0,
        };
        source.Fields.AddRange(fields);
        var deadLetters = Letters(name).Count(letter => letter.State == DeadLetterState.Waiting);

        return new SourceStatus
        {
            Source = source,
            Version = 2,
            HeadPosition = world.Total(events, perSecond),
            DeadLetters = deadLetters,
            Received = world.Total(events, perSecond) + deadLetters + 481,
            Duplicates = 481,
            OldestPosition = 1,
            LastEventTimestampMicros = FlightsWorld.Replay(TimeSpan.FromMinutes(3)),
            LastCreatedTimestampMicros = perSecond > 0 ? world.NowMicros : world.Ago(TimeSpan.FromHours(3)),
        };
    }

    private static SourceField Field(string name, ValueType type, string description, bool nullable = false, string unit = "", double? minimum = null, double? maximum = null)
    {
        var field = new SourceField { Name = name, Type = type, Description = description, Nullable = nullable, Unit = unit };
        if (minimum is { } low)
        {
            field.Minimum = low;
        }

        if (maximum is { } high)
        {
            field.Maximum = high;
        }

        return field;
    }
}
