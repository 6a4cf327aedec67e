namespace CloudNativeAi.Modeling;

/// <summary>int64 stays int64 except in a division; what overflows or is not finite is null.</summary>
internal static class Arithmetic
{
    public static ModelType? CheckAdd(OperandTypes types)
    {
        if (types.IsNumber(0) && types.IsNumber(1))
        {
            return types.RequireNumbers();
        }

        if (types.Types[0] == ModelType.Duration)
        {
            return types.Types[1] is ModelType.Timestamp ? ModelType.Timestamp : types.Require(1, ModelType.Duration) ?? ModelType.Duration;
        }

        if (types.Types[0] == ModelType.Timestamp)
        {
            types.Require(1, ModelType.Duration);
            return ModelType.Timestamp;
        }

        return types.Types[0] is null && types.Types[1] is ModelType.Timestamp or ModelType.Duration
            ? types.Types[1]
            : throw types.Wrong(types.IsNumber(0) ? 1 : 0, "a number, a duration or a timestamp that fits the other operand");
    }

    public static ModelType? CheckSubtract(OperandTypes types)
    {
        if (types.IsNumber(0) && types.IsNumber(1))
        {
            return types.RequireNumbers();
        }

        return (types.Types[0], types.Types[1]) switch
        {
            (ModelType.Timestamp, ModelType.Duration or null) => ModelType.Timestamp,
            (ModelType.Timestamp or null, ModelType.Timestamp) => ModelType.Duration,
            (ModelType.Duration or null, ModelType.Duration) or (ModelType.Duration, null) => ModelType.Duration,
            _ => throw types.Wrong(types.IsNumber(0) ? 1 : 0, "a number, a duration or a timestamp that fits the other operand"),
        };
    }

    public static ModelValue Add(ModelValue left, ModelValue right)
    {
        if (BothInt64(left, right))
        {
            var (a, b) = (left.AsInt64(), right.AsInt64());
            var sum = unchecked(a + b);
            return ((a ^ sum) & (b ^ sum)) < 0 ? default : ModelValue.Of(sum);
        }

        return (left.Type, right.Type) switch
        {
            (ModelType.Timestamp, ModelType.Duration) => Shift(left.AsTimestamp(), right.AsDuration()),
            (ModelType.Duration, ModelType.Timestamp) => Shift(right.AsTimestamp(), left.AsDuration()),
            (ModelType.Duration, ModelType.Duration) => ToDuration((Int128)left.AsDuration() + right.AsDuration()),
            _ => ModelValue.Finite(left.AsNumber() + right.AsNumber()),
        };
    }

    public static ModelValue Subtract(ModelValue left, ModelValue right)
    {
        if (BothInt64(left, right))
        {
            var (a, b) = (left.AsInt64(), right.AsInt64());
            var difference = unchecked(a - b);
            return ((a ^ b) & (a ^ difference)) < 0 ? default : ModelValue.Of(difference);
        }

        return (left.Type, right.Type) switch
        {
            (ModelType.Timestamp, ModelType.Duration) => Shift(left.AsTimestamp(), -(Int128)right.AsDuration()),
            (ModelType.Timestamp, ModelType.Timestamp) => ToDuration((Int128)left.AsTimestamp() - right.AsTimestamp()),
            (ModelType.Duration, ModelType.Duration) => ToDuration((Int128)left.AsDuration() - right.AsDuration()),
            _ => ModelValue.Finite(left.AsNumber() - right.AsNumber()),
        };
    }

    public static ModelValue Multiply(ModelValue left, ModelValue right) => BothInt64(left, right)
        ? ToInt64((Int128)left.AsInt64() * right.AsInt64())
        : ModelValue.Finite(left.AsNumber() * right.AsNumber());

    public static ModelValue Divide(ModelValue left, ModelValue right) => ModelValue.Finite(left.AsNumber() / right.AsNumber());

    // The sign of the dividend, as in SQL and C#.
    public static ModelValue Remainder(ModelValue left, ModelValue right)
    {
        if (!BothInt64(left, right))
        {
            return ModelValue.Finite(left.AsNumber() % right.AsNumber());
        }

        return right.AsInt64() switch
        {
            0 => default,
            -1 => ModelValue.Of(0L),
            var divisor => ModelValue.Of(left.AsInt64() % divisor),
        };
    }

    public static ModelValue Negate(ModelValue value) => value.Type switch
    {
        ModelType.Int64 => ToInt64(-(Int128)value.AsInt64()),
        ModelType.Duration => ToDuration(-(Int128)value.AsDuration()),
        _ => ModelValue.Finite(-value.AsNumber()),
    };

    public static ModelValue Abs(ModelValue value) => value.Type == ModelType.Int64
        ? ToInt64(Int128.Abs(value.AsInt64()))
        : ModelValue.Finite(Math.Abs(value.AsNumber()));

    public static ModelValue Whole(ModelValue value, Func<double, double> toWhole) =>
        value.Type == ModelType.Int64 ? value : ModelValue.Finite(toWhole(value.AsNumber()));

    /// <summary>ln(1 + x), exact near zero as well.</summary>
    public static double Log1p(double x)
    {
        var shifted = 1 + x;
        return shifted == 1 ? x : Math.Log(shifted) * (x / (shifted - 1));
    }

    public static Evaluator CompileExtreme(IReadOnlyList<ExpressionNode> operands, bool smallest)
    {
        var evaluators = operands.Select(operand => operand.Compile()).ToArray();
        return fields =>
        {
            var best = evaluators[0](fields);
            for (var index = 1; index < evaluators.Length && !best.IsNull; index++)
            {
                var value = evaluators[index](fields);
                best = value.IsNull ? value : Better(best, value, smallest);
            }

            return best.IsNull || best.Type == ModelType.Int64 ? best : ModelValue.Finite(best.AsNumber());
        };
    }

    private static ModelValue Better(ModelValue left, ModelValue right, bool smallest)
    {
        if (BothInt64(left, right))
        {
            return left.AsInt64() < right.AsInt64() == smallest ? left : right;
        }

        var (a, b) = (left.AsNumber(), right.AsNumber());
        return ModelValue.Of(smallest ? Math.Min(a, b) : Math.Max(a, b));
    }

    internal static ModelValue ToDuration(Int128 microseconds) =>
        microseconds >= long.MinValue && microseconds <= long.MaxValue ? ModelValue.Duration((long)microseconds) : default;

    private static ModelValue ToInt64(Int128 value) =>
        value >= long.MinValue && value <= long.MaxValue ? ModelValue.Of((long)value) : default;

    private static ModelValue Shift(long timestamp, Int128 duration)
    {
        var shifted = timestamp + duration;
        return shifted >= long.MinValue && shifted <= long.MaxValue ? ModelValue.Timestamp((long)shifted) : default;
    }

    private static bool BothInt64(ModelValue left, ModelValue right) => left.Type == ModelType.Int64 && right.Type == ModelType.Int64;
}
