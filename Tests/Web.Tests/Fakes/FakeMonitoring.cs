using CloudNativeAi.Contracts.Monitoring;
using Grpc.Core;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakePredictionLog(FlightsWorld world) : PredictionLog.PredictionLogBase
{
    public override Task<LoggedPrediction> GetPrediction(GetPredictionRequest request, ServerCallContext context) =>
        request.PredictionId.StartsWith("0199", StringComparison.Ordinal)
            ? Task.FromResult(Logged(request.PredictionId, 0))
            : throw new RpcException(new Status(StatusCode.NotFound, $"No prediction has the id '{request.PredictionId}'."));

    public override Task<ListPredictionsResponse> ListPredictions(ListPredictionsRequest request, ServerCallContext context)
    {
        var size = request.PageSize == 0 ? 100 : request.PageSize;
        var start = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken, System.Globalization.CultureInfo.InvariantCulture);
        var response = new ListPredictionsResponse { NextPageToken = start + size < 130 ? $"{start + size}" : "" };
        response.Predictions.AddRange(Enumerable.Range(start, Math.Min(size, 130 - start))
            .Where(index => !request.LabelledOnly || index % 3 == 2)
            .Select(index => Logged($"0199f3a2-7c1e-7d40-9a55-3f1b{index:x8}", index)));
        return Task.FromResult(response);
    }

    private LoggedPrediction Logged(string id, int index)
    {
        string[] carriers = ["AS", "WN", "UA", "DL", "OO"];
        string[] destinations = ["LAX", "SFO", "ANC", "PHX", "DEN", "SLC"];
        var logged = new LoggedPrediction
        {
            Prediction = new PredictionRecord
            {
                PredictionId = id,
                ModelName = FlightsWorld.Model,
                ModelVersion = index % 10 == 9 ? 8 : 7,
                Score = 0.08 + (index * 37 % 83 / 100.0),
                Label = index * 37 % 83 > 23 ? "true" : "false",
                PredictionTimestampMicros = FlightsWorld.Replay(TimeSpan.FromMinutes(index)),
                CreatedTimestampMicros = world.Ago(TimeSpan.FromSeconds(1 + (index * 2))),
                Role = index % 10 == 9 ? "challenger" : "champion",
                LatencySeconds = 0.0021 + (index % 7 * 0.0004),
                TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
            },
        };
        logged.Prediction.EntityKeys.Add("origin", FlightsWorld.Text(index % 2 == 0 ? "SEA" : "PDX"));
        logged.Prediction.EntityKeys.Add("dest", FlightsWorld.Text(destinations[index % destinations.Length]));
        logged.Prediction.EntityKeys.Add("carrier", FlightsWorld.Text(carriers[index % carriers.Length]));
        logged.Prediction.EntityKeys.Add("flight_number", FlightsWorld.Text($"{4_700 + index}"));
        logged.Prediction.EntityKeys.Add("tailnum", FlightsWorld.Text($"N{300 + index}AS"));
        logged.FeatureNames.AddRange(FlightsWorld.FeatureNames);
        logged.Prediction.Features.AddRange(FlightsWorld.FeatureNames.Select((_, feature) => feature == 8 ? double.NaN : 3.5 + (feature * 11.25) - index));
        if (index % 3 == 2)
        {
            logged.TrueLabel = index % 2;
            logged.LabelTimestampMicros = FlightsWorld.Replay(TimeSpan.FromMinutes(index) - TimeSpan.FromHours(2));
        }

        return logged;
    }
}

public sealed class FakeModelMonitoring(FlightsWorld world) : ModelMonitoring.ModelMonitoringBase
{
    private const int Windows = 48;
    private static readonly TimeSpan Window = TimeSpan.FromHours(6);

    public override async Task<ListModelHealthResponse> ListModelHealth(ListModelHealthRequest request, ServerCallContext context)
    {
        var response = new ListModelHealthResponse();
        response.Models.Add(await GetModelHealth(new GetModelHealthRequest { ModelName = FlightsWorld.Model }, context));
        return response;
    }

