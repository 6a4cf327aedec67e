using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Features;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>A request for a prediction by entity keys, whichever way it came.</summary>
/// <param name="Version">Asked for beside the request: a number or an alias, for a request that names none; else empty.</param>
/// <param name="Deadline">UTC; when the caller gives up.</param>
/// <param name="TraceId">Of the request; empty when it has none.</param>
/// <param name="Mirror">Called with what a shadow needs, when the model has one; must return at once.</param>
internal sealed record PredictionCall(PredictRequest Request, string Version, DateTime Deadline, FeatureLookUp LookUp, string TraceId, Action<ShadowRequest> Mirror);
