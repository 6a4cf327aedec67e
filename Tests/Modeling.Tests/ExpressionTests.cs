using CsCheck;

namespace CloudNativeAi.Modeling.Tests;

public sealed class ExpressionTests
{
    // 2014-07-04T18:30:00Z: 11:30 on a Friday in Los Angeles, where summer time is 7 hours behind.
    private const long Friday = 1_404_498_600_000_000;

    private static readonly Dictionary<string, ModelValue> Fields = new()
    {
        ["n"] = ModelValue.Of(7L),
        ["x"] = ModelValue.Of(2.5),
        ["text"] = ModelValue.Of("SEA"),
        ["flag"] = ModelValue.True,
        ["at"] = ModelValue.Timestamp(Friday),
        ["nothing"] = ModelValue.Null,
        ["origin:dep_delay_mean_1h"] = ModelValue.Of(12.5),
    };

    [Theory]
    [InlineData("1 + 2 * 3", "7")]
    [InlineData("(1 + 2) * 3", "9")]
    [InlineData("7 / 2", "3.5")]
    [InlineData("-7 % 3", "-1")]
    [InlineData("- - 3", "3")]
    [InlineData("10 - 4 - 3", "3")]
    [InlineData("n * 2 + x", "16.5")]
    [InlineData("n > 6 and not flag", "false")]
    [InlineData("not n > 6 or flag", "true")]
    [InlineData("text = 'SEA'", "true")]
    [InlineData("text <> 'O''Hare'", "true")]
    [InlineData("'a' < 'b'", "true")]
    [InlineData("n = 7.0", "true")]
    [InlineData("if(n > 6, 'late', 'early')", "late")]
    [InlineData("coalesce(nothing, n)", "7")]
    [InlineData("is_null(nothing)", "true")]
    [InlineData("abs(-4)", "4")]
    [InlineData("min(3, x, n)", "2.5")]
    [InlineData("max(3, n)", "7")]
    [InlineData("sqrt(16)", "4")]
    [InlineData("floor(2.9)", "2")]
    [InlineData("round(2.5)", "3")]
    [InlineData("round(-2.5)", "-3")]
    [InlineData("concat(text, '-', n, '-', 1.5)", "SEA-7-1.5")]
    [InlineData("lower(text)", "sea")]
    [InlineData("`origin:dep_delay_mean_1h` / 5", "2.5")]
    [InlineData("minutes_between(at - hours(1), at)", "60")]
    [InlineData("hours_between(at, at - days(2))", "-48")]
    [InlineData("minutes_between(at, at + minutes(1.5))", "1.5")]
    [InlineData("at - (at - days(1)) = hours(24)", "true")]
    [InlineData("hour(at)", "18")]
    [InlineData("hour(at, 'America/Los_Angeles')", "11")]
    [InlineData("minute_of_day(at, 'America/Los_Angeles')", "690")]
    [InlineData("day_of_week(at, 'America/Los_Angeles')", "5")]
    [InlineData("day_of_week(at + days(2))", "7")]
    [InlineData("day_of_year(at)", "185")]
    [InlineData("month(at, 'Pacific/Auckland')", "7")]
    public void Value(string text, string expected) => Assert.Equal(expected, Evaluate(text).ToString());

    [Theory]
    [InlineData("1 + null")]
    [InlineData("nothing > 3")]
    [InlineData("if(null, 1, 2)")]
    [InlineData("true and null")]
    [InlineData("1 / 0")]
    [InlineData("1 % 0")]
    [InlineData("sqrt(-1)")]
    [InlineData("9223372036854775807 + 1")]
    [InlineData("-9223372036854775807 - 2")]
    [InlineData("9223372036854775807 * 2")]
    [InlineData("hour(at + days(100000000))")]
    [InlineData("min(1, nothing)")]
    [InlineData("concat('a', nothing)")]
    public void No_value(string text) => Assert.True(Evaluate(text).IsNull);

    [Theory]
    [InlineData("false and null", "false")]
    [InlineData("null and false", "false")]
    [InlineData("null or true", "true")]
    public void Null_does_not_hide_a_decided_result(string text, string expected) => Assert.Equal(expected, Evaluate(text).ToString());

