using System.Reflection;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Trainers;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Registration;

/// <summary>
/// lineage.json: what the version was made from. Who asked for it and why is not in here but in the registry: the same data and
/// seed must give the same bytes, whoever asks.
/// </summary>
internal sealed class ModelLineage(
    TrainSpec spec, FeatureService service, TrainingSet set, RowSplit split, string trainer, long seed, HyperParameters parameters, int iterations)
{
    private const int FormatVersion = 1;

    public static string CodeVersion { get; } =
        typeof(ModelLineage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public string Trainer { get; } = trainer;

    public TrainingSet Set { get; } = set;

    public RowSplit Split { get; } = split;

    public int Iterations { get; } = iterations;

    public long Seed { get; } = seed;

    public TrainSpec Spec { get; } = spec;

    public HyperParameters Parameters { get; } = parameters;

    public byte[] ToJson() => ModelJson.Serialize(new
    {
        FormatVersion,
        TrainingSetDigest = Set.Digest,
        TrainingSetRows = Set.Rows,
        SourcePositions = new SortedDictionary<string, long>(Set.SourcePositions, StringComparer.Ordinal),
        FeatureService = service.Name,
        service.DefinitionsVersion,
        Spec.Label,
        Spec.FromMicros,
        Spec.ToMicros,
        Spec.LabelKnownUntilMicros,
        Split.TrainRows,
        ValidationRows = Split.Rows - Split.TrainRows,
        Trainer,
        Seed,
        HyperParameters = Parameters.ToText(),
        Iterations,
        CodeVersion,
    });
}
