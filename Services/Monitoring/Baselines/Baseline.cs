namespace CloudNativeAi.Monitoring.Baselines;

/// <summary>
/// What a model version's features and score looked like in training. A histogram over it is one array of counts: each column's
/// bins, followed by its count of missing values; features in the signature's order, then the score.
/// </summary>
internal sealed class Baseline
{
    private readonly int[] _offsets;

    public Baseline(IReadOnlyList<BaselineColumn> features, BaselineColumn score)
    {
        Columns = [.. features, score];
        FeatureCount = features.Count;
        _offsets = new int[Columns.Count + 1];
        for (var column = 0; column < Columns.Count; column++)
        {
            _offsets[column + 1] = _offsets[column] + Columns[column].Bins + 1;
        }
    }

    /// <summary>The features, then the score.</summary>
    public IReadOnlyList<BaselineColumn> Columns { get; }

    public int FeatureCount { get; }

    public int HistogramLength => _offsets[^1];

    public void Count(Span<long> histogram, int column, double value) =>
        histogram[_offsets[column] + (Columns[column].BinOf(value) ?? Columns[column].Bins)]++;

    public ReadOnlySpan<long> Bins(ReadOnlySpan<long> histogram, int column) =>
        histogram.Slice(_offsets[column], Columns[column].Bins);

    public long Missing(ReadOnlySpan<long> histogram, int column) => histogram[_offsets[column + 1] - 1];
}
