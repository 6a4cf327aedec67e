using System.Globalization;
using System.IO.Compression;
using CloudNativeAi.Modeling;
using CloudNativeAi.TestSupport;
using CloudNativeAi.Training.Evaluation;
using CloudNativeAi.Training.Trainers;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Tests.Trainers;

/// <summary>Real people, real categories: the census of 1994.</summary>
public sealed class AdultIncomeTests(ITestOutputHelper output)
{
    private static readonly string[] NotFeatures = ["fnlwgt", "income"];

    [Fact]
    public void LightGBM_beats_logistic_regression_and_both_reach_their_published_quality()
    {
        var (train, validation, features) = Read(Repository.SharedData("adult-income/adult_train.csv.gz"));

        var trees = Train("lightgbm", train, validation, features);
        var logistic = Train("logistic_regression", train, validation, features);

        var treeAuc = RocAuc.Compute(trees.ValidationScores, validation.Labels);
        var logisticAuc = RocAuc.Compute(logistic.ValidationScores, validation.Labels);
        output.WriteLine(FormattableString.Invariant($"LightGBM {treeAuc.Value:F4} ({treeAuc.Low:F4} to {treeAuc.High:F4}), logistic regression {logisticAuc.Value:F4}"));
        Assert.InRange(treeAuc.Value, 0.92, 0.94);
        Assert.InRange(logisticAuc.Value, 0.90, 0.915);
        Assert.InRange(OnnxParity.Check(trees, validation), 0, 1e-12);
        Assert.InRange(OnnxParity.Check(logistic, validation), 0, 1e-12);
    }

    private static TrainedModel Train(string name, EncodedMatrix train, EncodedMatrix validation, IReadOnlyList<SignatureFeature> features)
    {
        var trainer = TrainerCatalog.Find(name)!;
        var parameters = new HyperParameters(trainer.HyperParameters, new Dictionary<string, string>());
        return trainer.Train(new TrainingInput(train, validation, features, parameters, 42), _ => { }, TestContext.Current.CancellationToken);
    }

    private static (EncodedMatrix Train, EncodedMatrix Validation, List<SignatureFeature> Features) Read(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        var header = reader.ReadLine()!.Split(',');
        var rows = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r').Split(',')).ToList();
        var label = Array.IndexOf(header, "income");
        var columns = Enumerable.Range(0, header.Length).Where(column => !NotFeatures.Contains(header[column])).ToList();
        var features = columns.Select(column => rows.All(row => row[column].Length == 0 || double.TryParse(row[column], CultureInfo.InvariantCulture, out _))
            ? new SignatureFeature(header[column], FeatureOrigin.Online, ModelType.Double, FeatureKind.Numeric)
            : new SignatureFeature(
                header[column], FeatureOrigin.Online, ModelType.String, FeatureKind.Categorical,
                [.. rows.Select(row => row[column]).Where(value => value.Length > 0).Distinct().Order(StringComparer.Ordinal)])).ToList();

        double Encode(string[] row, int index)
        {
            var text = row[columns[index]];
            return text.Length == 0 ? double.NaN
                : features[index].Vocabulary is { } vocabulary ? vocabulary.ToList().IndexOf(text)
                : double.Parse(text, CultureInfo.InvariantCulture);
        }

        EncodedMatrix ToMatrix(List<string[]> part) => new(
            columns.Count,
            [.. part.SelectMany(row => Enumerable.Range(0, columns.Count).Select(index => Encode(row, index)))],
            [.. part.Select(row => row[label] == ">50K")]);

        var cut = rows.Count * 4 / 5;
        return (ToMatrix(rows[..cut]), ToMatrix(rows[cut..]), features);
    }
}
