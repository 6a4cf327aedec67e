namespace CloudNativeAi.Modeling;

/// <summary>
/// A request-time feature or a label, such as <c>hour(sched_dep_utc, 'America/Los_Angeles')</c>. The language is described in
/// Services/Modeling/README.md. Immutable and safe for concurrent use; a null operand gives null.
/// </summary>
public sealed class Expression
{
    /// <summary>Longest text, characters.</summary>
    public const int MaxLength = 4_096;

    /// <summary>Greatest nesting of operators and calls.</summary>
    public const int MaxDepth = 100;

    // Enough for any sensible expression, and small enough for the stack.
    private const int StackFields = 16;

    private readonly ExpressionNode _root;
    private readonly Evaluator _evaluate;

    private Expression(string text, ExpressionNode root, IReadOnlyList<string> fields)
    {
        Text = text;
        Fields = fields;
        _root = root;
        _evaluate = root.Compile();
    }

    public string Text { get; }

    /// <summary>The names used, in order of first use; each once.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <exception cref="ExpressionException">The text is not an expression; says where, and what was expected.</exception>
    public static Expression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
        {
            throw new ExpressionException($"an expression has at most {MaxLength} characters, this one has {text.Length}", MaxLength);
        }

        var parser = new ExpressionParser(text);
        var root = parser.ParseAll();
        return new Expression(text, root, parser.Fields);
    }

    /// <summary>The type of the result when fields have these types.</summary>
    /// <exception cref="ExpressionException">A name is unknown or an operand has the wrong type; says where.</exception>
    public ModelType Check(IReadOnlyDictionary<string, ModelType> fieldTypes) => _root.Check(fieldTypes) switch
    {
        null => throw new ExpressionException("the expression is always null", 0),
        ModelType.Duration => throw new ExpressionException("the result is a duration; divide it with minutes_between or hours_between, or add it to a timestamp", 0),
        { } type => type,
    };

    /// <summary>Values in the order of <see cref="Fields"/>.</summary>
    /// <exception cref="ExpressionException">A value has a type that the operator does not take.</exception>
    public ModelValue Evaluate(ReadOnlySpan<ModelValue> fieldValues) => _evaluate(fieldValues);

    public ModelValue Evaluate(Func<string, ModelValue> field)
    {
        ArgumentNullException.ThrowIfNull(field);
        var values = Fields.Count <= StackFields ? new InlineFields() : default;
        Span<ModelValue> span = Fields.Count <= StackFields ? values : new ModelValue[Fields.Count];
        for (var index = 0; index < Fields.Count; index++)
        {
            span[index] = field(Fields[index]);
        }

        return _evaluate(span);
    }

    public override string ToString() => Text;

    [System.Runtime.CompilerServices.InlineArray(StackFields)]
    private struct InlineFields
    {
        private ModelValue _first;
    }
}
