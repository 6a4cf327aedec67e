using CloudNativeAi.Contracts.Ingestion;
using Grpc.Core;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed partial class FakeIngestion
{
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

    public override Task<ListQualityAlertsResponse> ListQualityAlerts(ListQualityAlertsRequest request, ServerCallContext context) =>
        Task.FromResult(new ListQualityAlertsResponse { Alerts = { Alerts().Where(alert => request.Source.Length == 0 || alert.Source == request.Source) } });

    public override Task<QualitySeries> GetQualitySeries(GetQualitySeriesRequest request, ServerCallContext context)
    {
        var alert = Alerts().Single(alert => alert.Source == request.Source && alert.Rule.Name == request.Rule);
        var series = new QualitySeries();
        for (var minute = 24 * 60; minute > 0 && alert.HasValue; minute -= 10)
        {
            var value = alert.Value * (0.55 + (0.45 * (1440 - minute) / 1440)) * (1 + (0.08 * Math.Sin(minute / 40.0)));
            series.Measurements.Add(new QualityMeasurement
            {
                AtMicros = world.Ago(TimeSpan.FromMinutes(minute)), Value = value, State = value > alert.Rule.Bound ? QualityState.Firing : QualityState.Ok,
            });
        }

        return Task.FromResult(series);
    }

    private IEnumerable<QualityAlert> Alerts()
    {
        yield return Alert("departures", "few-unknown-tails", QualityCheck.NullShare, "tailnum", 0.02, QualityState.Firing, 0.031);
        yield return Alert("departures", "delay-in-range", QualityCheck.Maximum, "dep_delay", 1_440, QualityState.Ok, 611);
        yield return Alert("departures", "fresh", QualityCheck.Freshness, "", 900, QualityState.Ok, 180);
        yield return Alert("weather", "distinct-stations", QualityCheck.Uniqueness, "origin", 0.1, QualityState.NoData, null);
    }

    private QualityAlert Alert(string source, string name, QualityCheck check, string field, double bound, QualityState state, double? value)
    {
        var alert = new QualityAlert
        {
            Source = source, State = state, SinceMicros = world.Ago(TimeSpan.FromMinutes(42)), EvaluatedMicros = world.Ago(TimeSpan.FromSeconds(20)),
            Rule = new QualityRule { Name = name, Check = check, Field = field, Bound = bound, WindowMicros = (long)TimeSpan.FromHours(6).TotalMicroseconds },
        };
        if (value is { } number)
        {
            alert.Value = number;
        }

        return alert;
    }
}
