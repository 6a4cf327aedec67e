namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>What is kept of a training set beside its file.</summary>
internal sealed record TrainingSetRecord(
    string Digest,
    string FeatureService,
    string Label,
    long FromMicros,
    long ToMicros,
    long LabelKnownUntilMicros,
    long Rows,
    long SizeBytes,
    int DefinitionsVersion,
    IReadOnlyDictionary<string, long> SourcePositions,
    IReadOnlyList<TrainingSetColumn> Columns,
    long CreatedMicros);

internal sealed record TrainingSetColumn(string Name, ValueType Type);