    public override Task<ModelHealth> GetModelHealth(GetModelHealthRequest request, ServerCallContext context)
    {
        if (request.ModelName != FlightsWorld.Model)
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"Nothing is known of '{request.ModelName}'."));
        }

        var health = new ModelHealth
        {
            ModelName = FlightsWorld.Model,
            ChampionVersion = 7,
            Predictions = world.Total(93_388, FlightsWorld.PredictionsPerSecond),
            Labels = world.Total(88_290, 35),
            LabelsJoined = world.Total(88_281, 35),
            Auc = 0.7214,
            AucLow = 0.7099,
            AucHigh = 0.7329,
            AucSample = 20_000,
            LogLoss = 0.4302,
            PositiveShare = 0.2131,
            MeanScore = 0.2054,
            ModelVersion = 7,
            Baseline = "present",
            DriftSample = 1_000,
            DriftWindowStartMicros = FlightsWorld.Replay(TimeSpan.FromHours(6)),
            DriftWindowEndMicros = FlightsWorld.Replay(TimeSpan.Zero),
            LastPredictionMicros = world.NowMicros,
            LastLabelMicros = world.NowMicros,
        };
        health.Drift.AddRange(Scores(Windows - 1));
        return Task.FromResult(health);
    }

    public override Task<DriftSeries> GetDriftSeries(SeriesRequest request, ServerCallContext context)
    {
        var series = new DriftSeries();
        for (var window = 0; window < Windows; window++)
        {
            var point = new DriftPoint { WindowStartMicros = Start(window), WindowEndMicros = Start(window + 1), Sample = 640 + (window % 5 * 40) };
            point.Scores.AddRange(Scores(window).Where((_, index) => (window + (index * 5)) % 23 != 0));
            series.Points.Add(point);
        }

        return Task.FromResult(series);
    }

    public override Task<PerformanceSeries> GetPerformanceSeries(SeriesRequest request, ServerCallContext context)
    {
        var series = new PerformanceSeries();
        for (var window = 0; window < Windows; window++)
        {
            series.Points.Add(new PerformancePoint
            {
                WindowStartMicros = Start(window), WindowEndMicros = Start(window + 1), Sample = 610, Auc = 0.735 - (window * 0.0004) + (Math.Sin(window) * 0.012),
                AucLow = 0.71 - (window * 0.0004) + (Math.Sin(window) * 0.012), AucHigh = 0.76 - (window * 0.0004) + (Math.Sin(window) * 0.012), LogLoss = 0.42 + (window * 0.0005), PositiveShare = 0.21 + (Math.Cos(window / 4.0) * 0.02), MeanScore = 0.205,
            });
        }

        return Task.FromResult(series);
    }

    public override Task<ListAlertsResponse> ListAlerts(ListAlertsRequest request, ServerCallContext context)
    {
        var response = new ListAlertsResponse();
        response.Alerts.AddRange(Enumerable.Range(1, 9).Reverse()
            .Where(id => request.BeforeId == 0 || id < request.BeforeId)
            .Take(request.PageSize == 0 ? 100 : request.PageSize)
            .Select(id => new Alert
            {
                Id = id, ModelName = FlightsWorld.Model, ModelVersion = 7, Kind = id == 5 ? "performance" : "drift",
                Reason = id == 5 ? "AUC 0.662 (95 % interval 0.641 to 0.683) is below 0.70." : $"PSI of origin_weather:temp is {0.2 + (id * 0.012):0.000} (drift from 0.2).",
                Value = id == 5 ? 0.662 : 0.2 + (id * 0.012), Threshold = id == 5 ? 0.70 : 0.2,
                WindowStartMicros = Start(Windows - 10 + id), WindowEndMicros = Start(Windows - 9 + id), RaisedMicros = world.Ago(TimeSpan.FromHours((9 - id) * 6)),
            }));
        return Task.FromResult(response);
    }

    private static long Start(int window) => FlightsWorld.Replay((Windows - window) * Window);

    private static IEnumerable<DriftScore> Scores(int window)
    {
        yield return Score("score", 0.03 + (window * 0.0016), 0);

        for (var feature = 0; feature < FlightsWorld.FeatureNames.Length; feature++)
        {
            var psi = feature switch
            {
                10 => 0.02 + (window * 0.0062),
                11 => 0.04 + (window > 30 ? 0.09 : 0),
                _ => 0.01 + ((window * 7 + (feature * 13)) % 17 * 0.004),
            };
            yield return Score(FlightsWorld.FeatureNames[feature], psi, feature == 8 ? 0.14 : 0);
        }
    }

    private static DriftScore Score(string name, double psi, double missing) => new()
    {
        Name = name, Psi = psi, Level = psi >= 0.2 ? "drift" : psi >= 0.1 ? "watch" : "ok", MissingShare = missing, BaselineMissingShare = missing / 2, WatchThreshold = 0.1, DriftThreshold = 0.2,
    };
}
