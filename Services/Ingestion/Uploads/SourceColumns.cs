using CloudNativeAi.Ingestion.Sources;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Which field of a source each column of a table is.</summary>
internal static class SourceColumns
{
    /// <summary>Null: a column is no field or is there twice, or a field that must have a value has no column; <paramref name="fault"/> says which.</summary>
    public static SchemaField[]? Match(SourceSchema schema, IReadOnlyList<string> names, out string fault)
    {
        fault = "";
        var seen = new HashSet<int>();
        foreach (var name in names)
        {
            var index = schema.IndexOf(name);
            if (index < 0 || !seen.Add(index))
            {
                fault = index < 0
                    ? $"column '{name}' is not a field of source '{schema.Name}' version {schema.Version}"
                    : $"column '{name}' is there twice";
                return null;
            }
        }

        if (schema.Fields.Where((field, index) => !field.Nullable && !seen.Contains(index)).FirstOrDefault() is { } missing)
        {
            fault = $"column '{missing.Name}' is missing, and the field is not nullable";
            return null;
        }

        return [.. names.Select(name => schema.Fields[schema.IndexOf(name)])];
    }
}
