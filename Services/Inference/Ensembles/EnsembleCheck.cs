using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Ensembles;

/// <summary>Whether an ensemble fits the models that are its steps now.</summary>
internal static class EnsembleCheck
{
    /// <summary>Ensembles inside one another, the outermost counted.</summary>
    public const int MaxNesting = 4;

    /// <param name="models">Of each step, leased by the caller.</param>
    /// <returns>Whether the first dimension of every tensor counts rows that are independent of one another.</returns>
    /// <exception cref="InferenceException">A step lacks a tensor, or two ends of one differ, or ensembles are nested too deep or in a circle.</exception>
    public static bool Run(string ensembleName, EnsembleGraph graph, IReadOnlyList<LoadedModel> models)
    {
        var made = new TensorInfo?[graph.Tensors.Count];
        for (var i = 0; i < graph.Inputs.Count; i++)
        {
            made[i] = graph.Inputs[i];
        }

        foreach (var (step, model) in graph.Steps.Zip(models))
        {
            CheckInputs(step, model, made);
            foreach (var (name, tensor) in step.Outputs)
            {
                made[tensor] = Find(model.Outputs, name) ?? throw EnsembleGraph.Refused($"{step} maps the output '{name}', and the model's outputs are {Format(model.Outputs)}");
            }

            if (model.Ensemble?.ModelNames.Contains(ensembleName) is true)
            {
                throw Circle(step, ensembleName);
            }

            if (model.Ensemble?.Nesting >= MaxNesting)
            {
                throw EnsembleGraph.Refused($"{step} has {model.Ensemble.Nesting} ensembles inside one another, and {MaxNesting} are allowed, with this one");
            }
        }

        foreach (var (output, tensor) in graph.Outputs.Zip(graph.OutputTensors))
        {
            if (!Fit(output, made[tensor]!))
            {
                throw EnsembleGraph.Refused($"the output {Format([output])} is made as {Format([made[tensor]! with { Name = output.Name }])}");
            }
        }

        return models.All(model => model.IsBatched) && graph.Inputs.Concat(graph.Outputs).All(tensor => tensor.Shape is [-1, ..]);
    }

    public static InferenceException Circle(GraphStep step, string ensembleName) =>
        EnsembleGraph.Refused($"{step} is, or has in it, the ensemble '{ensembleName}' itself");

    private static void CheckInputs(GraphStep step, LoadedModel model, TensorInfo?[] made)
    {
        foreach (var (name, tensor) in step.Inputs)
        {
            var input = Find(model.Inputs, name) ?? throw EnsembleGraph.Refused($"{step} maps the input '{name}', and the model's inputs are {Format(model.Inputs)}");
            if (!Fit(made[tensor]!, input))
            {
                throw EnsembleGraph.Refused($"{step} takes {Format([input])} and gets {Format([made[tensor]!])}");
            }
        }

        if (model.Inputs.FirstOrDefault(input => step.Inputs.All(mapped => mapped.Name != input.Name)) is { } missing)
        {
            throw EnsembleGraph.Refused($"{step} does not map the model's input {Format([missing])}");
        }
    }

    // A dimension of any size may turn out to be the one that is needed.
    private static bool Fit(TensorInfo given, TensorInfo needed) =>
        given.Datatype == needed.Datatype && given.Shape.Length == needed.Shape.Length
        && given.Shape.Zip(needed.Shape).All(dimension => dimension.First == dimension.Second || dimension.First < 0 || dimension.Second < 0);

    private static TensorInfo? Find(IReadOnlyList<TensorInfo> tensors, string name) => tensors.FirstOrDefault(tensor => tensor.Name == name);

    private static string Format(IEnumerable<TensorInfo> tensors) =>
        string.Join(", ", tensors.Select(tensor => $"'{tensor.Name}' of {tensor.Datatype.ToName()} {Shapes.Format(tensor.Shape)}"));
}
