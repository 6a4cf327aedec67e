namespace CloudNativeAi.Web.Components.Charts;

/// <summary>Counts side by side; js/charts.js draws them.</summary>
/// <param name="Marks">Lines at bars.</param>
/// <param name="Unit">What is counted.</param>
public sealed record BarSpec(IReadOnlyList<Bar> Bars, IReadOnlyList<BarMark> Marks, string Unit)
{
    public long Total => Bars.Sum(bar => bar.Count);

    public bool Equals(BarSpec? other) =>
        other is not null && Unit == other.Unit && Bars.SequenceEqual(other.Bars) && Marks.SequenceEqual(other.Marks);

    public override int GetHashCode() => HashCode.Combine(Unit, Bars.Count, Total);
}

public sealed record Bar(string Label, long Count);

/// <param name="Bar">Its index.</param>
public sealed record BarMark(int Bar, string Name);
