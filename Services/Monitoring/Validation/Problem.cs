namespace CloudNativeAi.Monitoring.Validation;

/// <summary>What is wrong with a record: where, and what to do about it.</summary>
internal sealed record Problem(string Field, string Reason);
