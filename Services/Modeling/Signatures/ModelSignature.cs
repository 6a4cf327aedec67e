using System.Text.Json;

namespace CloudNativeAi.Modeling;

/// <summary>signature.json: what a model version takes, how raw values become its input, and how its output is read.</summary>
/// <param name="ExpressionInputs">Online features that are no columns but are used by an expression, such as a timestamp.</param>
public sealed record ModelSignature(
    int FormatVersion,
    IReadOnlyList<TensorSignature> Inputs,
    IReadOnlyList<TensorSignature> Outputs,
    string FeatureService,
    int DefinitionsVersion,
    IReadOnlyList<SignatureField> EntityKeys,
    IReadOnlyList<SignatureField> RequestFields,
    IReadOnlyList<SignatureRequestFeature> RequestFeatures,
    IReadOnlyList<SignatureFeature> Features,
    string Label,
    double Threshold,
    IReadOnlyList<string> ClassLabels,
    IReadOnlyList<SignatureField>? ExpressionInputs = null)
{
    public const int CurrentFormatVersion = 1;
    public const string InputName = "features";
    public const string OutputName = "score";
    public const string Fp64 = "FP64";

    /// <summary>The only tensors of a version of ours: a row of doubles in, a probability out. -1: any number of rows.</summary>
    public static ModelSignature Create(
        string featureService,
        int definitionsVersion,
        IReadOnlyList<SignatureField> entityKeys,
        IReadOnlyList<SignatureField> requestFields,
        IReadOnlyList<SignatureRequestFeature> requestFeatures,
        IReadOnlyList<SignatureFeature> features,
        string label,
        double threshold,
        IReadOnlyList<SignatureField>? expressionInputs = null) => new(
            CurrentFormatVersion,
            [new TensorSignature(InputName, Fp64, [-1, features.Count])],
            [new TensorSignature(OutputName, Fp64, [-1, 1])],
            featureService,
            definitionsVersion,
            entityKeys,
            requestFields,
            requestFeatures,
            features,
            label,
            threshold,
            ["false", "true"],
            expressionInputs is { Count: > 0 } ? expressionInputs : null);

    /// <exception cref="JsonException">The content is not a signature, or one of a newer format.</exception>
    /// <exception cref="ExpressionException">An expression does not parse or does not fit its fields.</exception>
    public static ModelSignature Parse(ReadOnlySpan<byte> json)
    {
        var signature = ModelJson.Deserialize<ModelSignature>(json);
        CheckFormatVersion(signature.FormatVersion);
        if (signature.Threshold is not (>= 0 and <= 1))
        {
            throw new JsonException(FormattableString.Invariant($"signature.json: the threshold {signature.Threshold} is no probability."));
        }

        if (signature.Outputs.FirstOrDefault(output => output.Name == OutputName) is not { } score)
        {
            throw new JsonException($"signature.json: there is no output '{OutputName}'.");
        }

        (score with { ClassLabels = signature.ClassLabels }).CheckClassLabels();

        // Finds every other inconsistency.
        _ = new FeatureEncoder(signature);
        return signature;
    }

    /// <exception cref="JsonException">This build does not read the format.</exception>
    internal static void CheckFormatVersion(int version)
    {
        if (version is < 1 or > CurrentFormatVersion)
        {
            throw new JsonException($"signature.json has format version {version}; this build reads 1 to {CurrentFormatVersion}.");
        }
    }

    public byte[] ToJson() => ModelJson.Serialize(this);

    /// <summary>The class of a score: the second at the threshold or above. The more probable one may be the other.</summary>
    public string Decide(double score) => ClassLabels[score >= Threshold ? 1 : 0];

    /// <summary>Every class with its probability, the most probable first; of equal ones the first.</summary>
    public IEnumerable<(string Label, double Probability)> RankClasses(double score) =>
        score > 0.5 ? [(ClassLabels[1], score), (ClassLabels[0], 1 - score)] : [(ClassLabels[0], 1 - score), (ClassLabels[1], score)];
}

public sealed record SignatureField(string Name, ModelType Type);

/// <summary>An <see cref="Expression"/> over entity keys, request fields, online features (in backticks) and request features before it.</summary>
public sealed record SignatureRequestFeature(string Name, ModelType Type, string Expression);

/// <summary>One column of the input tensor.</summary>
/// <param name="Name"><c>view:feature</c> of an online feature, or the name of a request feature.</param>
/// <param name="Vocabulary">Categories in order of their number; categorical features only.</param>
public sealed record SignatureFeature(
    string Name, FeatureOrigin Origin, ModelType Type, FeatureKind Kind, IReadOnlyList<string>? Vocabulary = null);

public enum FeatureOrigin
{
    Online,
    Request,
}

public enum FeatureKind
{
    /// <summary>double as it is, int64 as a double, bool as 0 or 1; missing, NaN and infinite are NaN.</summary>
    Numeric,

    /// <summary>The number of the string in the vocabulary; missing and unknown are NaN.</summary>
    Categorical,
}