    [Theory]
    [InlineData("", 0, "expected, found the end")]
    [InlineData("1 +", 3, "expected, found the end")]
    [InlineData("(1", 2, "')' was expected")]
    [InlineData("1 2", 2, "an operator or the end was expected, found '2'")]
    [InlineData("foo(1)", 0, "there is no function 'foo'")]
    [InlineData("if(true, 1)", 0, "takes 3 operands, not 2")]
    [InlineData("1 = 1 = 1", 6, "an operator or the end")]
    [InlineData("'abc", 4, "closing '")]
    [InlineData("a $ b", 2, "not part of the language")]
    [InlineData("1abc", 1, "after the number")]
    [InlineData("1e", 0, "not a number")]
    [InlineData("``", 0, "name between the backticks")]
    [InlineData("hour(at, 'Mars/Olympus')", 9, "no time zone 'Mars/Olympus'")]
    [InlineData("hour(at, zone)", 9, "a time zone in quotes")]
    [InlineData("log1p(1, 2)", 0, "takes 1 operands, not 2")]
    public void What_does_not_parse_is_located(string text, int position, string message)
    {
        var exception = Assert.Throws<ExpressionException>(() => Expression.Parse(text));

        Assert.Equal(position, exception.Position);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing + 1", 0, "no field 'missing'")]
    [InlineData("1 + text", 4, "must be")]
    [InlineData("text > 3", 7, "must be a string")]
    [InlineData("flag + 1", 0, "must be")]
    [InlineData("not n", 4, "must be a bool")]
    [InlineData("if(flag, 1, 'a')", 12, "must be a int64")]
    [InlineData("at + 1", 5, "must be a duration")]
    [InlineData("at + at", 5, "must be a duration")]
    [InlineData("hour(n)", 5, "must be a timestamp")]
    [InlineData("hours(1)", 0, "result is a duration")]
    [InlineData("null", 0, "always null")]
    [InlineData("concat(at, 'a')", 7, "must be a string, a number or a bool")]
    public void What_has_the_wrong_type_is_located(string text, int position, string message)
    {
        var exception = Assert.Throws<ExpressionException>(() => Expression.Parse(text).Check(Types()));

        Assert.Equal(position, exception.Position);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_are_named_once_in_order_of_use()
    {
        var expression = Expression.Parse("b + a + `view:b` + b");

        Assert.Equal(["b", "a", "view:b"], expression.Fields);
    }

    [Fact]
    public void Length_and_depth_are_bounded()
    {
        Assert.Throws<ExpressionException>(() => Expression.Parse(new string(' ', Expression.MaxLength + 1)));
        Assert.Throws<ExpressionException>(() => Expression.Parse(new string('(', 200) + "1" + new string(')', 200)));
        Assert.Throws<ExpressionException>(() => Expression.Parse(new string('-', 2_000) + "1"));
        Assert.Throws<ExpressionException>(() => Expression.Parse(string.Concat(Enumerable.Repeat("not ", 1_000)) + "true"));
        Assert.Throws<ExpressionException>(() => Expression.Parse(string.Join('+', Enumerable.Repeat("1", 2_000))));
        Assert.Equal("90", Evaluate(string.Join('+', Enumerable.Repeat("1", 90))).ToString());
    }

    [Fact]
    public void Any_text_either_parses_or_is_refused_as_an_expression()
    {
        var pieces = Gen.OneOf("(", ")", ",", "+", "-", "*", "/", "%", "<", "=", "!=", "and", "or", "not", "if(", "min(", "hour(", "1", "2.5", "'a'", "'", "`", "x", "null", "true", "$", "é", " ");
        pieces.List[0, 20].Sample(parts =>
        {
            try
            {
                Expression.Parse(string.Concat(parts));
            }
            catch (ExpressionException)
            {
            }
        });
    }

    [Fact]
    public void Result_has_the_checked_type_or_is_null()
    {
        WellTyped(4).Sample(text =>
        {
            var expression = Expression.Parse(text);
            var type = expression.Check(Types());
            var value = expression.Evaluate(name => Fields[name]);

            // As() widens int64 to double and throws for everything else.
            return value.IsNull || value.As(type).Type == type;
        }, iter: 2_000);
    }

    [Fact]
    public void Calendar_agrees_with_the_zone_at_every_instant()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles");
        var expression = Expression.Parse("hour(at, 'America/Los_Angeles') * 60 * 24 * 400 + day_of_year(at, 'America/Los_Angeles')");
        Gen.Long[0, 4_000_000_000].Sample(seconds =>
        {
            var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeSeconds(seconds), zone);
            var value = expression.Evaluate([ModelValue.Timestamp(seconds * 1_000_000)]);
            return value.AsInt64() == (local.Hour * 60L * 24 * 400) + local.DayOfYear;
        });
    }

