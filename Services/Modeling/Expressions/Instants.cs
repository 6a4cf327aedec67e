namespace CloudNativeAi.Modeling;

/// <summary>Durations and the calendar. A zone is an IANA name; without one the calendar is UTC's.</summary>
internal static class Instants
{
    public const long MicrosPerMinute = 60_000_000;
    public const long MicrosPerHour = 60 * MicrosPerMinute;
    public const long MicrosPerDay = 24 * MicrosPerHour;

    private static readonly long MinMicros = (DateTime.MinValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
    private static readonly long MaxMicros = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static ModelValue ToDuration(ModelValue count, long unit)
    {
        if (count.Type == ModelType.Int64)
        {
            return Arithmetic.ToDuration((Int128)count.AsInt64() * unit);
        }

        var microseconds = Math.Round(count.AsNumber() * unit);
        return Math.Abs(microseconds) < long.MaxValue ? ModelValue.Duration((long)microseconds) : default;
    }

    public static ModelType? CheckBetween(OperandTypes types)
    {
        types.Require(0, ModelType.Timestamp);
        types.Require(1, ModelType.Timestamp);
        return ModelType.Double;
    }

    public static ModelValue Between(ModelValue from, ModelValue to, long unit) =>
        ModelValue.Of((double)((Int128)to.AsTimestamp() - from.AsTimestamp()) / unit);

    public static ExpressionFunction CalendarPart(string name, Func<DateTime, int> part) =>
        new(name, 1, 2, CheckCalendar, operands => CompileCalendar(operands, part));

    private static ModelType? CheckCalendar(OperandTypes types)
    {
        types.Require(0, ModelType.Timestamp);
        return ModelType.Int64;
    }

    private static Evaluator CompileCalendar(IReadOnlyList<ExpressionNode> operands, Func<DateTime, int> part)
    {
        var operand = operands[0].Compile();
        var zone = operands.Count == 1 ? TimeZoneInfo.Utc : FindZone(operands[1]);
        return fields =>
        {
            var value = operand(fields);
            if (value.IsNull)
            {
                return default;
            }

            var microseconds = value.AsTimestamp();
            return microseconds < MinMicros || microseconds > MaxMicros
                ? default
                : ModelValue.Of((long)part(TimeZoneInfo.ConvertTimeFromUtc(DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), zone)));
        };
    }

    // The zone must be a literal: a misspelt one is then found when the expression is parsed.
    private static TimeZoneInfo FindZone(ExpressionNode node)
    {
        if (node is not LiteralNode { Value: { IsNull: false, Type: ModelType.String } literal })
        {
            throw new ExpressionException("a time zone in quotes was expected, such as 'America/Los_Angeles'", node.Position);
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(literal.AsString(), out var zone)
            ? zone
            : throw new ExpressionException($"there is no time zone '{literal.AsString()}'; an IANA name was expected, such as 'America/Los_Angeles'", node.Position);
    }
}
