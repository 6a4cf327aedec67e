namespace CloudNativeAi.Inference.OpenInference;

/// <summary>A request of the Open Inference Protocol, whichever wire it came by.</summary>
/// <param name="Version">Empty: the champion. Else a number, or an alias.</param>
/// <param name="Outputs">Empty: all.</param>
/// <param name="QueueTimeout">Longest wait for an instance; null: none.</param>
internal sealed record InferCall(string ModelName, string Version, IReadOnlyList<Tensor> Inputs, IReadOnlyList<string> Outputs, TimeSpan? QueueTimeout);

/// <param name="Outputs">In the order asked for.</param>
internal sealed record InferAnswer(string ModelName, int Version, Tensor[] Outputs);
