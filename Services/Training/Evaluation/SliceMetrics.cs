using CloudNativeAi.Modeling;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Evaluation;

/// <summary>Quality on the rows where a categorical feature has one value.</summary>
internal sealed record SliceMetrics(string Feature, string Value, ClassificationMetrics Metrics)
{
    private const int ValuesPerFeature = 12;
    private const int MinRows = 50;

    /// <summary>The most frequent values of each categorical feature, where they have rows enough to say something.</summary>
    public static List<SliceMetrics> Of(double[] scores, ModelSignature signature, EncodedMatrix validation)
    {
        var slices = new List<SliceMetrics>();
        for (var column = 0; column < signature.Features.Count; column++)
        {
            if (signature.Features[column].Vocabulary is not { } vocabulary)
            {
                continue;
            }

            var rows = new List<int>[vocabulary.Count];
            for (var row = 0; row < validation.Rows; row++)
            {
                if (validation.Row(row)[column] is var value && !double.IsNaN(value))
                {
                    (rows[(int)value] ??= []).Add(row);
                }
            }

            slices.AddRange(rows.Index()
                .Where(slice => slice.Item is { Count: >= MinRows })
                .OrderByDescending(slice => slice.Item.Count).ThenBy(slice => slice.Index)
                .Take(ValuesPerFeature)
                .Select(slice => new SliceMetrics(
                    signature.Features[column].Name,
                    vocabulary[slice.Index],
                    ClassificationMetrics.Compute(
                        slice.Item.Select(row => scores[row]).ToArray(), slice.Item.Select(row => validation.Labels[row]).ToArray(), signature.Threshold))));
        }

        return slices;
    }
}
