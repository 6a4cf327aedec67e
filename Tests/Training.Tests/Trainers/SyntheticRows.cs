using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Trainers;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Tests.Trainers;

/// <summary>Rows with everything that can go wrong in an export: NaN, whole numbers that sit on thresholds, categories.</summary>
internal static class SyntheticRows
{
    public const int Categories = 40;

    public static readonly IReadOnlyList<SignatureFeature> Features =
    [
        new("smooth", FeatureOrigin.Online, ModelType.Double, FeatureKind.Numeric),
        new("whole", FeatureOrigin.Online, ModelType.Int64, FeatureKind.Numeric),
        new("often_missing", FeatureOrigin.Online, ModelType.Double, FeatureKind.Numeric),
        new("category", FeatureOrigin.Online, ModelType.String, FeatureKind.Categorical, [.. Enumerable.Range(0, Categories).Select(number => $"c{number:D2}")]),
        new("small_category", FeatureOrigin.Online, ModelType.String, FeatureKind.Categorical, ["a", "b", "c"]),
        new("constant", FeatureOrigin.Online, ModelType.Double, FeatureKind.Numeric),
    ];

    public static EncodedMatrix Create(int rows, int seed)
    {
        var random = new Random(seed);
        var values = new double[rows * Features.Count];
        var labels = new bool[rows];
        for (var row = 0; row < rows; row++)
        {
            var smooth = (random.NextDouble() * 4) - 2;
            var whole = random.Next(-5, 6);
            var missing = random.Next(3) == 0 ? double.NaN : Math.Round(random.NextDouble() * 10, 1);
            var category = random.Next(12) == 0 ? double.NaN : random.Next(Categories);
            var small = random.Next(3);
            new[] { smooth, whole, missing, category, small, 7 }.CopyTo(values, row * Features.Count);

            var logit = (smooth * whole / 3) + (double.IsNaN(missing) ? 1.5 : 0.2 * missing) + (category % 7 == 0 ? 2 : -0.5) + (small == 1 ? -1 : 0) - 1;
            labels[row] = random.NextDouble() < 1 / (1 + Math.Exp(-(double.IsNaN(logit) ? 0 : logit)));
        }

        return new EncodedMatrix(Features.Count, values, labels);
    }

    public static TrainingInput Input(Trainer trainer, int rows = 4_000, params (string Name, string Value)[] parameters) => new(
        Create(rows, seed: 1),
        Create(rows / 4, seed: 2),
        Features,
        new HyperParameters(trainer.HyperParameters, parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value)),
        Seed: 42);
}
