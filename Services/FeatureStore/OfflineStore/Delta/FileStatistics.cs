using System.Text.Json;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>What a file's statistics say, as far as they can be trusted. Those of other writers may be missing or of another shape.</summary>
internal sealed record FileStatistics(long? NumRecords, IReadOnlyDictionary<string, (long Min, long Max)> Integers)
{
    private static readonly FileStatistics None = new(null, new Dictionary<string, (long, long)>());

    public static FileStatistics Parse(string? json)
    {
        if (json is null)
        {
            return None;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            long? records = root.TryGetProperty("numRecords", out var count) && count.TryGetInt64(out var number) ? number : null;
            var integers = new Dictionary<string, (long, long)>(StringComparer.Ordinal);
            if (root.TryGetProperty("minValues", out var minima) && root.TryGetProperty("maxValues", out var maxima))
            {
                foreach (var property in minima.EnumerateObject())
                {
                    if (property.Value.ValueKind is JsonValueKind.Number && property.Value.TryGetInt64(out var min)
                        && maxima.TryGetProperty(property.Name, out var maximum)
                        && maximum.ValueKind is JsonValueKind.Number && maximum.TryGetInt64(out var max))
                    {
                        integers[property.Name] = (min, max);
                    }
                }
            }

            return new FileStatistics(records, integers);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return None;
        }
    }
}
