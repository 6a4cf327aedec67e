namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>The Redis server does not know the store id: its data is lost and has to be built again.</summary>
internal sealed class OnlineStoreLostException(Guid storeId) : Exception("The online store has lost its data.")
{
    public Guid StoreId { get; } = storeId;
}

/// <summary>The Redis server came back with older data: what is missing has to be applied again.</summary>
internal sealed class OnlineStoreBehindException(long generation, long position)
    : Exception($"The online store has older data than was written: it is back at position {position}.")
{
    public long Generation { get; } = generation;

    public long Position { get; } = position;
}
