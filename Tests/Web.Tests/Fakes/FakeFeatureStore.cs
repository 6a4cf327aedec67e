using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using Google.Protobuf;
using Grpc.Core;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakeMaterialization(FlightsWorld world) : Materialization.MaterializationBase
{
    public override Task<GetStatusResponse> GetStatus(GetStatusRequest request, ServerCallContext context)
    {
        var response = new GetStatusResponse();
        response.Sources.AddRange(
        [
            Source("departures", 161_234, 620, 14), Source("arrivals", 160_871, 600, 9), Source("weather", 17_412, 20, 0), Source("planes", 3_322, 0, 0),
        ]);

        foreach (var view in FakeDefinitions.Views)
        {
            response.FeatureViews.Add(new FeatureViewStatus
            {
                FeatureView = view.Name,
                Source = view.Source,
                OnlinePosition = world.Total(100_000, 600),
                LastEventTimestampMicros = FlightsWorld.Replay(TimeSpan.FromMinutes(3)),
                Entities = view.Name.Length * 41,
                LagSeconds = 0.12 + (view.Name.Length / 100.0),
            });
        }

        return Task.FromResult(response);
    }

    private SourceProgress Source(string name, long events, double perSecond, long behind) => new()
    {
        Source = name,
        HeadPosition = world.Total(events, perSecond),
        OfflinePosition = world.Total(events, perSecond),
        OfflineRows = world.Total(events, perSecond),
        OnlinePosition = world.Total(events, perSecond) - behind,
        LastEventTimestampMicros = FlightsWorld.Replay(TimeSpan.FromMinutes(3)),
        LastMaterializedMicros = perSecond > 0 ? world.NowMicros : world.Ago(TimeSpan.FromHours(3)),
    };
}

public sealed class FakeDefinitions : FeatureDefinitions.FeatureDefinitionsBase
{
    public static readonly FeatureView[] Views =
    [
        View("origin_departures", "departures", "windowed", "How late flights leave the airport now.", ["origin"], ["dep_delay_mean_1h", "dep_delay_count_1h", "dep_delay_max_3h"]),
        View("destination_arrivals", "arrivals", "windowed", "How late flights reach the destination now.", ["dest"], ["arr_delay_mean_6h", "arr_delay_mean_24h"]),
        View("carrier_arrivals", "arrivals", "windowed", "How late the airline arrives.", ["carrier"], ["arr_delay_mean_3h"]),
        View("aircraft_last_arrival", "arrivals", "latest", "The previous leg of the same aircraft.", ["tailnum"], ["arr_delay", "arr_utc"], ttl: TimeSpan.FromDays(3)),
        View("route_arrivals", "arrivals", "windowed", "How late the route arrives.", ["origin", "dest"], ["arr_delay_mean_7d", "arr_delay_mean_30d"]),
        View("origin_weather", "weather", "latest", "Weather at the origin.", ["origin"], ["temp", "wind_speed", "visib"], ttl: TimeSpan.FromHours(6)),
        View("aircraft_facts", "planes", "latest", "Year, seats and engines.", ["tailnum"], ["seats", "engines"]),
    ];

    public static FeatureService FlightDelay()
    {
        var service = new FeatureService { Name = "flight_delay", Description = "One hour before scheduled departure.", DefinitionsVersion = 4 };
        service.Features.AddRange(Views.SelectMany(view => view.Features.Select(feature => new Field { Name = $"{view.Name}:{feature.Name}", Type = feature.Type })));
        service.JoinKeys.AddRange(new[] { "origin", "dest", "carrier", "tailnum" }.Select(key => new Field { Name = key, Type = ValueType.String }));
        service.RequestFields.Add(new Field { Name = "sched_dep_utc", Type = ValueType.Timestamp });
        service.RequestFields.Add(new Field { Name = "distance", Type = ValueType.Double });
        service.RequestFeatures.Add(new RequestFeature { Name = "minute_of_day", Type = ValueType.Int64, Expression = "minute_of_day(sched_dep_utc, 'America/Los_Angeles')" });
        return service;
    }

    public override Task<Definitions> GetDefinitions(GetDefinitionsRequest request, ServerCallContext context)
    {
        var definitions = new Definitions { Version = 4, Yaml = "entities:\n  - name: origin\n" };
        definitions.FeatureViews.AddRange(Views);
        definitions.FeatureServices.Add(FlightDelay());
        definitions.Labels.Add("late_arrival");
        return Task.FromResult(definitions);
    }

    public override Task<FeatureService> GetFeatureService(GetFeatureServiceRequest request, ServerCallContext context) =>
        request.Name == "flight_delay"
            ? Task.FromResult(FlightDelay())
            : throw new RpcException(new Status(StatusCode.NotFound, $"No feature service is called '{request.Name}'."));

    private static FeatureView View(string name, string source, string kind, string description, string[] keys, string[] features, TimeSpan ttl = default)
    {
        var view = new FeatureView { Name = name, Source = source, Kind = kind, Description = description, Owner = "flights", TtlMicros = (long)ttl.TotalMicroseconds };
        view.JoinKeys.AddRange(keys.Select(key => new Field { Name = key, Type = ValueType.String }));
        view.Features.AddRange(features.Select(feature => new Field
        {
            Name = feature,
            Type = feature is "arr_utc" ? ValueType.Timestamp : feature.Contains("count", StringComparison.Ordinal) ? ValueType.Int64 : ValueType.Double,
        }));
        return view;
    }
}

public sealed class FakeRetrieval : FeatureRetrieval.FeatureRetrievalBase
{
    public override Task<GetOnlineFeaturesResponse> GetOnlineFeatures(GetOnlineFeaturesRequest request, ServerCallContext context)
    {
        var asOf = request.HasAsOfMicros ? request.AsOfMicros : FlightsWorld.Replay(TimeSpan.Zero);
        var response = new GetOnlineFeaturesResponse { AsOfMicros = asOf };
        var names = request.FeatureService.Length > 0 ? FakeDefinitions.FlightDelay().Features.Select(field => field.Name) : request.Features;

        foreach (var (name, index) in names.Select((name, index) => (name, index)))
        {
            var missing = index % 7 == 6;
            response.Columns.Add(new FeatureColumn
            {
                Name = name,
                Type = ValueType.Double,
                Doubles = { missing ? double.NaN : 3.25 + (index * 1.5) },
                Statuses = ByteString.CopyFrom((byte)(missing ? FeatureStatus.NotFound : index % 5 == 4 ? FeatureStatus.OutsideMaxAge : FeatureStatus.Present)),
                EventTimestampsMicros = { missing ? 0 : asOf - (index * 90_000_000L) },
            });
        }

        return Task.FromResult(response);
    }
}
