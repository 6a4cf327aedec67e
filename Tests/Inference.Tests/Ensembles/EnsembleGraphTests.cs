using CloudNativeAi.Inference.Ensembles;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Tests.Ensembles;

public sealed class EnsembleGraphTests
{
    [Fact]
    public void Steps_are_ordered_by_what_they_take()
    {
        var graph = EnsembleGraph.Create(Signature(
            Step("last", "left right", "out"), Step("right", "middle", "right"), Step("left", "middle", "left"), Step("first", "in", "middle")));

        Assert.Equal(["first", "right", "left", "last"], graph.Steps.Select(step => step.ModelName).Order(Comparer<string>.Create((a, b) => Level(graph, a).CompareTo(Level(graph, b)))));
        Assert.Equal([0, 1, 1, 2], graph.Steps.Select(step => step.Level).Order());
        Assert.All(graph.Steps.Index(), step => Assert.All(step.Item.Producers, producer => Assert.True(producer < step.Index)));
        Assert.Equal("out", graph.Tensors[Assert.Single(graph.OutputTensors)]);
    }

    [Theory]
    [InlineData("a:in>out b:lost>x", "the tensor 'lost', which step 2 (model 'b') needs, is neither an input nor made by a step")]
    [InlineData("a:in>x", "the tensor 'out', which the outputs needs, is neither an input nor made by a step")]
    [InlineData("a:in>out b:in>out", "the tensor 'out' has two producers")]
    [InlineData("a:in>in", "the tensor 'in' has two producers")]
    [InlineData("a:in,y>x b:x>y c:y>out", "these wait for one another's tensors: step 1 (model 'a'), step 2 (model 'b'), step 3 (model 'c')")]
    [InlineData("a:x>x b:in>out", "these wait for one another's tensors: step 1 (model 'a')")]
    [InlineData("a:x>out b:out>x", "no step takes the input 'in'")]
    [InlineData(":in>out", "must have model_name, input_map and output_map")]
    [InlineData("a:in>", "must have model_name, input_map and output_map")]
    [InlineData("", "it must have inputs, outputs and steps")]
    public void What_is_no_graph_is_refused(string steps, string reason)
    {
        var parsed = steps.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(step => step.Split(':', '>')).Select(step => Step(step[0], step[1].Replace(',', ' '), step[2]));

        var refused = Assert.Throws<InferenceException>(() => EnsembleGraph.Create(Signature([.. parsed])));

        Assert.Equal(InferenceErrorKind.FailedPrecondition, refused.Kind);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private static int Level(EnsembleGraph graph, string model) => graph.Steps.Single(step => step.ModelName == model).Level;

    internal static EnsembleSignature Signature(params EnsembleStep[] steps) =>
        new(1, [new TensorSignature("in", "FP32", [-1, 2])], [new TensorSignature("out", "FP32", [-1, 2])], steps);

    /// <summary>The model's inputs and outputs have the names of the ensemble's tensors, in capitals.</summary>
    internal static EnsembleStep Step(string model, string inputs, string outputs) => new(model, Map(inputs), Map(outputs));

    private static Dictionary<string, string> Map(string tensors) => tensors.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(tensor => tensor.ToUpperInvariant());
}
