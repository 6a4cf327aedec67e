namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>The table is sound but uses something that this program does not speak.</summary>
internal sealed class DeltaUnsupportedException(string message) : Exception(message);

/// <summary>The log breaks the protocol: a hole, a torn line, a missing field.</summary>
internal sealed class DeltaCorruptException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Another writer committed something that this commit cannot stand beside. Read again and decide anew.</summary>
internal sealed class DeltaConflictException(string message) : Exception(message);
