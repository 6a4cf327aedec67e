using System.Globalization;

namespace CloudNativeAi.FeatureStore.OfflineStore.Parquet;

/// <summary>Text that is put into SQL. Names come from definitions and schemas, so they are always quoted.</summary>
internal static class Sql
{
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
