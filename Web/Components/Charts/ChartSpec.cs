namespace CloudNativeAi.Web.Components.Charts;

/// <summary>How a chart over time looks; js/charts.js reads it. Colours go by position: the first series is the champion's.</summary>
public sealed record ChartSpec
{
    public required IReadOnlyList<ChartSeries> Series { get; init; }

    /// <summary>Of the axis and the tooltip; empty for shares and indices.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Fixed decimals instead of three significant digits.</summary>
    public int? Decimals { get; init; }

    public double? Min { get; init; }
    public double? Max { get; init; }
    public bool FromZero { get; init; } = true;
    public bool Markers { get; init; }
    public IReadOnlyList<ChartThreshold> Thresholds { get; init; } = [];

    /// <summary>Points kept in the browser.</summary>
    public int Capacity { get; init; } = 300;

    /// <summary>Charts of one group show the same instant under the pointer.</summary>
    public string? Group { get; init; }
}

public sealed record ChartSeries(string Name, bool Dashed = false);

/// <param name="Level">"good", "warning" or "bad".</param>
public sealed record ChartThreshold(double Value, string Name, string Level);

/// <summary>One instant, milliseconds since the epoch, with one value per series; null is a gap.</summary>
public sealed record ChartPoint(long UnixMilliseconds, params double?[] Values)
{
    /// <summary>As the browser wants it: the instant, then the values.</summary>
    public double?[] ToRow() => [UnixMilliseconds, .. Values.Select(value => value is { } number && double.IsFinite(number) ? value : null)];
}

/// <summary>Drift of features (rows, worst first) over windows (columns).</summary>
/// <param name="Cells">Column, row, value; a missing cell is "no data".</param>
public sealed record HeatSpec(
    IReadOnlyList<string> Rows, IReadOnlyList<string> Columns, IReadOnlyList<double[]> Cells, IReadOnlyList<double> Thresholds);
