using System.Text.Json;
using CloudNativeAi.Monitoring.Validation;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CloudNativeAi.Monitoring.Labels;

internal static class LabelEndpoints
{
    private const long MaxBodyBytes = 8 * 1024 * 1024;
    private const string NdjsonType = "application/x-ndjson";

    public static void MapLabelEndpoints(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/labels", LogAsync)
            .WithName("LogLabels").WithTags("Labels")
            .WithSummary("Logs labels: a JSON array, or one JSON object per line. The first label of a prediction stays.")
            .Accepts<LabelRequest[]>("application/json", NdjsonType)
            .WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes));

    private static async Task<Results<Ok<LabelsResponse>, ProblemHttpResult>> LogAsync(
        HttpRequest request, LabelStore labels, [FromQuery] bool? skipInvalid, CancellationToken cancellationToken)
    {
        List<LabelRow> rows;
        try
        {
            var body = await ReadBodyAsync(request, cancellationToken);
            rows = IsNdjson(request) ? LabelReader.ReadLines(body) : LabelReader.ReadArray(body);
        }
        catch (JsonException exception)
        {
            return Problem(StatusCodes.Status400BadRequest, $"The body is not a list of labels. {exception.Message}");
        }
        catch (BadHttpRequestException exception)
        {
            return Problem(exception.StatusCode, exception.Message);
        }

        if (rows.Count > Admission<LabelRow>.MaxRecords)
        {
            return Problem(
                StatusCodes.Status413PayloadTooLarge, $"At most {Admission<LabelRow>.MaxRecords} labels in one request, got {rows.Count}; send them in parts.");
        }

        var latest = labels.LatestMicros;
        var admission = Admission<LabelRow>.Of(rows, row => row.Problem ?? LabelValidation.Check(row.Label, latest));
        if (admission.InvalidTotal > 0 && skipInvalid is not true)
        {
            return TypedResults.Problem(
                admission.Describe("labels"), statusCode: StatusCodes.Status400BadRequest, title: "Labels are invalid",
                extensions: new Dictionary<string, object?> { ["invalid"] = Rows(admission), ["invalidTotal"] = admission.InvalidTotal });
        }

        var response = await labels.AppendAsync([.. admission.Valid.Select(row => row.Label)], cancellationToken);
        return TypedResults.Ok(new LabelsResponse(
            response.Accepted, response.Duplicates, response.Joined, Rows(admission), admission.InvalidTotal));
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var buffer = new byte[81_920];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            // Kestrel enforces the limit as well; other servers may not.
            if (body.Length + read > MaxBodyBytes)
            {
                throw new BadHttpRequestException($"The body has more than {MaxBodyBytes} bytes.", StatusCodes.Status413PayloadTooLarge);
            }

            body.Write(buffer, 0, read);
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static bool IsNdjson(HttpRequest request) =>
        request.ContentType?.Split(';')[0].Trim() is { } type
        && (type.Equals(NdjsonType, StringComparison.OrdinalIgnoreCase) || type.Equals("application/ndjson", StringComparison.OrdinalIgnoreCase));

    private static InvalidRow[] Rows<TRow>(Admission<TRow> admission) =>
        [.. admission.Invalid.Select(row => new InvalidRow(row.Row, row.Field, row.Reason))];

    private static ProblemHttpResult Problem(int statusCode, string detail) => TypedResults.Problem(detail, statusCode: statusCode);
}

/// <summary>One label. Give one of the two timestamps: RFC 3339 with an offset, or microseconds since the epoch.</summary>
internal sealed record LabelRequest(
    string PredictionId, double Value, DateTimeOffset? LabelTimestamp, long? LabelTimestampMicros, string? ModelName);

/// <param name="Joined">Accepted labels whose prediction was logged already; the rest wait for it.</param>
/// <param name="Invalid">The first hundred.</param>
internal sealed record LabelsResponse(long Accepted, long Duplicates, long Joined, IReadOnlyList<InvalidRow> Invalid, long InvalidTotal);

/// <param name="Row">0-based; blank lines of NDJSON are not counted.</param>
internal sealed record InvalidRow(long Row, string Field, string Reason);
