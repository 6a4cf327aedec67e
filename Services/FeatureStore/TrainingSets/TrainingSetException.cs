namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>The request does not fit the definitions in force; the message says what to change.</summary>
internal sealed class TrainingSetException(string message) : Exception(message);
