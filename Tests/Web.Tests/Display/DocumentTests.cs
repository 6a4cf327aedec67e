using System.Text.Json;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Web.Display;
using Google.Protobuf;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Web.Tests.Display;

public sealed class DocumentTests
{
    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    public void What_is_no_evaluation_report_is_refused(string json) =>
        Assert.Throws<JsonException>(() => EvaluationDocument.Parse(System.Text.Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void A_signature_names_what_a_caller_sends()
    {
        var signature = SignatureDocument.Parse("""{ "feature_service": "s", "entity_keys": [{ "name": "origin", "type": "string" }], "request_fields": [], "threshold": 0.3 }"""u8);

        Assert.Equal(new SignatureDocument.Input("origin", "string"), Assert.Single(signature.EntityKeys!));
        Assert.Equal(0.3, signature.Threshold);
    }

    [Theory]
    [InlineData("view:feature", "features/view/feature")]
    [InlineData("minute_of_day", null)]
    public void Only_features_of_a_view_have_a_page(string name, string? expected) => Assert.Equal(expected, Links.Feature(name));

    [Fact]
    public void Names_are_escaped_in_addresses()
    {
        Assert.Equal("sources/a%20b%2Fc", Links.Source("a b/c"));
        Assert.Equal("monitoring/m?feature=v%3Af%26g", Links.Monitoring("m", "v:f&g"));
    }

    [Fact]
    public void The_heat_map_has_the_worst_input_first_and_no_cell_without_data()
    {
        DriftScore[] newest = [Score("calm", 0.01), Score("moved", 0.4), Score("silent", double.NaN)];
        DriftPoint[] points = [new() { WindowEndMicros = 1_375_365_600_000_000, Scores = { Score("calm", 0.02), Score("silent", double.NaN) } }, new() { WindowEndMicros = 1_375_369_200_000_000, Scores = { newest } }];

        var heat = DriftHeat.From(points, newest, watch: 0.1, drift: 0.2);

        Assert.Equal(["moved", "calm", "silent"], heat.Rows);
        Assert.Equal(["08-01 14:00", "08-01 15:00"], heat.Columns);
        Assert.Equal([[0, 1, 0.02], [1, 1, 0.01], [1, 0, 0.4]], heat.Cells);
    }

    [Fact]
    public void Online_values_tell_their_status_and_age()
    {
        var response = new GetOnlineFeaturesResponse { AsOfMicros = 100_000_000 };
        response.Columns.Add(Column("a", 1.5, FeatureStatus.Present, 40_000_000));
        response.Columns.Add(Column("b", double.NaN, FeatureStatus.NotFound, 0));
        response.Columns.Add(new FeatureColumn { Name = "cut", Type = ValueType.Double });

        var row = OnlineValue.Row(response, 0).ToList();

        Assert.Equal(("1.5", "present", TimeSpan.FromMinutes(1)), (row[0].Text, row[0].StatusWord, row[0].Age));
        Assert.Equal((Format.Unknown, "not found", null), (row[1].Text, row[1].StatusWord, row[1].Age));
        Assert.Equal("invalid", row[2].StatusWord);
    }

    private static DriftScore Score(string name, double psi) => new() { Name = name, Psi = psi };

    private static FeatureColumn Column(string name, double value, FeatureStatus status, long timestamp) => new()
    {
        Name = name, Type = ValueType.Double, Doubles = { value }, Statuses = ByteString.CopyFrom((byte)status), EventTimestampsMicros = { timestamp },
    };
}
