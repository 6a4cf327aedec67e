namespace CloudNativeAi.Modeling;

/// <summary>A function or an operator: how many operands, of which types, and what it does.</summary>
internal sealed record ExpressionFunction(
    string Name, int MinOperands, int MaxOperands, Func<OperandTypes, ModelType?> Check, Func<IReadOnlyList<ExpressionNode>, Evaluator> Compile);

/// <summary>The operand types of one call, with the complaints about them. A null type is the literal null.</summary>
internal readonly record struct OperandTypes(string Name, ModelType?[] Types, IReadOnlyList<ExpressionNode> Operands, int Position)
{
    public int Count => Types.Length;

    public bool IsNumber(int index) => Types[index] is null or ModelType.Int64 or ModelType.Double;

    public bool Is(int index, ModelType type) => Types[index] is null || Types[index] == type;

    public ModelType? Require(int index, ModelType type) => Is(index, type) ? Types[index] : throw Wrong(index, $"a {type.ToName()}");

    public ModelType? RequireNumber(int index) => IsNumber(index) ? Types[index] : throw Wrong(index, "a number");

    /// <summary>int64 when all are int64, double when one is a double.</summary>
    public ModelType? RequireNumbers()
    {
        ModelType? result = null;
        for (var index = 0; index < Count; index++)
        {
            result = RequireNumber(index) switch
            {
                null => result,
                ModelType.Double => ModelType.Double,
                _ => result ?? ModelType.Int64,
            };
        }

        return result;
    }

    /// <summary>The type that all operands from an index on have; int64 and double meet in double.</summary>
    public ModelType? RequireCommon(int from)
    {
        ModelType? result = null;
        for (var index = from; index < Count; index++)
        {
            var type = Types[index];
            if (type is null || type == result)
            {
                continue;
            }

            var bothNumbers = IsNumber(index) && result is ModelType.Int64 or ModelType.Double;
            result = result is null ? type
                : IsNumber(index) && bothNumbers ? ModelType.Double
                : throw Wrong(index, $"a {result.Value.ToName()}, like the operand before it,");
        }

        return result;
    }

    public ExpressionException Wrong(int index, string expected) => new(
        $"operand {index + 1} of {Name} must be {expected} but is a {Types[index]?.ToName() ?? "null"}", Operands[index].Position);
}
