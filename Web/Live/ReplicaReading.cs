using CloudNativeAi.Contracts.Inference;

namespace CloudNativeAi.Web.Live;

/// <summary>What one replica of Inference last said of itself.</summary>
/// <param name="Address">Where service discovery finds it.</param>
/// <param name="Status">Null when it did not answer.</param>
/// <param name="Error">Why it did not answer; else empty.</param>
public sealed record ReplicaReading(string Address, GetServingStatusResponse? Status, string Error = "");
