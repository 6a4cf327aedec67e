namespace CloudNativeAi.Modeling;

/// <summary>
/// Precedence climbing, from loose to tight: or; and; not; comparison (does not chain); + -; * / %; unary minus; literals, names, calls.
/// </summary>
internal sealed class ExpressionParser
{
    private readonly List<ExpressionToken> _tokens;
    private readonly List<string> _fields = [];
    private int _next;
    private int _depth;

    public ExpressionParser(string text) => _tokens = ExpressionTokenizer.Tokenize(text);

    public IReadOnlyList<string> Fields => _fields;

    private ExpressionToken Current => _tokens[_next];

    public ExpressionNode ParseAll()
    {
        var node = ParseOr();
        return Current.Kind == TokenKind.End ? node : throw Unexpected("an operator or the end");
    }

    private ExpressionNode ParseOr()
    {
        // Every nesting passes here: parentheses, arguments.
        if (++_depth > Expression.MaxDepth)
        {
            throw TooDeep();
        }

        var left = ParseAnd();
        while (TakeWord("or", out var position))
        {
            left = Call(position, "or", left, ParseAnd());
        }

        _depth--;
        return left;
    }

    private ExpressionNode ParseAnd()
    {
        var left = ParseNot();
        while (TakeWord("and", out var position))
        {
            left = Call(position, "and", left, ParseNot());
        }

        return left;
    }

    private ExpressionNode ParseNot()
    {
        var positions = new Stack<int>();
        while (TakeWord("not", out var position))
        {
            positions.Push(position);
        }

        var node = ParseComparison();
        while (positions.TryPop(out var position))
        {
            node = Call(position, "not", node);
        }

        return node;
    }

    private ExpressionNode ParseComparison()
    {
        var left = ParseSum();
        if (!TakeSymbol(["=", "==", "!=", "<>", "<", "<=", ">", ">="], out var symbol, out var position))
        {
            return left;
        }

        var name = symbol switch { "==" => "=", "<>" => "!=", _ => symbol };
        return Call(position, name, left, ParseSum());
    }

    private ExpressionNode ParseSum()
    {
        var left = ParseProduct();
        while (TakeSymbol(["+", "-"], out var symbol, out var position))
        {
            left = Call(position, symbol, left, ParseProduct());
        }

        return left;
    }

    private ExpressionNode ParseProduct()
    {
        var left = ParseUnary();
        while (TakeSymbol(["*", "/", "%"], out var symbol, out var position))
        {
            left = Call(position, symbol, left, ParseUnary());
        }

        return left;
    }

    private ExpressionNode ParseUnary()
    {
        var positions = new Stack<int>();
        while (TakeSymbol(["-"], out _, out var position))
        {
            positions.Push(position);
        }

        var node = ParsePrimary();
        while (positions.TryPop(out var position))
        {
            node = Call(position, "negate", node);
        }

        return node;
    }

    private ExpressionNode ParsePrimary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Literal:
                _next++;
                return new LiteralNode(token.Position, token.Value);

            case TokenKind.QuotedName:
                _next++;
                return Field(token);

            case TokenKind.Name when _tokens[_next + 1] is { Kind: TokenKind.Symbol, Text: "(" }:
                return ParseCall(token);

            case TokenKind.Name when token.Text is not ("and" or "or" or "not"):
                _next++;
                return token.Text switch
                {
                    "true" => new LiteralNode(token.Position, ModelValue.True),
                    "false" => new LiteralNode(token.Position, ModelValue.False),
                    "null" => new LiteralNode(token.Position, ModelValue.Null),
                    _ => Field(token),
                };

            case TokenKind.Symbol when token.Text == "(":
                _next++;
                var inner = ParseOr();
                Expect(")");
                return inner;

            default:
                throw Unexpected("a number, a string, a name or '('");
        }
    }

    private CallNode ParseCall(ExpressionToken name)
    {
        if (!ExpressionFunctions.Named.TryGetValue(name.Text, out var function))
        {
            throw new ExpressionException(
                $"there is no function '{name.Text}'; there are {string.Join(", ", ExpressionFunctions.Named.Keys.Order(StringComparer.Ordinal))}", name.Position);
        }

        _next += 2;
        var arguments = new List<ExpressionNode>();
        if (Current is not { Kind: TokenKind.Symbol, Text: ")" })
        {
            do
            {
                arguments.Add(ParseOr());
            }
            while (TakeSymbol([","], out _, out _));
        }

        Expect(")");
        return Call(name.Position, function, arguments);
    }

    private FieldNode Field(ExpressionToken token)
    {
        var index = _fields.IndexOf(token.Text);
        if (index < 0)
        {
            index = _fields.Count;
            _fields.Add(token.Text);
        }

        return new FieldNode(token.Position, token.Text, index);
    }

    private static CallNode Call(int position, string operatorName, params ExpressionNode[] operands) =>
        Call(position, ExpressionFunctions.Operators[operatorName], operands);

    private static CallNode Call(int position, ExpressionFunction function, IReadOnlyList<ExpressionNode> operands)
    {
        if (operands.Count < function.MinOperands || operands.Count > function.MaxOperands)
        {
            var expected = function.MinOperands == function.MaxOperands
                ? $"{function.MinOperands}"
                : $"{function.MinOperands} to {function.MaxOperands}";
            throw new ExpressionException($"{function.Name} takes {expected} operands, not {operands.Count}", position);
        }

        var node = new CallNode(position, function, operands);
        return node.Height <= Expression.MaxDepth ? node : throw TooDeep(position);
    }

    private void Expect(string symbol)
    {
        if (!TakeSymbol([symbol], out _, out _))
        {
            throw Unexpected($"'{symbol}'");
        }
    }

    private bool TakeWord(string word, out int position)
    {
        position = Current.Position;
        if (Current.Kind != TokenKind.Name || Current.Text != word)
        {
            return false;
        }

        _next++;
        return true;
    }

    private bool TakeSymbol(ReadOnlySpan<string> symbols, out string symbol, out int position)
    {
        position = Current.Position;
        symbol = Current.Text;
        if (Current.Kind != TokenKind.Symbol || !symbols.Contains(symbol))
        {
            return false;
        }

        _next++;
        return true;
    }

    private ExpressionException TooDeep() => TooDeep(Current.Position);

    private static ExpressionException TooDeep(int position) => new($"more than {Expression.MaxDepth} levels of nesting", position);

    private ExpressionException Unexpected(string expected) => new(
        $"{expected} was expected, found {(Current.Kind == TokenKind.End ? "the end" : $"'{Current.Text}'")}", Current.Position);
}
