using System.IO.Hashing;
using System.Text;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>
/// Features of one entity computed from one source: either the newest event's fields (<paramref name="Latest"/>)
/// or aggregates over windows (<paramref name="Windowed"/>); one of the two lists is empty.
/// </summary>
/// <param name="TtlMicros">Age at which a value is no longer usable; 0 means never.</param>
internal sealed record FeatureView(
    string Name,
    string Entity,
    IReadOnlyList<JoinKey> JoinKeys,
    string Source,
    long TtlMicros,
    IReadOnlyList<LatestFeature> Latest,
    IReadOnlyList<WindowedFeature> Windowed,
    string Description,
    string Owner)
{
    public bool IsWindowed => Windowed.Count > 0;

    /// <summary>Name and type of every feature, in the order of the definition.</summary>
    public IReadOnlyList<(string Name, ValueType Type)> Features { get; } =
        Windowed.Count > 0
            ? [.. Windowed.Select(feature => (feature.Name, feature.Type))]
            : [.. Latest.Select(feature => (feature.Name, feature.Type))];

    /// <summary>
    /// Changes exactly when values kept in the online store can no longer be read or continued: another source, key, field,
    /// type, window or tile layout. Time to live, description and owner are not part of it.
    /// </summary>
    public string Fingerprint { get; } = ComputeFingerprint(JoinKeys, Source, Latest, Windowed);

    public int IndexOf(string feature)
    {
        for (var i = 0; i < Features.Count; i++)
        {
            if (Features[i].Name == feature)
            {
                return i;
            }
        }

        return -1;
    }

    private static string ComputeFingerprint(
        IReadOnlyList<JoinKey> joinKeys, string source, IReadOnlyList<LatestFeature> latest, IReadOnlyList<WindowedFeature> windowed)
    {
        var text = new StringBuilder($"layout {TileWidths.LayoutVersion}\nsource {source}\n");
        foreach (var key in joinKeys)
        {
            text.Append(null, $"key {key.Name} {key.Type} {key.SourceField}\n");
        }

        foreach (var feature in latest)
        {
            text.Append(null, $"latest {feature.Field} {feature.Type}\n");
        }

        foreach (var feature in windowed)
        {
            text.Append(null, $"windowed {feature.Field} {feature.Function} {feature.WindowMicros} {feature.TileMicros} {feature.Type}\n");
        }

        return XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(text.ToString())).ToString("x16", null);
    }
}

/// <summary>A part of the entity key and the field of the source that holds it.</summary>
internal sealed record JoinKey(string Name, ValueType Type, string SourceField);

internal sealed record LatestFeature(string Name, string Field, ValueType Type);

/// <param name="Field">Null for the count of events.</param>
internal sealed record WindowedFeature(string Name, string? Field, WindowFunction Function, long WindowMicros, long TileMicros, ValueType Type);
