using CloudNativeAi.FeatureStore.Definitions;

namespace CloudNativeAi.FeatureStore.Tests.Definitions;

public sealed class DefinitionsParserTests
{
    private const string Yaml =
        """
        entities:
          - name: origin
            join_keys: [ { name: origin, type: string } ]
        feature_views:
          - name: windows
            entity: origin
            source: departures
            ttl: 6h
            aggregations:
              - { field: dep_delay, functions: [mean, last], windows: [1h, 7d, 30d] }
              - { functions: [count], windows: [1h] }
          - name: newest
            entity: origin
            source: departures
            features:
              - gate
              - { name: chairs, field: seats }
        feature_services:
          - name: delays
            description: What is known before departure.
            features: [ "windows:*", "newest:chairs" ]
            request_fields: [ { name: distance, type: int64 } ]
            request_features:
              - { name: far, type: double, expression: "distance * 2 + `newest:chairs`" }
        labels:
          - name: late
            source: departures
            entity_timestamp: scheduled
            value: dep_delay > 15
        """;

    private static readonly Dictionary<string, SourceSchema> Sources = new()
    {
        ["departures"] = new SourceSchema(
            "departures",
            [
                new SchemaField("origin", ValueType.String, false),
                new SchemaField("dep_delay", ValueType.Double, true),
                new SchemaField("seats", ValueType.Int64, true),
                new SchemaField("gate", ValueType.String, true),
                new SchemaField("scheduled", ValueType.Timestamp, false),
            ],
            Backfilled: false,
            AvailabilityDelayMicros: 0),
    };

    [Fact]
    public void Reads_every_kind_of_definition()
    {
        var definitions = DefinitionsParser.Parse(Yaml, "features.yaml", Sources);

        var windows = definitions.FindView("windows")!;
        Assert.Equal(6 * Durations.Hour, windows.TtlMicros);
        Assert.Equal(
            ["dep_delay_mean_1h", "dep_delay_mean_7d", "dep_delay_mean_30d", "dep_delay_last_1h", "dep_delay_last_7d", "dep_delay_last_30d", "count_1h"],
            windows.Features.Select(feature => feature.Name));
        Assert.Equal(
            [5 * Durations.Minute, Durations.Hour, Durations.Day], windows.Windowed.Take(3).Select(feature => feature.TileMicros));
        Assert.Equal([("gate", ValueType.String), ("chairs", ValueType.Int64)], definitions.FindView("newest")!.Features);
        var service = definitions.FindService("delays")!;
        Assert.Equal("newest:chairs", service.Features[^1].FullName);
        Assert.Equal(("origin", ValueType.String), (Assert.Single(service.JoinKeys).Name, service.JoinKeys[0].Type));
        Assert.Equal("far", Assert.Single(service.RequestFeatures).Name);
        Assert.Equal("dep_delay > 15", definitions.FindLabel("late")!.ValueExpression);
    }

