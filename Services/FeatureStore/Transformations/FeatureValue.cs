namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>
/// One feature's value at one instant. <see cref="Double"/> is filled for doubles, <see cref="Text"/> for strings,
/// <see cref="Int64"/> for int64, bool (0 or 1) and timestamp (microseconds).
/// </summary>
/// <param name="EventTimestampMicros">Newest event in the value; 0 where there is none.</param>
internal readonly record struct FeatureValue(
    FeatureStatus Status, ValueType Type, double Double, long Int64, string? Text, long EventTimestampMicros)
{
    /// <summary>True when the value is there: present, or present but older than the view's time to live.</summary>
    public bool HasValue => Status is FeatureStatus.Present or FeatureStatus.OutsideMaxAge;

    public static FeatureValue NotFound(ValueType type) => new(FeatureStatus.NotFound, type, double.NaN, 0, null, 0);

    /// <summary>Not answerable: what was known at that instant has been trimmed away.</summary>
    public static FeatureValue Invalid(ValueType type) => new(FeatureStatus.Invalid, type, double.NaN, 0, null, 0);

    public static FeatureValue Null(ValueType type, long eventTimestampMicros) =>
        new(FeatureStatus.NullValue, type, double.NaN, 0, null, eventTimestampMicros);

    public static FeatureValue OfDouble(double value, long eventTimestampMicros) =>
        new(FeatureStatus.Present, ValueType.Double, value, 0, null, eventTimestampMicros);

    public static FeatureValue OfInt64(ValueType type, long value, long eventTimestampMicros) =>
        new(FeatureStatus.Present, type, 0, value, null, eventTimestampMicros);

    public static FeatureValue OfText(string value, long eventTimestampMicros) =>
        new(FeatureStatus.Present, ValueType.String, 0, 0, value, eventTimestampMicros);

    /// <summary>The same value, marked when its newest event is older than the time to live at <paramref name="asOfMicros"/>.</summary>
    public FeatureValue WithTtl(long ttlMicros, long asOfMicros) =>
        ttlMicros > 0 && Status == FeatureStatus.Present && EventTimestampMicros < asOfMicros - ttlMicros
            ? this with { Status = FeatureStatus.OutsideMaxAge }
            : this;
}
