namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>PostgreSQL notification channels between replicas. A notification is a hint: nothing is lost with it.</summary>
internal static class Channels
{
    /// <summary>A head moved; the payload is the source id.</summary>
    public const string Heads = "ingestion_heads";

    /// <summary>A definition changed.</summary>
    public const string Sources = "ingestion_sources";
}
