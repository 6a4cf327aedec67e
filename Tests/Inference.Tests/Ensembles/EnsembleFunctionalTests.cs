using System.Net;
using System.Text;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.Inference.Tests.Tokenization;
using CloudNativeAi.Modeling;
using CloudNativeAi.Modeling.Trees;
using Grpc.Core;

namespace CloudNativeAi.Inference.Tests.Ensembles;

/// <summary>Text to an encoder, its embedding to a tree, as one model.</summary>
public sealed class EnsembleFunctionalTests : IAsyncLifetime
{
    private const string Model = "review";

    private const string Chain = """
        { "format_version": 1,
          "inputs": [ { "name": "text", "datatype": "BYTES", "shape": [-1] } ],
          "outputs": [ { "name": "score", "datatype": "FP64", "shape": [-1, 1], "class_labels": ["bad", "good"] }, { "name": "embedding", "datatype": "FP32", "shape": [-1, 3] } ],
          "steps": [
            { "model_name": "tree", "input_map": { "features": "features" }, "output_map": { "score": "score" } },
            { "model_name": "encoder", "input_map": { "text": "text" }, "output_map": { "Y": "embedding" } },
            { "model_name": "cast", "model_version": "1", "input_map": { "X": "embedding" }, "output_map": { "Y": "features" } } ] }
        """;

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        Add("encoder", (ModelFiles.Onnx, TestOnnx.Encoder(12)), (ModelFiles.Signature, """{ "format_version": 1, "tokenizer": { "type": "wordpiece", "max_length": 6 } }"""u8.ToArray()), ("vocab.txt", TestVocabularies.WordPiece));
        Add("cast", (ModelFiles.Onnx, TestOnnx.Cast(Datatype.Fp32, Datatype.Fp64, -1, 3)));
        Add("tree", (ModelFiles.Onnx, Tree(threshold: 10)));
        Add(Model, Ensemble(Chain));
        _host = InferenceHost.Start(_platform);
        await _host.WaitForAsync(Model, "champion", 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Theory]
    [InlineData(Wire.Grpc)]
    [InlineData(Wire.RestBinary)]
    public async Task Text_goes_through_encoder_and_tree(Wire wire)
    {
        var answer = await _host.InferAsync(wire, Model, TextModelFunctionalTests.Texts("text", "want", "unwanted"));

        // Sums of the ids [CLS] want [SEP] and [CLS] un ##want ##ed [SEP]: at most 10, and more.
        Assert.Equal([6, 14, 3, 19, 95, 5], answer["embedding"].Values<float>());
        Assert.Equal([Sigmoid(-1), Sigmoid(2)], answer["score"].Values<double>());
    }

    [Fact]
    public async Task Rest_gives_rows_and_classes()
    {
        var rows = await _host.PostAsync($"/v1/models/{Model}:predict", """{"instances":["want","unwanted"]}""");
        var classes = await _host.PostAsync(
            $"/v2/models/{Model}/infer", """{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["unwanted"]}],"outputs":[{"name":"score","parameters":{"classification":1}}]}""");

        Assert.Equal([Sigmoid(-1), Sigmoid(2)], rows.Json["predictions"]!.AsArray().Select(row => (double)row!["score"]![0]!));
        Assert.EndsWith(":1:good", (string)classes.Json["outputs"]![0]!["data"]![0]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Descriptions_show_the_graph_and_statistics_count_it_and_its_steps()
    {
        await _host.InferAsync(Wire.Grpc, Model, TextModelFunctionalTests.Texts("text", "want", "un"));
        await _host.InferAsync(Wire.Grpc, Model, TextModelFunctionalTests.Texts("text", "want"));

        var metadata = await _host.OpenInference.ModelMetadataAsync(new ModelMetadataRequest { Name = Model }, cancellationToken: Cancelled);
        var config = (await _host.OpenInference.ModelConfigAsync(new ModelConfigRequest { Name = Model }, cancellationToken: Cancelled)).Config;
        var json = (await _host.GetAsync($"/v2/models/{Model}/config")).Json;

        Assert.Equal(("ensemble", "ensemble"), (metadata.Platform, config.Platform));
        Assert.Equal(["text"], metadata.Inputs.Select(input => input.Name));
        Assert.Equal(["score", "embedding"], metadata.Outputs.Select(output => output.Name));
        Assert.Equal(["encoder", "cast", "tree"], config.EnsembleScheduling.Step.Select(step => step.ModelName));
        Assert.Equal([-1, 1, -1], config.EnsembleScheduling.Step.Select(step => step.ModelVersion));
        Assert.Equal(("embedding", "features"), (config.EnsembleScheduling.Step[1].InputMap["X"], config.EnsembleScheduling.Step[1].OutputMap["Y"]));
        Assert.Equal("text", (string)json["ensemble_scheduling"]!["step"]![0]!["input_map"]!["text"]!);
        Assert.Null(config.DynamicBatching);
        foreach (var name in (string[])[Model, "encoder", "cast", "tree"])
        {
            var statistics = Assert.Single((await _host.OpenInference.ModelStatisticsAsync(new ModelStatisticsRequest { Name = name }, cancellationToken: Cancelled)).ModelStats);
            Assert.Equal((2UL, 3UL, 2UL), (statistics.InferenceStats.Success.Count, statistics.InferenceCount, statistics.ExecutionCount));
        }
    }

    [Fact]
    public async Task Failure_of_a_step_names_it()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.InferAsync(Wire.Grpc, Model, TextModelFunctionalTests.Texts("text", "unwanted running")));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.StartsWith($"in ensemble '{Model}', the step of model 'encoder': element 0 of input 'text' has 7 tokens", refused.Status.Detail, StringComparison.Ordinal);
        var failed = Assert.Single((await _host.OpenInference.ModelStatisticsAsync(new ModelStatisticsRequest { Name = Model }, cancellationToken: Cancelled)).ModelStats);
        Assert.Equal(1UL, failed.InferenceStats.Fail.Count);
    }

