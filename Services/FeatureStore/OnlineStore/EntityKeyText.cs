using System.Globalization;
using System.Text;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>
/// Redis keys of one build of one view: <c>cnai:{origin:SEA}:origin_departures:12</c>. The braces are a hash tag: Redis Cluster keeps all
/// views of an entity on one node. In string values <c>% | { }</c> are written as %25 %7C %7B %7D, so that different keys never look alike.
/// </summary>
internal sealed class EntityKeyText(FeatureView view, long generation)
{
    /// <summary>Longest string in an entity key, characters.</summary>
    public const int MaxLength = 1_024;

    private static readonly System.Buffers.SearchValues<char> Special = System.Buffers.SearchValues.Create("%|{}");

    private readonly string _prefix = $"cnai:{{{view.Entity}:";
    private readonly string _suffix = $"}}:{view.Name}:{generation.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Matches every key of the build.</summary>
    public string Pattern => $"{_prefix}*{_suffix}";

    /// <summary>Null when a join key is null: the event belongs to no entity of the view.</summary>
    public string? Of(EventColumns events, int[] keyColumns, int row)
    {
        if (keyColumns.Length == 1)
        {
            return TextOf(events.Fields[keyColumns[0]], row) is { } single ? string.Concat(_prefix, single, _suffix) : null;
        }

        var text = new StringBuilder(_prefix);
        for (var i = 0; i < keyColumns.Length; i++)
        {
            if (TextOf(events.Fields[keyColumns[i]], row) is not { } part)
            {
                return null;
            }

            text.Append(i == 0 ? "" : "|").Append(part);
        }

        return text.Append(_suffix).ToString();
    }

    public RedisKey Of(ReadOnlySpan<string> parts) => string.Concat(_prefix, parts.Length == 1 ? parts[0] : string.Join('|', parts), _suffix);

    public static string Escape(string value) => value.AsSpan().ContainsAny(Special)
        ? value.Replace("%", "%25", StringComparison.Ordinal).Replace("|", "%7C", StringComparison.Ordinal)
            .Replace("{", "%7B", StringComparison.Ordinal).Replace("}", "%7D", StringComparison.Ordinal)
        : value;

    public static string Escape(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The value of a part of a key.</summary>
    public static Value ToValue(string part, ValueType type) => type == ValueType.String
        ? new Value { StringValue = Uri.UnescapeDataString(part) }
        : new Value { Int64Value = long.Parse(part, CultureInfo.InvariantCulture) };

    private static string? TextOf(EventColumn column, int row) =>
        column.IsNull[row] ? null
        : column.Type == ValueType.String ? Escape(column.Strings[row]!)
        : Escape(column.Int64s[row]);
}
