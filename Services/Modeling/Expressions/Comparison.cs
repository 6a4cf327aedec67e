namespace CloudNativeAi.Modeling;

/// <summary>Numbers by value, strings by code unit, false before true, instants and durations by time.</summary>
internal static class Comparison
{
    public static ModelType? CheckEquality(OperandTypes types)
    {
        types.RequireCommon(0);
        return ModelType.Bool;
    }

    public static ModelType? CheckOrder(OperandTypes types)
    {
        types.RequireCommon(0);
        return ModelType.Bool;
    }

    public static bool AreEqual(ModelValue left, ModelValue right) => Compare(left, right) == 0;

    public static ModelValue Order(ModelValue left, ModelValue right, Func<int, bool> accepts) =>
        Compare(left, right) is { } sign ? ModelValue.Of(accepts(sign)) : ModelValue.False;

    // Null: not comparable, because one is NaN.
    private static int? Compare(ModelValue left, ModelValue right)
    {
        if (left.Type == right.Type)
        {
            return left.Type switch
            {
                ModelType.String => string.CompareOrdinal(left.AsString(), right.AsString()),
                ModelType.Int64 => left.AsInt64().CompareTo(right.AsInt64()),
                ModelType.Bool => left.AsBool().CompareTo(right.AsBool()),
                ModelType.Timestamp => left.AsTimestamp().CompareTo(right.AsTimestamp()),
                ModelType.Duration => left.AsDuration().CompareTo(right.AsDuration()),
                _ => CompareNumbers(left.AsNumber(), right.AsNumber()),
            };
        }

        return CompareNumbers(left.AsNumber(), right.AsNumber());
    }

    private static int? CompareNumbers(double left, double right) =>
        double.IsNaN(left) || double.IsNaN(right) ? null : left.CompareTo(right);
}
