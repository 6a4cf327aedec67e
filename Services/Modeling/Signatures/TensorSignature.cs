using System.Text.Json;

namespace CloudNativeAi.Modeling;

/// <summary>A tensor in the terms of the Open Inference Protocol.</summary>
/// <param name="ClassLabels">
/// Of an output: the names of its columns, in order. Two names of a single column: it is the probability of the second.
/// </param>
public sealed record TensorSignature(string Name, string Datatype, IReadOnlyList<long> Shape, IReadOnlyList<string>? ClassLabels = null)
{
    /// <exception cref="JsonException">The labels are no names of this tensor's columns.</exception>
    public void CheckClassLabels()
    {
        if (ClassLabels is not { } labels)
        {
            return;
        }

        if (labels.Count < 2 || labels.Any(string.IsNullOrEmpty) || labels.Distinct(StringComparer.Ordinal).Count() != labels.Count)
        {
            throw new JsonException($"signature.json: the class labels of '{Name}' must be two or more different names.");
        }

        if (Shape is [.., var columns] && columns >= 0 && columns != labels.Count && (columns, labels.Count) != (1, 2))
        {
            throw new JsonException($"signature.json: '{Name}' has {labels.Count} class labels for {columns} columns.");
        }
    }
}
