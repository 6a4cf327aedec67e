namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>What the events of one source look like and when they count as known.</summary>
/// <param name="Backfilled">
/// True: an event is known from its event timestamp plus <paramref name="AvailabilityDelayMicros"/> on.
/// False (live): from the later of its event timestamp and its created timestamp on.
/// </param>
internal sealed record SourceSchema(string Name, IReadOnlyList<SchemaField> Fields, bool Backfilled, long AvailabilityDelayMicros)
{
    /// <summary>How far behind a window's end stays; 0 for live sources.</summary>
    public long WindowDelayMicros => Backfilled ? AvailabilityDelayMicros : 0;

    /// <summary>The instant from which an event may be used.</summary>
    public long KnownMicros(long eventTimestampMicros, long createdTimestampMicros) =>
        Backfilled ? eventTimestampMicros + AvailabilityDelayMicros : Math.Max(eventTimestampMicros, createdTimestampMicros);

    /// <summary>When events count as known, as text that is equal exactly when that is.</summary>
    public string DescribeAvailability() => Backfilled ? $"backfilled {AvailabilityDelayMicros}" : "live";

    public int IndexOf(string field)
    {
        for (var i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Name == field)
            {
                return i;
            }
        }

        return -1;
    }

    public SchemaField? Find(string field) => IndexOf(field) is var index and >= 0 ? Fields[index] : null;

    /// <summary>Same fields in the same order, same availability.</summary>
    public bool SameAs(SourceSchema other) =>
        Name == other.Name && Backfilled == other.Backfilled && AvailabilityDelayMicros == other.AvailabilityDelayMicros
        && Fields.SequenceEqual(other.Fields);
}

internal sealed record SchemaField(string Name, ValueType Type, bool Nullable);
