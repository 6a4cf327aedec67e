using System.Collections.Frozen;

namespace CloudNativeAi.Modeling;

/// <summary>Every operator and function of the language.</summary>
internal static class ExpressionFunctions
{
    private const int ManyOperands = 32;

    public static readonly FrozenDictionary<string, ExpressionFunction> Operators = ToTable(
    [
        Strict2("+", Arithmetic.CheckAdd, Arithmetic.Add),
        Strict2("-", Arithmetic.CheckSubtract, Arithmetic.Subtract),
        Strict2("*", types => types.RequireNumbers(), Arithmetic.Multiply),
        Strict2("/", CheckToDouble, Arithmetic.Divide),
        Strict2("%", types => types.RequireNumbers(), Arithmetic.Remainder),
        Strict1("negate", types => types.Is(0, ModelType.Duration) ? types.Types[0] : types.RequireNumber(0), Arithmetic.Negate),
        Strict2("=", Comparison.CheckEquality, (left, right) => ModelValue.Of(Comparison.AreEqual(left, right))),
        Strict2("!=", Comparison.CheckEquality, (left, right) => ModelValue.Of(!Comparison.AreEqual(left, right))),
        Strict2("<", Comparison.CheckOrder, (left, right) => Comparison.Order(left, right, sign => sign < 0)),
        Strict2("<=", Comparison.CheckOrder, (left, right) => Comparison.Order(left, right, sign => sign <= 0)),
        Strict2(">", Comparison.CheckOrder, (left, right) => Comparison.Order(left, right, sign => sign > 0)),
        Strict2(">=", Comparison.CheckOrder, (left, right) => Comparison.Order(left, right, sign => sign >= 0)),
        new("and", 2, 2, CheckBools, Logic.CompileAnd),
        new("or", 2, 2, CheckBools, Logic.CompileOr),
        Strict1("not", CheckBools, value => ModelValue.Of(!value.AsBool())),
    ]);

    public static readonly FrozenDictionary<string, ExpressionFunction> Named = ToTable(
    [
        new("if", 3, 3, Logic.CheckIf, Logic.CompileIf),
        new("coalesce", 1, ManyOperands, types => types.RequireCommon(0), Logic.CompileCoalesce),
        new("is_null", 1, 1, _ => ModelType.Bool, Logic.CompileIsNull),
        Strict1("abs", types => types.RequireNumber(0), Arithmetic.Abs),
        new("min", 1, ManyOperands, types => types.RequireNumbers(), operands => Arithmetic.CompileExtreme(operands, smallest: true)),
        new("max", 1, ManyOperands, types => types.RequireNumbers(), operands => Arithmetic.CompileExtreme(operands, smallest: false)),
        Strict1("log1p", CheckToDouble, value => ModelValue.Finite(Arithmetic.Log1p(value.AsNumber()))),
        Strict1("sqrt", CheckToDouble, value => ModelValue.Finite(Math.Sqrt(value.AsNumber()))),
        Strict1("floor", types => types.RequireNumber(0), value => Arithmetic.Whole(value, Math.Floor)),
        Strict1("round", types => types.RequireNumber(0), value => Arithmetic.Whole(value, number => Math.Round(number, MidpointRounding.AwayFromZero))),
        new("concat", 1, ManyOperands, Texts.CheckConcat, Texts.CompileConcat),
        Strict1("lower", types => types.Require(0, ModelType.String), value => ModelValue.Of(value.AsString().ToLowerInvariant())),
        Strict1("minutes", CheckToDuration, value => Instants.ToDuration(value, Instants.MicrosPerMinute)),
        Strict1("hours", CheckToDuration, value => Instants.ToDuration(value, Instants.MicrosPerHour)),
        Strict1("days", CheckToDuration, value => Instants.ToDuration(value, Instants.MicrosPerDay)),
        Strict2("minutes_between", Instants.CheckBetween, (from, to) => Instants.Between(from, to, Instants.MicrosPerMinute)),
        Strict2("hours_between", Instants.CheckBetween, (from, to) => Instants.Between(from, to, Instants.MicrosPerHour)),
        Instants.CalendarPart("hour", local => local.Hour),
        Instants.CalendarPart("minute_of_day", local => (60 * local.Hour) + local.Minute),
        // ISO 8601: Monday is 1, Sunday is 7.
        Instants.CalendarPart("day_of_week", local => local.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)local.DayOfWeek),
        Instants.CalendarPart("day_of_year", local => local.DayOfYear),
        Instants.CalendarPart("month", local => local.Month),
    ]);

    private static ModelType? CheckToDouble(OperandTypes types)
    {
        types.RequireNumbers();
        return ModelType.Double;
    }

    private static ModelType? CheckToDuration(OperandTypes types)
    {
        types.RequireNumber(0);
        return ModelType.Duration;
    }

    private static ModelType? CheckBools(OperandTypes types)
    {
        for (var index = 0; index < types.Count; index++)
        {
            types.Require(index, ModelType.Bool);
        }

        return ModelType.Bool;
    }

    private static ExpressionFunction Strict1(string name, Func<OperandTypes, ModelType?> check, Func<ModelValue, ModelValue> apply) =>
        new(name, 1, 1, check, operands =>
        {
            var operand = operands[0].Compile();
            return fields =>
            {
                var value = operand(fields);
                return value.IsNull ? default : apply(value);
            };
        });

    private static ExpressionFunction Strict2(string name, Func<OperandTypes, ModelType?> check, Func<ModelValue, ModelValue, ModelValue> apply) =>
        new(name, 2, 2, check, operands =>
        {
            var left = operands[0].Compile();
            var right = operands[1].Compile();
            return fields =>
            {
                var leftValue = left(fields);
                if (leftValue.IsNull)
                {
                    return default;
                }

                var rightValue = right(fields);
                return rightValue.IsNull ? default : apply(leftValue, rightValue);
            };
        });

    private static FrozenDictionary<string, ExpressionFunction> ToTable(ExpressionFunction[] functions) =>
        functions.ToFrozenDictionary(function => function.Name, StringComparer.Ordinal);
}
