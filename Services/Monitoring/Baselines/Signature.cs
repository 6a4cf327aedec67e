namespace CloudNativeAi.Monitoring.Baselines;

/// <summary>What Monitoring needs of a signature: names of the model's columns, and what a retraining trains on.</summary>
internal sealed record Signature(string[] FeatureNames, string FeatureService, string Label);
