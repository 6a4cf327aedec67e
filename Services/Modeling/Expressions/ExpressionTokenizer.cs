using System.Globalization;
using System.Text;

namespace CloudNativeAi.Modeling;

internal enum TokenKind
{
    Literal,
    Name,
    QuotedName,
    Symbol,
    End,
}

internal readonly record struct ExpressionToken(TokenKind Kind, int Position, string Text, ModelValue Value);

internal static class ExpressionTokenizer
{
    private static readonly string[] Symbols = ["==", "!=", "<>", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ","];

    public static List<ExpressionToken> Tokenize(string text)
    {
        var tokens = new List<ExpressionToken>();
        var position = 0;
        while (true)
        {
            while (position < text.Length && char.IsWhiteSpace(text[position]))
            {
                position++;
            }

            if (position == text.Length)
            {
                tokens.Add(new ExpressionToken(TokenKind.End, position, "", default));
                return tokens;
            }

            var token = ReadToken(text, position, out var end);
            tokens.Add(token);
            position = end;
        }
    }

    private static ExpressionToken ReadToken(string text, int start, out int end)
    {
        var first = text[start];
        if (char.IsAsciiDigit(first) || (first == '.' && start + 1 < text.Length && char.IsAsciiDigit(text[start + 1])))
        {
            return ReadNumber(text, start, out end);
        }

        if (char.IsAsciiLetter(first) || first == '_')
        {
            end = start;
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            {
                end++;
            }

            return new ExpressionToken(TokenKind.Name, start, text[start..end], default);
        }

        switch (first)
        {
            case '\'':
                var value = ReadQuoted(text, start, '\'', out end);
                return new ExpressionToken(TokenKind.Literal, start, text[start..end], ModelValue.Of(value));

            case '`':
                var name = ReadQuoted(text, start, '`', out end);
                return name.Length > 0
                    ? new ExpressionToken(TokenKind.QuotedName, start, name, default)
                    : throw new ExpressionException("a name between the backticks was expected", start);

            default:
                foreach (var symbol in Symbols)
                {
                    if (string.CompareOrdinal(text, start, symbol, 0, symbol.Length) == 0)
                    {
                        end = start + symbol.Length;
                        return new ExpressionToken(TokenKind.Symbol, start, symbol, default);
                    }
                }

                throw new ExpressionException($"'{first}' is not part of the language", start);
        }
    }

    private static ExpressionToken ReadNumber(string text, int start, out int end)
    {
        end = SkipDigits(text, start);
        var isInteger = true;
        if (end < text.Length && text[end] == '.')
        {
            isInteger = false;
            end = SkipDigits(text, end + 1);
        }

        if (end < text.Length && text[end] is 'e' or 'E')
        {
            isInteger = false;
            end++;
            if (end < text.Length && text[end] is '+' or '-')
            {
                end++;
            }

            end = SkipDigits(text, end);
        }

        var digits = text.AsSpan(start, end - start);
        if (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_' or '.'))
        {
            throw new ExpressionException($"a space or an operator after the number '{digits}' was expected, found '{text[end]}'", end);
        }

        if (isInteger && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var integer))
        {
            return new ExpressionToken(TokenKind.Literal, start, digits.ToString(), ModelValue.Of(integer));
        }

        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? new ExpressionToken(TokenKind.Literal, start, digits.ToString(), ModelValue.Of(number))
            : throw new ExpressionException($"'{digits}' is not a number", start);
    }

    private static int SkipDigits(string text, int position)
    {
        while (position < text.Length && char.IsAsciiDigit(text[position]))
        {
            position++;
        }

        return position;
    }

    // A quote inside is written twice.
    private static string ReadQuoted(string text, int start, char quote, out int end)
    {
        var value = new StringBuilder();
        for (end = start + 1; end < text.Length; end++)
        {
            if (text[end] != quote)
            {
                value.Append(text[end]);
            }
            else if (end + 1 < text.Length && text[end + 1] == quote)
            {
                value.Append(quote);
                end++;
            }
            else
            {
                end++;
                return value.ToString();
            }
        }

        throw new ExpressionException($"a closing {quote} was expected, found the end", text.Length);
    }
}
