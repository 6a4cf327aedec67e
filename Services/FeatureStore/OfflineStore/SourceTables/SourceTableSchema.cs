using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;

namespace CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

/// <summary>The columns of a source's table: four that every event has, then one for each field of the source.</summary>
internal static class SourceTableSchema
{
    public const string EventId = "event_id";
    public const string EventTimestamp = "event_timestamp";
    public const string CreatedTimestamp = "created_timestamp";
    public const string Position = "position";

    private static readonly DeltaColumn[] Fixed =
    [
        new(EventId, "string"),
        new(EventTimestamp, "timestamp"),
        new(CreatedTimestamp, "timestamp"),
        new(Position, "long"),
    ];

    public static DeltaSchema For(SourceSchema source)
    {
        var names = FieldColumns(source);
        return new DeltaSchema([.. Fixed, .. source.Fields.Select((field, index) => new DeltaColumn(names[index], DeltaType(field.Type)))]);
    }

    /// <summary>The column of each field, in the source's order. A name that is taken, ignoring case as Delta does, gets an ending.</summary>
    public static string[] FieldColumns(SourceSchema source)
    {
        var taken = new HashSet<string>(Fixed.Select(column => column.Name), StringComparer.OrdinalIgnoreCase);
        return [.. source.Fields.Select(field =>
        {
            var name = field.Name;
            while (!taken.Add(name))
            {
                name += "_field";
            }

            return name;
        })];
    }

    private static string DeltaType(ValueType type) => type switch
    {
        ValueType.String => "string",
        ValueType.Int64 => "long",
        ValueType.Double => "double",
        ValueType.Bool => "boolean",
        ValueType.Timestamp => "timestamp",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of a field."),
    };
}
