using CloudNativeAi.Inference.Batching;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>A request of the Open Inference Protocol, whichever wire it came by.</summary>
/// <param name="Outputs">Empty: all.</param>
/// <param name="Nesting">Ensembles that it is a step in, one inside another; 0: a client's own request.</param>
internal sealed record InferCall(IReadOnlyList<Tensor> Inputs, IReadOnlyList<RequestedOutput> Outputs, Queueing Queueing = default, int Nesting = 0);

/// <param name="Classification">Instead of the values, the labels of the greatest this many; 0: the values.</param>
internal readonly record struct RequestedOutput(string Name, int Classification = 0);

/// <param name="Outputs">In the order asked for.</param>
internal sealed record InferAnswer(string ModelName, int Version, Tensor[] Outputs);
