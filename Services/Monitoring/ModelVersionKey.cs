namespace CloudNativeAi.Monitoring;

internal readonly record struct ModelVersionKey(string ModelName, int Version);
