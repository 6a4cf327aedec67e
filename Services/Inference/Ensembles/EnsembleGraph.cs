using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Ensembles;

/// <summary>A model of an ensemble, and which of the ensemble's tensors it takes and makes.</summary>
/// <param name="Version">A number or an alias; empty: the champion.</param>
/// <param name="Inputs">The model's input to the index of the ensemble's tensor.</param>
/// <param name="Outputs">The model's output to the index of the ensemble's tensor.</param>
/// <param name="Producers">Indexes of the steps that must have run.</param>
/// <param name="Level">Length of the longest way to it: steps of one level may run beside each other.</param>
internal sealed record GraphStep(
    string ModelName, string Version, IReadOnlyList<(string Name, int Tensor)> Inputs, IReadOnlyList<(string Name, int Tensor)> Outputs, IReadOnlyList<int> Producers, int Level)
{
    public override string ToString() => $"the step of model '{ModelName}'";
}

/// <summary>The steps of an ensemble in an order in which each comes after those whose tensors it takes. Every tensor has one producer.</summary>
internal sealed class EnsembleGraph
{
    private EnsembleGraph(EnsembleSignature signature, IReadOnlyList<string> tensors, IReadOnlyList<GraphStep> steps)
    {
        Inputs = [.. signature.Inputs.Select(ToInfo)];
        Outputs = [.. signature.Outputs.Select(ToInfo)];
        ClassLabels = [.. signature.Outputs.Select(output => output.ClassLabels)];
        Tensors = tensors;
        Steps = steps;
        OutputTensors = [.. Outputs.Select(output => Tensors.Index().First(tensor => tensor.Item == output.Name).Index)];
    }

    public IReadOnlyList<TensorInfo> Inputs { get; }

    public IReadOnlyList<TensorInfo> Outputs { get; }

    /// <summary>Of every output; null: its columns have no names.</summary>
    public IReadOnlyList<IReadOnlyList<string>?> ClassLabels { get; }

    /// <summary>Names of all tensors: the inputs, in order, then what the steps make.</summary>
    public IReadOnlyList<string> Tensors { get; }

    public IReadOnlyList<GraphStep> Steps { get; }

    /// <summary>For each output, its index among <see cref="Tensors"/>.</summary>
    public IReadOnlyList<int> OutputTensors { get; }

    /// <exception cref="InferenceException">The document is no graph: a tensor has no producer, or two, or waits for itself.</exception>
    public static EnsembleGraph Create(EnsembleSignature signature)
    {
        if (signature.Inputs.Count == 0 || signature.Outputs.Count == 0 || signature.Steps.Count == 0)
        {
            throw Refused("it must have inputs, outputs and steps, one of each at least");
        }

        var producers = Producers(signature);
        var tensors = producers.Keys.ToList();
        foreach (var (name, user) in signature.Steps.SelectMany((step, i) => step.InputMap.Values.Select(tensor => (tensor, Describe(step, i))))
            .Concat(signature.Outputs.Select(output => (output.Name, "the outputs"))))
        {
            if (!producers.ContainsKey(name))
            {
                throw Refused($"the tensor '{name}', which {user} needs, is neither an input nor made by a step");
            }
        }

        if (signature.Inputs.FirstOrDefault(input => signature.Steps.All(step => !step.InputMap.Values.Contains(input.Name))) is { } unused)
        {
            throw Refused($"no step takes the input '{unused.Name}'");
        }

        return new EnsembleGraph(signature, tensors, Order(signature, producers, tensors));
    }

    public static InferenceException Refused(string problem, Exception? inner = null) =>
        new(InferenceErrorKind.FailedPrecondition, $"{ModelFiles.Ensemble} cannot be served: {problem}.", inner);

    // Every tensor to the step that makes it; -1: an input.
    private static OrderedDictionary<string, int> Producers(EnsembleSignature signature)
    {
        var producers = new OrderedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var input in signature.Inputs)
        {
            Add(input.Name, -1);
        }

        foreach (var (index, step) in signature.Steps.Index())
        {
            if (step.ModelName.Length == 0 || step.InputMap.Count == 0 || step.OutputMap.Count == 0)
            {
                throw Refused($"{Describe(step, index)} must have model_name, input_map and output_map");
            }

            foreach (var tensor in step.OutputMap.Values)
            {
                Add(tensor, index);
            }
        }

        if (signature.Outputs.CountBy(output => output.Name).FirstOrDefault(output => output.Value > 1).Key is { } twice)
        {
            throw Refused($"the output '{twice}' is there twice");
        }

        return producers;

        void Add(string tensor, int producer)
        {
            if (tensor.Length == 0 || !producers.TryAdd(tensor, producer))
            {
                throw Refused(tensor.Length == 0 ? "a tensor has no name" : $"the tensor '{tensor}' has two producers");
            }
        }
    }

    private static List<GraphStep> Order(EnsembleSignature signature, OrderedDictionary<string, int> producers, List<string> tensors)
    {
        List<GraphStep> ordered = [];
        var places = new Dictionary<int, int>();
        while (ordered.Count < signature.Steps.Count)
        {
            var before = ordered.Count;
            foreach (var (index, step) in signature.Steps.Index())
            {
                var needed = step.InputMap.Values.Select(tensor => producers[tensor]).Where(producer => producer >= 0).Distinct().ToList();
                if (places.ContainsKey(index) || !needed.TrueForAll(places.ContainsKey))
                {
                    continue;
                }

                int[] steps = [.. needed.Select(producer => places[producer])];
                places.Add(index, ordered.Count);
                ordered.Add(new GraphStep(
                    step.ModelName, step.ModelVersion, Map(step.InputMap), Map(step.OutputMap), steps, steps.Length == 0 ? 0 : steps.Max(producer => ordered[producer].Level) + 1));
            }

            if (ordered.Count == before)
            {
                var waiting = signature.Steps.Index().Where(step => !places.ContainsKey(step.Index)).Select(step => Describe(step.Item, step.Index));
                throw Refused($"these wait for one another's tensors: {string.Join(", ", waiting)}");
            }
        }

        return ordered;

        IReadOnlyList<(string, int)> Map(IReadOnlyDictionary<string, string> map) =>
            [.. map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => (entry.Key, tensors.IndexOf(entry.Value)))];
    }

    private static string Describe(EnsembleStep step, int index) => $"step {index + 1} (model '{step.ModelName}')";

    private static TensorInfo ToInfo(TensorSignature signed) => Datatypes.TryParse(signed.Datatype, out var datatype)
        ? new TensorInfo(signed.Name, datatype, [.. signed.Shape])
        : throw Refused($"'{signed.Name}' has the unknown data-type '{signed.Datatype}'");
}
