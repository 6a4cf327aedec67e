using CloudNativeAi.Modeling;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Trainers;

/// <summary>Learns from encoded rows. The same input gives the same model, byte for byte.</summary>
internal abstract class Trainer(string name, IReadOnlyList<HyperParameter> hyperParameters)
{
    public string Name { get; } = name;

    public IReadOnlyList<HyperParameter> HyperParameters { get; } = hyperParameters;

    /// <summary>What is wrong with the hyper-parameters of a request, naming the first; null when nothing is.</summary>
    public string? FindFault(IReadOnlyDictionary<string, string> hyperParameters)
    {
        foreach (var (key, text) in hyperParameters.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (HyperParameters.FirstOrDefault(parameter => parameter.Name == key) is not { } parameter)
            {
                return $"The trainer '{Name}' has no hyper-parameter '{key}'; it has {string.Join(", ", HyperParameters.Select(known => known.Name))}.";
            }

            if (!parameter.TryParse(text, out _))
            {
                return FormattableString.Invariant(
                    $"hyper_parameters['{key}'] is '{text}'; it must be a {(parameter.IsWhole ? "whole " : "")}number between {parameter.Minimum} and {parameter.Maximum}.");
            }
        }

        return null;
    }

    /// <param name="progress">Told the share done, 0 to 1.</param>
    public abstract TrainedModel Train(TrainingInput input, Action<double> progress, CancellationToken cancellationToken);
}

internal sealed record TrainingInput(
    EncodedMatrix Train, EncodedMatrix Validation, IReadOnlyList<SignatureFeature> Features, HyperParameters HyperParameters, long Seed);

/// <param name="ValidationScores">The trainer's own predictions, which the ONNX file must reproduce.</param>
/// <param name="Importance">One number per feature; what it means is the kind.</param>
/// <param name="Iterations">Trees, optimizer steps or epochs in the model.</param>
/// <param name="ValidationCurve">Validation AUC after each iteration; may be empty.</param>
/// <param name="LightGbmText">model.txt; LightGBM only.</param>
internal sealed record TrainedModel(
    double[] ValidationScores,
    byte[] Onnx,
    IReadOnlyList<double> Importance,
    string ImportanceKind,
    int Iterations,
    IReadOnlyList<double> ValidationCurve,
    string? LightGbmText = null);
