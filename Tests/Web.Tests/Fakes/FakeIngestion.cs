using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using Google.Protobuf;
using Grpc.Core;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakeIngestion(FlightsWorld world) : Sources.SourcesBase
{
    private const int DeadLettersMade = 12;

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

    public override Task<ListDeadLettersResponse> ListDeadLetters(ListDeadLettersRequest request, ServerCallContext context)
    {
        var response = new ListDeadLettersResponse();
        if (request.Source != "departures")
        {
            return Task.FromResult(response);
        }

        for (var i = 1; i <= DeadLettersMade; i++)
        {
            if (world.DeadLetterStates.GetValueOrDefault(i) != request.State)
            {
                continue;
            }

            response.DeadLetters.Add(new DeadLetter
            {
                Id = i,
                Source = request.Source,
                EventId = $"2013-08-14-AS-{400 + i}",
                Field = i % 3 == 0 ? "dep_delay" : "event_timestamp",
                Reason = i % 3 == 0 ? "'late' is not a double." : "The event timestamp 9999-12-31T00:00:00Z is more than one day ahead.",
                Payload = ByteString.CopyFrom(Encoding.UTF8.GetBytes($$"""{"carrier":"AS","flight":{{400 + i}},"dep_delay":"late"}""")),
                CreatedTimestampMicros = world.Ago(TimeSpan.FromMinutes(i * 7)),
                State = request.State,
            });
        }

        return Task.FromResult(response);
    }

    public override Task<ReplayDeadLetterResponse> ReplayDeadLetter(ReplayDeadLetterRequest request, ServerCallContext context)
    {
        // What is wrong with every third cannot be mended by trying again.
        if (request.Id % 3 == 0)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "'late' is not a double."));
        }

        world.DeadLetterStates[request.Id] = DeadLetterState.Replayed;
        return Task.FromResult(new ReplayDeadLetterResponse { Accepted = true, LastPosition = world.Total(161_234, 620) });
    }

    public override Task<DeadLetter> DiscardDeadLetter(DiscardDeadLetterRequest request, ServerCallContext context)
    {
        world.DeadLetterStates[request.Id] = DeadLetterState.Discarded;
        return Task.FromResult(new DeadLetter { Id = request.Id, Source = request.Source, State = DeadLetterState.Discarded });
    }

    public override Task<SourceQuality> GetSourceQuality(GetSourceQualityRequest request, ServerCallContext context)
    {
        var quality = new SourceQuality();
        for (var hour = request.Source == "planes" ? 0 : 24; hour > 0; hour--)
        {
            quality.Hours.Add(new QualityHour
            {
                StartMicros = world.Ago(TimeSpan.FromHours(hour)), Events = 6_000 + (hour * 731 % 2_300), MaxLagMicros = 4_200_000, MeanLagMicros = 310_000,
                Fields = { new FieldQuality { Field = "dep_delay", Nulls = hour * 3, Minimum = -22, Maximum = 611 }, new FieldQuality { Field = "tailnum", Nulls = hour } },
            });
        }

        return Task.FromResult(quality);
    }

    private SourceStatus Departures() => Status("departures", "One event per departed flight, sent at the moment it left the gate.", 161_234, 620, 12,
        Field("carrier", ValueType.String, "Two-letter code of the airline"), Field("tailnum", ValueType.String, "Aircraft", nullable: true),
        Field("origin", ValueType.String, "Airport"), Field("dest", ValueType.String, "Airport"),
        Field("dep_delay", ValueType.Double, "Departure delay, negative when early", unit: "min", minimum: -120, maximum: 3_000));

    private SourceStatus Arrivals() => Status("arrivals", "One event per arrived flight; the label comes from here.", 160_871, 600, 0,
        Field("carrier", ValueType.String, ""), Field("arr_delay", ValueType.Double, "Arrival delay", nullable: true, unit: "min"),
        Field("arr_utc", ValueType.Timestamp, "When it was at the gate"));

    private SourceStatus Weather() => Status("weather", "Hourly weather at the origin airports, known one hour after its hour.", 17_412, 20, 0,
        Field("origin", ValueType.String, "Airport"), Field("temp", ValueType.Double, "Temperature", unit: "°F"), Field("visib", ValueType.Double, "Visibility", unit: "mi"));

    private SourceStatus Planes() => Status("planes", "Static facts of each aircraft.", 3_322, 0, 0, Field("seats", ValueType.Int64, "Seats"));

    private SourceStatus Status(string name, string description, long events, double perSecond, long deadLetters, params SourceField[] fields)
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
