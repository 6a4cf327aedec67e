using System.Text;
using System.Text.Json;

namespace CloudNativeAi.Modeling.Tests;

public sealed class FeatureEncoderTests
{
    private static readonly ModelSignature Signature = ModelSignature.Create(
        "flight_delay",
        3,
        [new("carrier", ModelType.String)],
        [new("sched_dep_utc", ModelType.Timestamp), new("distance", ModelType.Double)],
        [
            new("hour", ModelType.Int64, "hour(sched_dep_utc, 'America/Los_Angeles')"),
            new("distance", ModelType.Double, "distance / 100"),
            new("far", ModelType.Bool, "distance > 5"),
            new("turnaround", ModelType.Double, "minutes_between(`last_arrival:arr_utc`, sched_dep_utc)"),
            new("carrier", ModelType.String, "carrier"),
        ],
        [
            new("origin_departures:mean", FeatureOrigin.Online, ModelType.Double, FeatureKind.Numeric),
            new("origin_departures:count", FeatureOrigin.Online, ModelType.Int64, FeatureKind.Numeric),
            new("last_arrival:dest", FeatureOrigin.Online, ModelType.String, FeatureKind.Categorical, ["PDX", "SEA"]),
            new("hour", FeatureOrigin.Request, ModelType.Int64, FeatureKind.Numeric),
            new("distance", FeatureOrigin.Request, ModelType.Double, FeatureKind.Numeric),
            new("far", FeatureOrigin.Request, ModelType.Bool, FeatureKind.Numeric),
            new("turnaround", FeatureOrigin.Request, ModelType.Double, FeatureKind.Numeric),
            new("carrier", FeatureOrigin.Request, ModelType.String, FeatureKind.Categorical, ["AA", "AS"]),
        ],
        "late_arrival",
        0.25,
        [new("last_arrival:arr_utc", ModelType.Timestamp)]);

    [Fact]
    public void Raw_values_become_the_columns_of_the_input()
    {
        var encoder = new FeatureEncoder(Signature);
        var encoded = new double[encoder.FeatureCount];
        var values = new ModelValue[encoder.FeatureCount];

        encoder.Encode(
            [ModelValue.Of("AS"), ModelValue.Timestamp(1_404_498_600_000_000), ModelValue.Of(900L), ModelValue.Of(2.5), ModelValue.Of(4L), ModelValue.Of("SEA"), ModelValue.Timestamp(1_404_495_000_000_000)],
            encoded,
            values);

        Assert.Equal(
            ["carrier", "sched_dep_utc", "distance", "origin_departures:mean", "origin_departures:count", "last_arrival:dest", "last_arrival:arr_utc"],
            encoder.Inputs.Select(input => input.Name));
        Assert.Equal([2.5, 4, 1, 11, 9, 1, 60, 1], encoded);
        Assert.Equal("SEA", values[2].AsString());
    }

    [Fact]
    public void What_is_missing_or_unknown_is_NaN()
    {
        var encoder = new FeatureEncoder(Signature);
        var encoded = new double[encoder.FeatureCount];

        encoder.Encode([ModelValue.Of("ZZ"), default, default, ModelValue.Of(double.PositiveInfinity), default, ModelValue.Of("LAX"), default], encoded);

        Assert.All(encoded, value => Assert.Equal(double.NaN, value));
    }

    [Theory]
    [InlineData(-0.0)]
    [InlineData(1e-35)]
    [InlineData(-1e-36)]
    public void Numbers_as_near_to_zero_as_LightGBM_calls_zero_are_zero(double value)
    {
        var encoder = new FeatureEncoder(Signature);
        var inputs = new ModelValue[encoder.Inputs.Count];
        inputs[3] = ModelValue.Of(value);
        var encoded = new double[encoder.FeatureCount];

        encoder.Encode(inputs, encoded);

        Assert.Equal(0L, BitConverter.DoubleToInt64Bits(encoded[0]));
    }

    [Fact]
    public void A_value_of_another_type_is_refused()
    {
        var encoder = new FeatureEncoder(Signature);
        var inputs = new ModelValue[encoder.Inputs.Count];
        inputs[3] = ModelValue.Of("12");

        Assert.Throws<ExpressionException>(() => encoder.Encode(inputs, new double[encoder.FeatureCount]));
    }

    [Fact]
    public void Signature_survives_its_file()
    {
        var json = Signature.ToJson();

        var read = ModelSignature.Parse(json);

        Assert.Equal(json, read.ToJson());
        Assert.Equal("true", read.Decide(0.25));
        Assert.Equal("false", read.Decide(0.2499));
        Assert.Equal("FP64", JsonDocument.Parse(json).RootElement.GetProperty("inputs")[0].GetProperty("datatype").GetString());
    }

    [Theory]
    [InlineData("\"format_version\": 1", "\"format_version\": 2", "format version 2")]
    [InlineData("\"shape\": [\n        -1,\n        8", "\"shape\": [\n        -1,\n        7", "[-1, 8]")]
    [InlineData("\"type\": \"timestamp\"", "\"type\": \"time\"", "'time' is not a type")]
    [InlineData("\"name\": \"far\"", "\"name\": \"hour\"", "there twice")]
    [InlineData("\"origin\": \"online\"", "\"origin\": \"request\"", "is not one of the request features")]
    public void A_signature_that_contradicts_itself_is_refused(string was, string becomes, string message)
    {
        var text = Encoding.UTF8.GetString(Signature.ToJson());
        Assert.Contains(was, text, StringComparison.Ordinal);
        var position = text.IndexOf(was, StringComparison.Ordinal);
        var broken = text[..position] + becomes + text[(position + was.Length)..];

        var exception = Assert.Throws<JsonException>(() => ModelSignature.Parse(Encoding.UTF8.GetBytes(broken)));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }
}
