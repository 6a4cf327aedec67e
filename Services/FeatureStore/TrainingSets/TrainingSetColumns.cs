using CloudNativeAi.FeatureStore.Definitions;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>Names of a training set's columns, in the order of the file.</summary>
internal static class TrainingSetColumns
{
    public const string EventId = "event_id";
    public const string EntityTimestamp = "entity_timestamp";
    public const string LabelKnownTimestamp = "label_known_timestamp";
    public const string Label = "label";

    public static IReadOnlyList<string> Reserved { get; } = [EventId, EntityTimestamp, LabelKnownTimestamp, Label];

    public static IReadOnlyList<(string Name, ValueType Type)> For(LabelPlan label, FeatureService service) =>
    [
        (EventId, ValueType.String),
        (EntityTimestamp, ValueType.Timestamp),
        (LabelKnownTimestamp, ValueType.Timestamp),
        .. label.Columns.Select(column => (column.Name, column.Type)),
        .. service.Features.Select(feature => (feature.FullName, feature.Type)),
        (Label, ValueType.Double),
    ];
}
