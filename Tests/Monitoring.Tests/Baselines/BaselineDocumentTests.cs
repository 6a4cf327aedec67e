using System.Text.Json;
using CloudNativeAi.Monitoring.Baselines;
using CloudNativeAi.Monitoring.Drift;

namespace CloudNativeAi.Monitoring.Tests.Baselines;

public sealed class BaselineDocumentTests
{
    private const string Signature = """{ "features": [ { "name": "delay" }, { "name": "carrier" } ] }""";

    private static string Document(string carrierCounts) => $$"""
        {
          "format_version": 1,
          "features": [
            { "name": "delay", "kind": "numeric", "edges": [ 0 ], "counts": [ 60, 40 ], "missing": 0 },
            { "name": "carrier", "kind": "categorical", "counts": {{carrierCounts}}, "missing": 100 }
          ],
          "score": { "name": "score", "kind": "numeric", "edges": [ 0.5 ], "counts": [ 50, 50 ], "missing": 0 }
        }
        """;

    [Fact]
    public void A_category_that_was_never_seen_is_compared_by_its_missing_share()
    {
        var (baseline, _) = BaselineDocument.Parse(Document("[]"), Signature);
        var histogram = new WindowHistogram(baseline);
        for (var row = 0; row < 100; row++)
        {
            histogram.Add(score: row / 100.0, features: [row < 60 ? -1 : 1, double.NaN]);
        }

        var figures = DriftEvaluator.Evaluate(baseline, histogram.Counts, new DriftOptions());

        var carrier = figures.Single(figure => figure.Name == "carrier");
        Assert.Equal(DriftFigure.Ok, carrier.Level);
        Assert.Equal(1, carrier.MissingShare);
        Assert.Equal(1, carrier.BaselineMissingShare);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[ -1 ]")]
    public void Counts_that_cannot_be_are_refused(string counts)
    {
        var error = Assert.Throws<JsonException>(() => BaselineDocument.Parse(Document(counts), Signature));

        Assert.Contains("carrier", error.Message, StringComparison.Ordinal);
    }
}
