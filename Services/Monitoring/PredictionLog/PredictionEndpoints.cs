using System.Text.Json.Nodes;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Validation;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.Monitoring.PredictionLog;

internal static class PredictionEndpoints
{
    public static void MapPredictionEndpoints(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/predictions/{id}", GetAsync).WithName("GetPrediction").WithTags("Predictions");

    private static async Task<Results<Ok<PredictionResponse>, ProblemHttpResult>> GetAsync(
        string id, PredictionReader predictions, CancellationToken cancellationToken)
    {
        if (Rules.Id("id", id) is { } problem)
        {
            return HttpProblems.Invalid(problem);
        }

        return await predictions.FindAsync(id, cancellationToken) is { } prediction
            ? TypedResults.Ok(Describe(prediction))
            : HttpProblems.NotFound($"The prediction '{id}' is not in the log.");
    }

    private static PredictionResponse Describe(LoggedPrediction logged)
    {
        var prediction = logged.Prediction;
        var features = prediction.Features.Select((value, index) => new FeatureResponse(
            index < logged.FeatureNames.Count ? logged.FeatureNames[index] : null, double.IsFinite(value) ? value : null));

        return new PredictionResponse(
            prediction.PredictionId, prediction.ModelName, prediction.ModelVersion, prediction.Score, prediction.Label,
            Micros.ToInstant(prediction.PredictionTimestampMicros), Micros.ToInstant(prediction.CreatedTimestampMicros),
            prediction.EntityKeys.ToDictionary(entry => entry.Key, entry => (JsonNode?)Describe(entry.Value), StringComparer.Ordinal),
            [.. features], prediction.Role, prediction.LatencySeconds, prediction.TraceId,
            logged.HasTrueLabel ? logged.TrueLabel : null,
            logged.HasTrueLabel ? Micros.ToInstant(logged.LabelTimestampMicros) : null);
    }

    private static JsonValue? Describe(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => JsonValue.Create(value.StringValue),
        Value.KindOneofCase.Int64Value => JsonValue.Create(value.Int64Value),
        Value.KindOneofCase.DoubleValue => JsonValue.Create(value.DoubleValue),
        Value.KindOneofCase.BoolValue => JsonValue.Create(value.BoolValue),
        Value.KindOneofCase.TimestampMicros => JsonValue.Create(Micros.ToInstant(value.TimestampMicros)),
        _ => null,
    };
}

/// <param name="PredictionTimestamp">The instant the prediction was for.</param>
/// <param name="CreatedTimestamp">When it was made.</param>
/// <param name="TrueLabel">Null until the label is known.</param>
internal sealed record PredictionResponse(
    string PredictionId,
    string ModelName,
    int ModelVersion,
    double Score,
    string Label,
    DateTimeOffset PredictionTimestamp,
    DateTimeOffset CreatedTimestamp,
    IReadOnlyDictionary<string, JsonNode?> EntityKeys,
    IReadOnlyList<FeatureResponse> Features,
    string Role,
    double LatencySeconds,
    string TraceId,
    double? TrueLabel,
    DateTimeOffset? LabelTimestamp);

/// <param name="Name">Null when the version's signature is not known.</param>
/// <param name="Value">The encoded value; null is missing.</param>
internal sealed record FeatureResponse(string? Name, double? Value);
