using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>The query that gives a training set: the labelled rows with the columns of every view, in order.</summary>
internal static class TrainingSetQuery
{
    public static string Create(
        JoinWorkspace workspace, LabelPlan label, FeatureService service, IReadOnlyList<ViewJoin> joins, IReadOnlyList<string> tables)
    {
        List<string> columns =
        [
            $"r.event_id AS {TrainingSetColumns.EventId}",
            $"make_timestamptz(r.entity_timestamp) AS {TrainingSetColumns.EntityTimestamp}",
            $"make_timestamptz(r.label_known) AS {TrainingSetColumns.LabelKnownTimestamp}",
            .. label.Columns.Select((column, index) => Column($"r.c{index}", column.Name, column.Type)),
            .. service.Features.Select(feature => Feature(feature, joins)),
            $"r.label AS {TrainingSetColumns.Label}",
        ];
        var views = tables.Select((table, index) => $"JOIN {table} t{index} ON t{index}.row_index = r.row_index");
        return $"SELECT {string.Join(", ", columns)} FROM {workspace.Rows} r {string.Join(' ', views)} ORDER BY r.row_index";
    }

    private static string Feature(FeatureReference feature, IReadOnlyList<ViewJoin> joins)
    {
        for (var index = 0; index < joins.Count; index++)
        {
            if (joins[index].View.Name == feature.View)
            {
                return Column($"t{index}.v{joins[index].View.IndexOf(feature.Feature)}", feature.FullName, feature.Type);
            }
        }

        throw new InvalidOperationException($"The feature '{feature.FullName}' was not joined.");
    }

    private static string Column(string value, string name, ValueType type) =>
        $"{(type == ValueType.Timestamp ? $"make_timestamptz({value})" : value)} AS {Sql.Name(name)}";
}
