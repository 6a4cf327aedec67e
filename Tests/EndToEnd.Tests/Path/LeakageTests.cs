using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Flights.Data;
using CloudNativeAi.Flights.Replay;

namespace CloudNativeAi.EndToEnd.Tests.Path;

/// <summary>What was served is what the point-in-time join gives for the same instant, and nothing in it was known later.</summary>
[Collection(PathCollection.Name)]
public sealed class LeakageTests(FlightsRun run)
{
    private const int Sample = 1_000;
    private const string WeatherView = "origin_weather:";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private List<AskedPrediction> RandomFlights()
    {
        var asked = run.Asked.OrderBy(prediction => prediction.Flight.Id, StringComparer.Ordinal).ToArray();
        new Random(7).Shuffle(asked);
        return [.. asked.Take(Sample)];
    }

    [Fact]
    public async Task Features_served_online_equal_the_point_in_time_join()
    {
        var flights = RandomFlights();
        var historical = await run.Application.TrainingSets.GetHistoricalFeaturesAsync(RequestFor(flights), cancellationToken: CancellationToken);

        Assert.Equal(Sample, flights.Count);
        var compared = 0;
        for (var row = 0; row < flights.Count; row++)
        {
            var served = flights[row].Response.Features.Concat(flights[row].Response.ExpressionInputs).ToDictionary(feature => feature.Name);
            foreach (var column in historical.Columns)
            {
                var expected = Describe(column, row);
                var actual = Describe(served[column.Name], column.Type);
                Assert.True(expected == actual, $"{flights[row].Flight.Id}, {column.Name}: joined {expected}, served {actual}");
                compared++;
            }
        }

        Assert.True(compared >= Sample * 20, $"Only {compared} values were compared.");
    }

    [Fact]
    public void No_feature_uses_a_row_that_became_known_later()
    {
        foreach (var asked in RandomFlights())
        {
            foreach (var feature in asked.Response.Features.Where(feature => feature.EventTimestampMicros != 0))
            {
                var knownAt = feature.EventTimestampMicros + (feature.Name.StartsWith(WeatherView, StringComparison.Ordinal) ? Instant.Hour : 0);
                Assert.True(knownAt <= asked.Request.AsOfMicros, $"{asked.Flight.Id}, {feature.Name}: known at {Instant.Format(knownAt)}, used at {Instant.Format(asked.Request.AsOfMicros)}");
            }
        }
    }

    // An oracle that shares no code with the feature store: straight from the rows of the data.
    [Fact]
    public void Windowed_values_equal_a_count_over_the_raw_rows()
    {
        const long tile = 5 * Instant.Minute;
        var departures = run.Data.Flights.Where(flight => flight.Departure is not null && flight.DepartureDelay is not null).ToLookup(flight => flight.Origin);

        foreach (var asked in RandomFlights().Take(200))
        {
            var end = asked.Request.AsOfMicros / tile * tile;
            var window = departures[asked.Flight.Origin].Where(flight => flight.Departure >= end - (3 * Instant.Hour) && flight.Departure < end).ToList();
            var served = asked.Response.Features.ToDictionary(feature => feature.Name);

            Assert.Equal(window.Count, served["origin_departures:count_3h"].Value.Int64Value);
            if (window.Count > 0)
            {
                Assert.Equal(window.Average(flight => flight.DepartureDelay!.Value), served["origin_departures:dep_delay_mean_3h"].Value.DoubleValue, 1e-9);
            }
        }
    }

    [Fact]
    public void Latest_weather_is_the_newest_hour_that_was_over()
    {
        var weather = run.Data.Weather.ToLookup(hour => hour.Origin);

        foreach (var asked in RandomFlights().Take(200))
        {
            var newest = weather[asked.Flight.Origin].Where(hour => hour.Hour + Instant.Hour <= asked.Request.AsOfMicros).MaxBy(hour => hour.Hour);
            var served = asked.Response.Features.Single(feature => feature.Name == "origin_weather:wind_speed");

            Assert.Equal(newest?.Hour ?? 0, served.EventTimestampMicros);
            Assert.Equal(newest?.WindSpeed ?? 0, served.Value?.DoubleValue ?? 0);
        }
    }

    private static GetHistoricalFeaturesRequest RequestFor(List<AskedPrediction> flights)
    {
        var request = new GetHistoricalFeaturesRequest { FeatureService = FlightDefinitions.FeatureService };
        foreach (var key in (string[])["origin", "dest", "carrier", "flight_number", "tailnum"])
        {
            var column = new KeyColumn { JoinKey = key };
            column.Values.AddRange(flights.Select(asked => asked.Request.EntityKeys[key]));
            request.EntityKeys.Add(column);
        }

        request.EntityTimestampsMicros.AddRange(flights.Select(asked => asked.Request.AsOfMicros));
        return request;
    }

    // Values bit for bit; a value outside its maximum age is missing for the model either way.
    private static string Describe(FeatureColumn column, int row)
    {
        var status = (FeatureStatus)column.Statuses[row];
        return status != FeatureStatus.Present ? "missing" : column.Type switch
        {
            Contracts.Common.ValueType.Double => $"{BitConverter.DoubleToInt64Bits(column.Doubles[row]):x}",
            Contracts.Common.ValueType.Int64 => $"{column.Int64S[row]}",
            Contracts.Common.ValueType.Bool => $"{column.Bools[row]}",
            Contracts.Common.ValueType.Timestamp => $"{column.TimestampsMicros[row]}",
            _ => column.Strings[row],
        };
    }

    private static string Describe(PredictedFeature feature, Contracts.Common.ValueType type) =>
        feature.Status != FeatureStatus.Present ? "missing" : type switch
        {
            Contracts.Common.ValueType.Double => $"{BitConverter.DoubleToInt64Bits(feature.Value.DoubleValue):x}",
            Contracts.Common.ValueType.Int64 => $"{feature.Value.Int64Value}",
            Contracts.Common.ValueType.Bool => $"{feature.Value.BoolValue}",
            Contracts.Common.ValueType.Timestamp => $"{feature.Value.TimestampMicros}",
            _ => feature.Value.StringValue,
        };
}