    [Theory]
    [InlineData("    ttl: 6h", "    tll: 6h", 8, "unknown key 'tll'")]
    [InlineData("    ttl: 6h", "    ttl: 6 hours", 8, "is not a duration")]
    [InlineData("    ttl: 6h", "    ttl: [6h]", 8, "must be a single value")]
    [InlineData("type: string }", "type: double }", 3, "join keys are string or int64")]
    [InlineData("name: origin, type: string", "name: terminal, type: string", 5, "has no field 'terminal'")]
    [InlineData("name: origin, type: string", "name: origin, type: int64", 5, "They must be of one type")]
    [InlineData("  - name: newest", "  - name: windows", 12, "'windows' is defined twice")]
    [InlineData("  - name: newest", "  - name: Newest", 12, "is not allowed")]
    [InlineData("{ name: chairs, field: seats }", "{ name: gate, field: seats }", 12, "'gate' twice")]
    [InlineData("{ name: chairs, field: seats }", "{ name: origin, field: seats }", 12, "name of a join key")]
    [InlineData("field: seats }", "field: chairs }", 17, "names the field 'chairs'")]
    [InlineData("field: seats }", "field: seats, typ: int64 }", 17, "unknown key 'typ'")]
    [InlineData("[mean, last]", "[median]", 10, "'median' in the view 'windows' is not a function")]
    [InlineData("field: dep_delay, functions: [mean, last]", "field: gate, functions: [mean]", 10, "does not take the field 'gate'")]
    [InlineData("functions: [count]", "functions: [sum]", 11, "needs a 'field'")]
    [InlineData("[1h, 7d, 30d]", "[1m]", 10, "is not a duration from 5m to 90d")]
    [InlineData("[1h, 7d, 30d]", "[91d]", 10, "is not a duration from 5m to 90d")]
    [InlineData("[1h, 7d, 30d]", "[7m]", 10, "must be a multiple of 5m")]
    [InlineData("[1h, 7d, 30d]", "[750m]", 10, "must be a multiple of 1h")]
    [InlineData("[1h, 7d, 30d]", "[300h]", 10, "must be a multiple of 1d")]
    [InlineData("[1h, 7d, 30d]", "[]", 10, "must not be empty")]
    [InlineData("    source: departures\n    features", "    source: arrivals\n    features", 14, "unknown source 'arrivals'")]
    [InlineData("    entity: origin\n    source: departures\n    ttl", "    entity: carrier\n    source: departures\n    ttl", 6, "unknown entity 'carrier'")]
    [InlineData("    ttl: 6h", "    features: [ gate ]", 5, "not both and not neither")]
    [InlineData("\"newest:chairs\" ]", "\"newest:seats\" ]", 21, "unknown feature 'newest:seats'")]
    [InlineData("\"newest:chairs\" ]", "\"newest:chairs\", \"newest:*\" ]", 21, "has 'newest:chairs' twice")]
    [InlineData("\"newest:chairs\" ]", "chairs ]", 21, "must be written as \"view:feature\"")]
    [InlineData("name: distance", "name: origin", 22, "the join key of that name is string")]
    [InlineData("distance * 2", "distanze * 2", 24, "expression of the request feature 'far'")]
    [InlineData("type: double, expression", "type: bool, expression", 24, "is declared bool")]
    [InlineData("{ name: far", "{ name: distance", 24, "is taken")]
    [InlineData("value: dep_delay > 15", "value: gate", 29, "must be a bool or a number")]
    [InlineData("entity_timestamp: scheduled", "entity_timestamp: dep_delay", 28, "must be a timestamp")]
    [InlineData("labels:", "lables:", 25, "unknown key 'lables'")]
    [InlineData("    value:", "   - value:", 29, "Not valid YAML")]
    public void An_error_names_the_file_the_line_and_what_is_wrong(string right, string wrong, int line, string message)
    {
        Assert.Contains(right, Yaml, StringComparison.Ordinal);

        var exception = Assert.Throws<DefinitionsException>(
            () => DefinitionsParser.Parse(Yaml.Replace(right, wrong, StringComparison.Ordinal), "features.yaml", Sources));

        Assert.Contains(exception.Errors, error => error.FileName == "features.yaml" && error.Line == line && error.Message.Contains(message, StringComparison.Ordinal));
        Assert.Contains($"features.yaml:{line}: ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_are_told_at_once_in_the_order_of_their_lines()
    {
        var yaml = Yaml.Replace("[mean, last]", "[median]", StringComparison.Ordinal)
            .Replace("    ttl: 6h", "    ttl: never", StringComparison.Ordinal)
            .Replace("      - gate", "      - gates", StringComparison.Ordinal);

        var exception = Assert.Throws<DefinitionsException>(() => DefinitionsParser.Parse(yaml, "", Sources));

        Assert.Equal([8, 10, 16], exception.Errors.Select(error => error.Line));
        Assert.All(exception.Errors, error => Assert.Equal("definitions.yaml", error.FileName));
    }

    [Theory]
    [InlineData("", "The document is empty")]
    [InlineData("just words", "must be a mapping")]
    [InlineData("entities: []\n---\nentities: []", "second YAML document")]
    [InlineData("entities: 5", "must be a list")]
    public void A_document_of_another_shape_is_refused(string yaml, string message)
    {
        var exception = Assert.Throws<DefinitionsException>(() => DefinitionsParser.Parse(yaml, "features.yaml", Sources));

        Assert.Contains(message, Assert.Single(exception.Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_that_is_too_long_is_not_read()
    {
        var exception = Assert.Throws<DefinitionsException>(
            () => DefinitionsParser.Parse(new string('#', DefinitionsParser.MaxLength + 1), "features.yaml", Sources));

        Assert.Contains("at most 1,000,000", Assert.Single(exception.Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sources_are_found_in_a_document_that_is_wrong_elsewhere() => Assert.Equal(
        ["departures", "arrivals"],
        DefinitionsParser.FindSourceNames(Yaml.Replace("    source: departures\n    entity_timestamp", "    source: arrivals\n    entity_timestamp", StringComparison.Ordinal)
            .Replace("ttl: 6h", "ttl: never", StringComparison.Ordinal)));
}
