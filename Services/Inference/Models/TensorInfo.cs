using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Models;

/// <summary>What a model says of one of its tensors; -1 is a dimension of any size.</summary>
internal sealed record TensorInfo(string Name, Datatype Datatype, long[] Shape);