    [Fact]
    public void Log1p_is_exact_near_zero()
    {
        Assert.Equal(1e-20, Evaluate("log1p(1e-20)").AsNumber());
        Assert.Equal(Math.Log(3), Evaluate("log1p(2)").AsNumber());
        Assert.Equal(1e-10 - 0.5e-20, Evaluate("log1p(1e-10)").AsNumber(), 1e-25);
    }

    private static ModelValue Evaluate(string text) => Expression.Parse(text).Evaluate(name => Fields[name]);

    private static Dictionary<string, ModelType> Types() =>
        Fields.ToDictionary(field => field.Key, field => field.Value.IsNull ? ModelType.Int64 : field.Value.Type);

    private static Gen<string> WellTyped(int depth) => Gen.OneOf(Numeric(depth), Boolean(depth), Text(depth), Instant(depth));

    private static Gen<string> Numeric(int depth) => depth == 0
        ? Gen.OneOf("1", "2.5", "0", "n", "x", "nothing", "9223372036854775807")
        : Gen.OneOf(
            Numeric(depth - 1),
            Gen.Select(Gen.OneOf("+", "-", "*", "/", "%"), Numeric(depth - 1), Numeric(depth - 1), (symbol, left, right) => $"({left} {symbol} {right})"),
            Gen.Select(Gen.OneOf("abs", "sqrt", "log1p", "floor", "round", "min", "max"), Numeric(depth - 1), (name, operand) => $"{name}({operand})"),
            Gen.Select(Boolean(depth - 1), Numeric(depth - 1), Numeric(depth - 1), (condition, left, right) => $"if({condition}, {left}, {right})"),
            Gen.Select(Numeric(depth - 1), Numeric(depth - 1), (left, right) => $"coalesce({left}, {right})"),
            Gen.Select(Gen.OneOf("hour", "month", "day_of_week"), Instant(depth - 1), (name, operand) => $"{name}({operand}, 'Europe/Berlin')"),
            Gen.Select(Instant(depth - 1), Instant(depth - 1), (left, right) => $"minutes_between({left}, {right})"));

    private static Gen<string> Boolean(int depth) => depth == 0
        ? Gen.OneOf("true", "flag", "n > 3", "is_null(nothing)")
        : Gen.OneOf(
            Boolean(depth - 1),
            Gen.Select(Gen.OneOf("and", "or"), Boolean(depth - 1), Boolean(depth - 1), (word, left, right) => $"({left} {word} {right})"),
            Gen.Select(Gen.OneOf("<", "<=", "=", "!=", ">", ">="), Numeric(depth - 1), Numeric(depth - 1), (symbol, left, right) => $"({left} {symbol} {right})"),
            Gen.Select(Gen.OneOf("<", "="), Text(depth - 1), Text(depth - 1), (symbol, left, right) => $"({left} {symbol} {right})"),
            Boolean(depth - 1).Select(operand => $"(not {operand})"));

    private static Gen<string> Text(int depth) => depth == 0
        ? Gen.OneOf("'a'", "text", "''")
        : Gen.OneOf(Text(depth - 1), Gen.Select(Text(depth - 1), Numeric(depth - 1), (left, right) => $"concat({left}, {right})"), Text(depth - 1).Select(operand => $"lower({operand})"));

    private static Gen<string> Instant(int depth) => depth == 0
        ? Gen.Const("at")
        : Gen.OneOf(Instant(depth - 1), Gen.Select(Gen.OneOf("+", "-"), Instant(depth - 1), Gen.OneOf("hours", "days", "minutes"), Numeric(depth - 1), (symbol, left, unit, right) => $"({left} {symbol} {unit}({right}))"));
}
