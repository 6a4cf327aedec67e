using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Training.Trainers;

namespace CloudNativeAi.Training.Jobs;

/// <summary>What a job must say to be queued. Nothing is left for the worker to find out hours later.</summary>
internal static class JobRequests
{
    private const int MaxNameLength = 128;
    private const int MaxKeyLength = 256;
    private const int MaxReasonLength = 2_000;

    // Instants beyond the year 9999 are mistakes.
    private const long MaxMicros = 253_402_300_800_000_000;

    /// <summary>What is wrong, naming the field; null when nothing is.</summary>
    public static string? FindFault(SubmitJobRequest request) =>
        FindFaultOfText(request)
        ?? request.SpecCase switch
        {
            SubmitJobRequest.SpecOneofCase.Train => FindFault(request.Train),
            SubmitJobRequest.SpecOneofCase.Evaluate => FindFault(request.Evaluate),
            _ => "Either 'train' or 'evaluate' is needed.",
        };

    private static string? FindFaultOfText(SubmitJobRequest request)
    {
        if (request.IdempotencyKey.Length > MaxKeyLength)
        {
            return $"idempotency_key has more than {MaxKeyLength} characters.";
        }

        return request.RequestedBy.Length > MaxKeyLength ? $"requested_by has more than {MaxKeyLength} characters."
            : request.Reason.Length > MaxReasonLength ? $"reason has more than {MaxReasonLength} characters."
            : null;
    }

    private static string? FindFault(TrainSpec spec)
    {
        var fault = FindFaultOfName("train.model_name", spec.ModelName)
            ?? FindFaultOfName("train.feature_service", spec.FeatureService)
            ?? FindFaultOfName("train.label", spec.Label)
            ?? FindFaultOfRange("train", spec.FromMicros, spec.ToMicros);
        if (fault is not null)
        {
            return fault;
        }

        if (spec.LabelKnownUntilMicros is < 0 or > MaxMicros)
        {
            return "train.label_known_until_micros is not an instant up to the year 9999.";
        }

        if (spec.ValidationShare is not 0 and not (>= 0.01 and <= 0.9))
        {
            return "train.validation_share must be 0 (for 0.2) or between 0.01 and 0.9.";
        }

        if (spec.Seed is < 0 or > int.MaxValue)
        {
            return $"train.seed must be between 0 (for 42) and {int.MaxValue}.";
        }

        return TrainerCatalog.Find(spec.Trainer) is { } trainer
            ? trainer.FindFault(spec.HyperParameters)
            : $"train.trainer '{spec.Trainer}' is not one of {string.Join(", ", TrainerCatalog.Names)}.";
    }

    private static string? FindFault(EvaluateSpec spec) =>
        FindFaultOfName("evaluate.model_name", spec.ModelName)
        ?? FindFaultOfRange("evaluate", spec.FromMicros, spec.ToMicros)
        ?? (spec.Version < 1 ? "evaluate.version must be at least 1." : null);

    private static string? FindFaultOfRange(string spec, long from, long to) =>
        from is < 0 or > MaxMicros || to is < 0 or > MaxMicros ? $"{spec}.from_micros and to_micros must be instants from 1970 to the year 9999."
        : from >= to ? $"{spec}.from_micros must be before to_micros."
        : null;

    // The registry's rule for model names; names of the feature store are narrower.
    private static string? FindFaultOfName(string field, string name) =>
        name.Length is 0 or > MaxNameLength ? $"{field} must have 1 to {MaxNameLength} characters."
        : !char.IsAsciiLetter(name[0]) || !name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.')
            ? $"{field} '{name}' must be letters, digits, '-', '_' and '.', first a letter."
        : null;
}
