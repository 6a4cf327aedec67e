namespace CloudNativeAi.Modeling;

internal delegate ModelValue Evaluator(ReadOnlySpan<ModelValue> fields);

/// <summary>Parsed text; compiled once to nested delegates, which is what makes repeated evaluation cheap.</summary>
internal abstract class ExpressionNode(int position, int height)
{
    public int Position { get; } = position;

    public int Height { get; } = height;

    /// <summary>Null is the type of the literal null: it fits everywhere.</summary>
    public abstract ModelType? Check(IReadOnlyDictionary<string, ModelType> fields);

    public abstract Evaluator Compile();
}

internal sealed class LiteralNode(int position, ModelValue value) : ExpressionNode(position, 1)
{
    public ModelValue Value { get; } = value;

    public override ModelType? Check(IReadOnlyDictionary<string, ModelType> fields) => Value.IsNull ? null : Value.Type;

    public override Evaluator Compile()
    {
        var value = Value;
        return _ => value;
    }
}

internal sealed class FieldNode(int position, string name, int index) : ExpressionNode(position, 1)
{
    public override ModelType? Check(IReadOnlyDictionary<string, ModelType> fields) =>
        fields.TryGetValue(name, out var type) ? type : throw new ExpressionException($"there is no field '{name}'", Position);

    public override Evaluator Compile()
    {
        var field = index;
        return fields => fields[field];
    }
}

internal sealed class CallNode(int position, ExpressionFunction function, IReadOnlyList<ExpressionNode> arguments)
    : ExpressionNode(position, 1 + arguments.Max(argument => argument.Height))
{
    public override ModelType? Check(IReadOnlyDictionary<string, ModelType> fields)
    {
        var types = new ModelType?[arguments.Count];
        for (var index = 0; index < types.Length; index++)
        {
            types[index] = arguments[index].Check(fields);
        }

        return function.Check(new OperandTypes(function.Name, types, arguments, Position));
    }

    public override Evaluator Compile() => function.Compile(arguments);
}
