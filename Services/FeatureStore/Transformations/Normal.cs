namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>One form for doubles that mean the same: -0.0 becomes +0.0 and every NaN the same NaN; else min, max and last would depend on order.</summary>
internal static class Normal
{
    public static double Of(double value) => value == 0 ? 0.0 : double.IsNaN(value) ? double.NaN : value;
}
