namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>[StartMicros, EndMicros) of the prediction timestamp.</summary>
internal readonly record struct Window(long StartMicros, long EndMicros)
{
    /// <summary>Stands for "the newest predictions" where figures are stored.</summary>
    public static readonly Window Live = new(-1, -1);

    public static Window Of(long micros, TimeSpan width)
    {
        var start = Micros.Floor(micros, Micros.From(width));
        return new Window(start, start + Micros.From(width));
    }

    public override string ToString() =>
        $"{Micros.ToInstant(StartMicros):yyyy-MM-ddTHH:mmZ} to {Micros.ToInstant(EndMicros):yyyy-MM-ddTHH:mmZ}";
}
