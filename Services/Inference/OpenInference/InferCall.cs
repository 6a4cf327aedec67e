using CloudNativeAi.Inference.Batching;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>A request of the Open Inference Protocol, whichever wire it came by.</summary>
/// <param name="Outputs">Empty: all.</param>
internal sealed record InferCall(IReadOnlyList<Tensor> Inputs, IReadOnlyList<RequestedOutput> Outputs, Queueing Queueing = default);

/// <param name="Classification">Instead of the values, the labels of the greatest this many; 0: the values.</param>
internal readonly record struct RequestedOutput(string Name, int Classification = 0);

/// <param name="Outputs">In the order asked for.</param>
internal sealed record InferAnswer(string ModelName, int Version, Tensor[] Outputs);