    [Fact]
    public async Task Step_follows_its_alias()
    {
        var version = _platform.Registry.Add("tree", (ModelFiles.Onnx, Tree(threshold: 1)));
        _platform.Registry.SetAlias("tree", "champion", version);
        await _host.WaitForAsync("tree", "champion", version);

        var answer = await _host.InferAsync(Wire.Grpc, Model, TextModelFunctionalTests.Texts("text", "want"));

        Assert.Equal([Sigmoid(2)], answer["score"].Values<double>());
    }

    [Fact]
    public async Task Ensemble_whose_step_is_unloaded_is_unavailable_until_it_is_loaded()
    {
        await _host.OpenInference.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = "tree" }, cancellationToken: Cancelled);
        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.InferAsync(Wire.Grpc, Model, TextModelFunctionalTests.Texts("text", "want")));
        var overRest = await _host.PostAsync($"/v1/models/{Model}:predict", """{"instances":["want"]}""");
        await _host.OpenInference.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "tree" }, cancellationToken: Cancelled);
        var answer = await _host.InferAsync(Wire.Grpc, Model, TextModelFunctionalTests.Texts("text", "want"));

        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.Equal($"in ensemble '{Model}', the step of model 'tree': Model 'tree' is not at ready state: unloaded", refused.Status.Detail);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, overRest.Status);
        Assert.Equal([Sigmoid(-1)], answer["score"].Values<double>());
    }

    [Fact]
    public async Task Ensembles_are_steps_of_ensembles_up_to_a_limit()
    {
        var inner = Model;
        for (var nesting = 2; nesting <= 4; nesting++)
        {
            Add($"nested{nesting}", Ensemble(Nested(inner)));
            await _host.WaitForAsync($"nested{nesting}", "champion", 1);
            inner = $"nested{nesting}";
        }

        Add("nested5", Ensemble(Nested(inner)));
        var refused = await _host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.ModelName == "nested5" && model.State == "UNAVAILABLE"));
        var answer = await _host.InferAsync(Wire.Grpc, "nested4", TextModelFunctionalTests.Texts("text", "unwanted"));

        Assert.Contains("has 4 ensembles inside one another, and 4 are allowed, with this one", refused.Reason, StringComparison.Ordinal);
        Assert.Equal([Sigmoid(2)], answer["score"].Values<double>());
    }

    [Theory]
    [InlineData("\"model_name\": \"tree\"", "\"model_name\": \"forest\"", "the step of model 'forest' must be served before it: Request for unknown model: 'forest' is not found")]
    [InlineData("\"model_version\": \"1\"", "\"model_version\": \"7\"", "the step of model 'cast' must be served before it: Request for unknown model: 'cast' version 7 is not found")]
    [InlineData("\"model_name\": \"tree\"", "\"model_name\": \"review\"", "the step of model 'review' is, or has in it, the ensemble 'review' itself")]
    [InlineData("{ \"X\": \"embedding\" }", "{ \"Z\": \"embedding\" }", "the step of model 'cast' maps the input 'Z', and the model's inputs are 'X' of FP32 [-1,3]")]
    [InlineData("{ \"Y\": \"embedding\" }", "{ \"Q\": \"embedding\" }", "the step of model 'encoder' maps the output 'Q', and the model's outputs are 'Y' of FP32 [-1,3]")]
    [InlineData("{ \"features\": \"features\" }", "{ \"features\": \"embedding\" }", "the step of model 'tree' takes 'features' of FP64 [-1,3] and gets 'Y' of FP32 [-1,3]")]
    [InlineData("\"FP64\", \"shape\": [-1, 1], \"class_labels\": [\"bad\", \"good\"]", "\"FP64\", \"shape\": [-1, 2]", "the output 'score' of FP64 [-1,2] is made as 'score' of FP64 [-1,1]")]
    [InlineData("\"FP32\", \"shape\": [-1, 3]", "\"FP31\", \"shape\": [-1, 3]", "'embedding' has the unknown data-type 'FP31'")]
    [InlineData("{ \"score\": \"score\" }", "{ \"score\": \"lost\" }", "the tensor 'score', which the outputs needs, is neither an input nor made by a step")]
    [InlineData("\"steps\"", "\"step\"", "step")]
    [InlineData("\"format_version\": 1", "\"format_version\": 9", "format version 9")]
    public async Task Wrong_document_leaves_the_old_version_serving(string part, string replaced, string reason)
    {
        Assert.Contains(part, Chain, StringComparison.Ordinal);

        var version = Add(Model, Ensemble(Chain.Replace(part, replaced, StringComparison.Ordinal)));

        var refused = await _host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.Version == version && model.State == "UNAVAILABLE"));
        var answer = await _host.InferAsync(Wire.Grpc, Model, TextModelFunctionalTests.Texts("text", "want"));
        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
        Assert.Equal([Sigmoid(-1)], answer["score"].Values<double>());
    }

    [Fact]
    public async Task Ensemble_is_served_at_start_with_its_steps_and_without_another_attempt()
    {
        await using var host = InferenceHost.Start(_platform, null, ("Models:RetryDelay", "00:01:00"));

        await host.WaitForAsync(Model, "champion", 1);

        Assert.Equal(["READY", "READY", "READY", "READY"], (await host.OpenInference.RepositoryIndexAsync(new RepositoryIndexRequest(), cancellationToken: Cancelled)).Models.Select(model => model.State));
    }

    [Fact]
    public async Task Ensemble_that_has_itself_in_it_is_refused()
    {
        Add("outer", Ensemble(Nested(Model)));
        await _host.WaitForAsync("outer", "champion", 1);

        var version = Add(Model, Ensemble(Nested("outer")));

        var refused = await _host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.Version == version && model.State == "UNAVAILABLE"));
        Assert.Contains($"the step of model 'outer' is, or has in it, the ensemble '{Model}' itself", refused.Reason, StringComparison.Ordinal);
    }

    private static string Nested(string inner) => $$"""
        { "format_version": 1,
          "inputs": [ { "name": "text", "datatype": "BYTES", "shape": [-1] } ],
          "outputs": [ { "name": "score", "datatype": "FP64", "shape": [-1, 1] } ],
          "steps": [ { "model_name": "{{inner}}", "input_map": { "text": "text" }, "output_map": { "score": "score" } } ] }
        """;

    // One split of the first feature: log-odds -1 up to the threshold, else 2.
    private static byte[] Tree(double threshold) => TreeEnsembleOnnx.Write(
        new TreeEnsemble(3, [new DecisionTree([0], [threshold], [true], [MissingValues.None], [null], [~0], [~1], [-1, 2])]));

    private static double Sigmoid(double logOdds) => 1 / (1 + Math.Exp(-logOdds));

    private static (string, byte[]) Ensemble(string document) => (ModelFiles.Ensemble, Encoding.UTF8.GetBytes(document));

    private int Add(string model, params (string Path, byte[] Content)[] files)
    {
        var version = _platform.Registry.Add(model, files);
        _platform.Registry.SetAlias(model, "champion", version);
        return version;
    }
}
