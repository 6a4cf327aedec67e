using System.Text;
using System.Text.Json.Nodes;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Tests.OpenInference;

public sealed class ClassLabelFunctionalTests : IAsyncLifetime
{
    private const string Model = "animals";

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _platform.Registry.Add(Model, Version("""{ "format_version": 1, "outputs": [ { "name": "Y", "datatype": "FP32", "shape": [-1, 3], "class_labels": ["cat", "dog", "a:b"] } ] }"""));
        _platform.Registry.SetAlias(Model, "champion", 1);
        _host = InferenceHost.Start(_platform);
        await _host.WaitForAsync(Model, "champion", 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Classification_names_the_classes_over_grpc()
    {
        var request = InferRequests.Raw<float>(Model, "FP32", [2, 3], 0.25f, 3, 1, 0, -1, 0);
        request.Outputs.Add(Classify("Y", 2));

        var answer = await _host.OpenInference.ModelInferAsync(request, cancellationToken: Cancelled);
        var metadata = await _host.OpenInference.ModelMetadataAsync(new ModelMetadataRequest { Name = Model }, cancellationToken: Cancelled);

        Assert.Equal([2, 2], answer.Outputs[0].Shape);
        Assert.Equal(["3.000000:1:dog", "1.000000:2:a:b", "0.000000:0:cat", "0.000000:2:a:b"], Texts(answer));
        Assert.Equal("cat,dog,a:b", metadata.Properties["class_labels.Y"]);
    }

    [Fact]
    public async Task Classification_names_the_classes_over_rest()
    {
        var answer = await _host.PostAsync(
            $"/v2/models/{Model}/infer",
            """{"inputs":[{"name":"X","shape":[1,3],"datatype":"FP32","data":[1,2,0.5]}],"outputs":[{"name":"Y","parameters":{"classification":9}}]}""");

        Assert.Equal(["2.000000:1:dog", "1.000000:0:cat", "0.500000:2:a:b"], answer.Json["outputs"]![0]!["data"]!.AsArray().Select(text => (string)text!));
    }

    [Fact]
    public async Task A_lone_probability_stands_for_two_classes()
    {
        _platform.Registry.Add(TestModels.Name, TestModels.Signed());
        _platform.Registry.SetAlias(TestModels.Name, "champion", 1);
        await _host.WaitForAsync(TestModels.Name, "champion", 1);
        var request = InferRequests.Raw<double>(TestModels.Name, "FP64", [2, 3], 0, 0.5, 0, 0, 0, 2);
        request.Inputs[0].Name = ModelSignature.InputName;
        request.Outputs.Add(Classify(ModelSignature.OutputName, 2));

        var answer = await _host.OpenInference.ModelInferAsync(request, cancellationToken: Cancelled);

        // sigmoid(-1) and sigmoid(1).
        Assert.Equal(["0.731059:0:false", "0.268941:1:true", "0.731059:1:true", "0.268941:0:false"], Texts(answer));
    }

    [Theory]
    [InlineData("""{ "format_version": 1, "outputs": [ { "name": "Z", "datatype": "FP32", "shape": [-1, 3] } ] }""", "no output 'Z' of FP32 [-1,3]; its outputs are 'Y' of FP32 [-1,3]")]
    [InlineData("""{ "format_version": 1, "inputs": [ { "name": "X", "datatype": "FP64", "shape": [-1, 3] } ] }""", "whose inputs are 'X' of FP32 [-1,3]")]
    [InlineData("""{ "format_version": 1, "outputs": [ { "name": "Y", "datatype": "FP32", "shape": [-1, 3], "class_labels": ["cat", "dog"] } ] }""", "'Y' has 2 class labels for 3 columns")]
    [InlineData("""{ "format_version": 1, "outputs": [ { "name": "Y", "datatype": "FP32", "shape": [-1, 3], "class_labels": ["cat", "dog", "cat"] } ] }""", "different names")]
    [InlineData("""{ "format_version": 1, "labels": ["cat"] }""", "labels")]
    [InlineData("""{ "format_version": 2 }""", "format version 2")]
    [InlineData("""{ "outputs": [] }""", "format_version")]
    [InlineData("""[1]""", "no object")]
    [InlineData("""{""", "signature cannot be used")]
    public async Task Wrong_signature_leaves_the_old_version_serving(string signature, string reason)
    {
        _platform.Registry.SetAlias(Model, "champion", _platform.Registry.Add(Model, Version(signature)));

        var refused = await _host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.Version == 2 && model.State == "UNAVAILABLE"));
        var answer = await _host.OpenInference.ModelInferAsync(InferRequests.Raw<float>(Model, "FP32", [1, 3], 1, 2, 3), cancellationToken: Cancelled);

        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
        Assert.Equal("1", answer.ModelVersion);
    }

    [Theory]
    [InlineData("threshold", "1.5", "threshold 1.5 is no probability")]
    [InlineData("class_labels", """["same", "same"]""", "different names")]
    [InlineData("class_labels", """["one", "two", "three"]""", "3 class labels for 1 columns")]
    public async Task Wrong_labels_or_threshold_of_a_trained_version_leave_the_old_one_serving(string member, string value, string reason)
    {
        var signature = JsonNode.Parse(TestModels.Signature().ToJson())!;
        signature[member] = JsonNode.Parse(value);
        _platform.Registry.Add(TestModels.Name, TestModels.Signed());
        _platform.Registry.SetAlias(TestModels.Name, "champion", 1);
        await _host.WaitForAsync(TestModels.Name, "champion", 1);
        _platform.Registry.Add(TestModels.Name, (ModelFiles.Onnx, TestOnnx.Logistic(1, 2, 3)), (ModelFiles.Signature, Encoding.UTF8.GetBytes(signature.ToJsonString())));

        _platform.Registry.SetAlias(TestModels.Name, "champion", 2);

        var refused = await _host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.Version == 2 && model.State == "UNAVAILABLE"));
        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
        Assert.Equal(1, (await _host.Predictions.PredictAsync(TestModels.Request("u1"), cancellationToken: Cancelled)).ModelVersion);
    }

    private static (string, byte[])[] Version(string signature) =>
        [(ModelFiles.Onnx, TestOnnx.Identity(Datatype.Fp32, -1, 3)), (ModelFiles.Signature, Encoding.UTF8.GetBytes(signature))];

    private static ModelInferRequest.Types.InferRequestedOutputTensor Classify(string output, int count) =>
        new() { Name = output, Parameters = { ["classification"] = new InferParameter { Int64Param = count } } };

    private static List<string> Texts(ModelInferResponse answer) => Wires.Texts(new Tensor("", Datatype.Bytes, [], answer.RawOutputContents[0].ToByteArray()));
}
