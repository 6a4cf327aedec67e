using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Training.TrainingSets;

/// <summary>Bounds of what a job takes into memory.</summary>
public sealed class TrainingSetOptions
{
    public const string Section = "TrainingSets";

    /// <summary>Largest Parquet file, bytes.</summary>
    [Range(1_000L, 1_000_000_000_000L)]
    public long MaxBytes { get; set; } = 2_000_000_000;

    /// <summary>Most numbers in the encoded matrix: rows times columns.</summary>
    [Range(1_000L, 2_000_000_000L)]
    public long MaxCells { get; set; } = 500_000_000;

    /// <summary>Categories of one feature that get a number; rarer ones are missing to the model.</summary>
    [Range(2, 65_536)]
    public int MaxVocabulary { get; set; } = 512;
}

[OptionsValidator]
internal sealed partial class TrainingSetOptionsValidator : IValidateOptions<TrainingSetOptions>;
