using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.Inference;
using Google.Protobuf.Collections;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>Bounds of one request.</summary>
internal static class PredictionLimits
{
    public const int MaxPredictionIdLength = 128;
    public const int MaxBatchRows = 1_000;
    private const int MaxEntries = 1_000;
    private const int MaxNameLength = 256;
    private const int MaxTextLength = 64 * 1024;

    // 0001-01-01 to 9999-12-31: what a timestamp can be anywhere downstream.
    private const long MinInstantMicros = -62_135_596_800_000_000;
    private const long MaxInstantMicros = 253_402_300_799_999_999;

    /// <exception cref="InferenceException">The request is out of bounds.</exception>
    public static void Check(PredictRequest request)
    {
        if (request.ModelName.Length is 0 or > 128)
        {
            throw InferenceException.Invalid("model_name is required, at most 128 characters.");
        }

        if (request.WhichCase == PredictRequest.WhichOneofCase.Version && request.Version < 1)
        {
            throw InferenceException.Invalid($"The version is {request.Version}; versions begin with 1.");
        }

        if (request.PredictionId.Length > MaxPredictionIdLength || request.PredictionId.Any(char.IsControl))
        {
            throw InferenceException.Invalid($"prediction_id has {request.PredictionId.Length} characters; at most {MaxPredictionIdLength} are allowed, and no control character.");
        }

        if (request.HasAsOfMicros && request.AsOfMicros is < MinInstantMicros or > MaxInstantMicros)
        {
            throw InferenceException.Invalid($"as_of_micros is {request.AsOfMicros}, which is no instant between the years 1 and 9999 in microseconds since 1970.");
        }

        if (request.TopClasses < 0)
        {
            throw InferenceException.Invalid($"top_classes is {request.TopClasses}; 0 asks for none.");
        }

        CheckEntries("entity_keys", request.EntityKeys);
        CheckEntries("request_fields", request.RequestFields);
    }

    /// <exception cref="InferenceException">The number of rows is out of bounds; the rows themselves are not looked at.</exception>
    public static void Check(PredictBatchRequest request)
    {
        if (request.Rows.Count is 0 or > MaxBatchRows)
        {
            throw InferenceException.Invalid($"rows has {request.Rows.Count} entries; 1 to {MaxBatchRows} are allowed.");
        }
    }

    private static void CheckEntries(string what, MapField<string, Value> entries)
    {
        if (entries.Count > MaxEntries)
        {
            throw InferenceException.Invalid($"{what} has {entries.Count} entries; at most {MaxEntries} are allowed.");
        }

        foreach (var (name, value) in entries)
        {
            if (name.Length is 0 or > MaxNameLength || (value.HasStringValue && value.StringValue.Length > MaxTextLength))
            {
                throw InferenceException.Invalid($"An entry of {what} is too long: a name has 1 to {MaxNameLength} characters, a text at most {MaxTextLength}.");
            }
        }
    }
}
