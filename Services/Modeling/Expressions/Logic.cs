namespace CloudNativeAi.Modeling;

/// <summary>Three-valued logic: false and null is false, true or null is true, a null condition gives null.</summary>
internal static class Logic
{
    public static ModelType? CheckIf(OperandTypes types)
    {
        types.Require(0, ModelType.Bool);
        return types.RequireCommon(1);
    }

    public static Evaluator CompileIf(IReadOnlyList<ExpressionNode> operands)
    {
        var condition = operands[0].Compile();
        var whenTrue = operands[1].Compile();
        var whenFalse = operands[2].Compile();
        return fields =>
        {
            var value = condition(fields);
            return value.IsNull ? default : value.AsBool() ? whenTrue(fields) : whenFalse(fields);
        };
    }

    public static Evaluator CompileCoalesce(IReadOnlyList<ExpressionNode> operands)
    {
        var evaluators = operands.Select(operand => operand.Compile()).ToArray();
        return fields =>
        {
            foreach (var evaluator in evaluators)
            {
                var value = evaluator(fields);
                if (!value.IsNull)
                {
                    return value;
                }
            }

            return default;
        };
    }

    public static Evaluator CompileIsNull(IReadOnlyList<ExpressionNode> operands)
    {
        var operand = operands[0].Compile();
        return fields => ModelValue.Of(operand(fields).IsNull);
    }

    public static Evaluator CompileAnd(IReadOnlyList<ExpressionNode> operands) => Compile(operands, decides: false);

    public static Evaluator CompileOr(IReadOnlyList<ExpressionNode> operands) => Compile(operands, decides: true);

    private static Evaluator Compile(IReadOnlyList<ExpressionNode> operands, bool decides)
    {
        var left = operands[0].Compile();
        var right = operands[1].Compile();
        return fields =>
        {
            var leftValue = left(fields);
            if (!leftValue.IsNull && leftValue.AsBool() == decides)
            {
                return leftValue;
            }

            var rightValue = right(fields);
            return !rightValue.IsNull && rightValue.AsBool() == decides ? rightValue
                : leftValue.IsNull ? leftValue
                : rightValue;
        };
    }
}
