using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Web.Live;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Web.Display;

/// <summary>One cell of the feature store's answer, in words.</summary>
public sealed record OnlineValue(string Feature, string Text, FeatureStatus Status, long EventTimestampMicros, TimeSpan? Age)
{
    public string StatusWord => Word(Status);

    public Level Level => LevelOf(Status);

    public static string Word(FeatureStatus status) => status switch
    {
        FeatureStatus.Present => "present",
        FeatureStatus.NullValue => "null",
        FeatureStatus.NotFound => "not found",
        FeatureStatus.OutsideMaxAge => "too old",
        _ => "invalid",
    };

    public static Level LevelOf(FeatureStatus status) => status switch
    {
        FeatureStatus.Present => Level.Good,
        FeatureStatus.OutsideMaxAge => Level.Warning,
        FeatureStatus.Invalid => Level.Bad,
        _ => Level.Unknown,
    };

    public static IEnumerable<OnlineValue> Row(GetOnlineFeaturesResponse response, int row)
    {
        foreach (var column in response.Columns)
        {
            var status = row < column.Statuses.Length ? (FeatureStatus)column.Statuses[row] : FeatureStatus.Invalid;
            var timestamp = row < column.EventTimestampsMicros.Count ? column.EventTimestampsMicros[row] : 0;
            var known = status is FeatureStatus.Present or FeatureStatus.OutsideMaxAge;
            yield return new OnlineValue(
                column.Name,
                known ? Values.Text(Cell(column, row)) : Format.Unknown,
                status,
                timestamp,
                timestamp > 0 ? TimeSpan.FromMicroseconds(response.AsOfMicros - timestamp) : null);
        }
    }

    private static Value? Cell(FeatureColumn column, int row) => column.Type switch
    {
        ValueType.Double when row < column.Doubles.Count => new Value { DoubleValue = column.Doubles[row] },
        ValueType.Int64 when row < column.Int64S.Count => new Value { Int64Value = column.Int64S[row] },
        ValueType.Bool when row < column.Bools.Count => new Value { BoolValue = column.Bools[row] },
        ValueType.String when row < column.Strings.Count => new Value { StringValue = column.Strings[row] },
        ValueType.Timestamp when row < column.TimestampsMicros.Count => new Value { TimestampMicros = column.TimestampsMicros[row] },
        _ => null,
    };
}
