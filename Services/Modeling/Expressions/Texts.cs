namespace CloudNativeAi.Modeling;

internal static class Texts
{
    public static ModelType? CheckConcat(OperandTypes types)
    {
        for (var index = 0; index < types.Count; index++)
        {
            if (types.Types[index] is ModelType.Timestamp or ModelType.Duration)
            {
                throw types.Wrong(index, "a string, a number or a bool");
            }
        }

        return ModelType.String;
    }

    public static Evaluator CompileConcat(IReadOnlyList<ExpressionNode> operands)
    {
        var evaluators = operands.Select(operand => operand.Compile()).ToArray();
        return fields =>
        {
            var parts = new string[evaluators.Length];
            for (var index = 0; index < parts.Length; index++)
            {
                var value = evaluators[index](fields);
                if (value.IsNull)
                {
                    return default;
                }

                parts[index] = value.ToString();
            }

            return ModelValue.Of(string.Concat(parts));
        };
    }
}
