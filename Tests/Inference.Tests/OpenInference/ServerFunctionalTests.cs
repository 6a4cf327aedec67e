using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace CloudNativeAi.Inference.Tests.OpenInference;

public sealed class ServerFunctionalTests : IAsyncLifetime
{
    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _platform.Registry.Add("floats", ("model.onnx", TestOnnx.Identity(Datatype.Fp32, -1, 2)));
        _platform.Registry.Add("floats", ("model.onnx", TestOnnx.Identity(Datatype.Fp64, -1, 2)));
        _platform.Registry.SetAlias("floats", "champion", 1);
        _platform.Registry.Add("sums", ("model.onnx", TestOnnx.CumulativeSum()));
        _platform.Registry.SetAlias("sums", "champion", 1);
        _host = InferenceHost.Start(_platform);
        await _host.WaitForAsync("floats", "champion", 1);
        await _host.WaitForAsync("sums", "champion", 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Server_is_live_ready_and_describes_itself()
    {
        Assert.True((await _host.OpenInference.ServerLiveAsync(new ServerLiveRequest(), cancellationToken: Cancelled)).Live);
        Assert.True((await _host.OpenInference.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: Cancelled)).Ready);
        var metadata = await _host.OpenInference.ServerMetadataAsync(new ServerMetadataRequest(), cancellationToken: Cancelled);

        Assert.Equal("CloudNativeAi", metadata.Name);
        Assert.NotEmpty(metadata.Version);
        Assert.Equal(["classification", "model_repository", "model_configuration", "binary_tensor_data", "parameters", "statistics"], metadata.Extensions);
        Assert.Equal("Healthy", await _host.Http.GetStringAsync("/health", Cancelled));
    }

    [Fact]
    public async Task Model_is_described_by_alias_and_by_number()
    {
        var champion = await _host.OpenInference.ModelMetadataAsync(new ModelMetadataRequest { Name = "floats" }, cancellationToken: Cancelled);
        var second = await _host.OpenInference.ModelMetadataAsync(new ModelMetadataRequest { Name = "floats", Version = "2" }, cancellationToken: Cancelled);
        var byAlias = await _host.OpenInference.ModelMetadataAsync(new ModelMetadataRequest { Name = "floats", Version = "champion" }, cancellationToken: Cancelled);

        Assert.Equal(("FP32", "FP64"), (champion.Inputs[0].Datatype, second.Inputs[0].Datatype));
        Assert.Equal([-1, 2], champion.Inputs[0].Shape);
        Assert.Equal(["1", "2"], second.Versions);
        Assert.Equal("onnxruntime_onnx", champion.Platform);
        Assert.Equal("cpu", champion.Properties["execution_provider"]);
        Assert.Equal("champion", byAlias.Properties["aliases"]);
    }

    [Theory]
    [InlineData("floats", "", true)]
    [InlineData("floats", "1", true)]
    [InlineData("floats", "2", true)]
    [InlineData("floats", "3", false)]
    [InlineData("none", "", false)]
    public async Task Readiness_of_a_model(string model, string version, bool expected)
    {
        var answer = await _host.OpenInference.ModelReadyAsync(new ModelReadyRequest { Name = model, Version = version }, cancellationToken: Cancelled);

        Assert.Equal(expected, answer.Ready);
    }

    [Fact]
    public async Task Stream_answers_in_order_and_outlives_a_bad_request()
    {
        using var stream = _host.OpenInference.ModelStreamInfer(cancellationToken: Cancelled);
        for (var i = 0; i < 500; i++)
        {
            var request = InferRequests.Raw<float>(i == 250 ? "none" : "floats", "FP32", [1, 2], i, -i);
            request.Id = $"{i}";
            await stream.RequestStream.WriteAsync(request, Cancelled);
        }

        await stream.RequestStream.CompleteAsync();
        var answers = await stream.ResponseStream.ReadAllAsync(Cancelled).ToListAsync(Cancelled);

        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), answers.Select(answer => answer.InferResponse.Id));
        Assert.Contains("unknown model", answers[250].ErrorMessage, StringComparison.Ordinal);
        Assert.All(answers.Where((_, i) => i != 250), answer => Assert.Empty(answer.ErrorMessage));
        Assert.Equal([499, -499], answers[499].InferResponse.Values<float>());
    }

    [Fact]
    public async Task Model_whose_first_dimension_is_no_batch_is_never_joined()
    {
        var answers = await Task.WhenAll(Enumerable.Range(1, 100).Select(i =>
            _host.OpenInference.ModelInferAsync(InferRequests.Raw<float>("sums", "FP32", [3], i, i, i), cancellationToken: Cancelled).ResponseAsync));

        Assert.All(Enumerable.Range(1, 100), i => Assert.Equal([i, 2 * i, 3 * i], answers[i - 1].Values<float>()));
    }

    [Fact]
    public async Task Index_lists_what_is_loaded()
    {
        var index = await _host.OpenInference.RepositoryIndexAsync(new RepositoryIndexRequest { Ready = true }, cancellationToken: Cancelled);

        Assert.Equal(["floats", "sums"], index.Models.Select(model => model.Name).Distinct());
        Assert.All(index.Models, model => Assert.Equal("READY", model.State));
    }

    [Fact]
    public async Task Model_is_unloaded_and_loaded_again()
    {
        await _host.OpenInference.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = "floats" }, cancellationToken: Cancelled);
        var champion = await Assert.ThrowsAsync<RpcException>(() => _host.OpenInference.ModelInferAsync(InferRequests.Raw<float>("floats", "FP32", [1, 2], 1, 2), cancellationToken: Cancelled).ResponseAsync);
        var byNumber = await _host.OpenInference.ModelReadyAsync(new ModelReadyRequest { Name = "floats", Version = "2" }, cancellationToken: Cancelled);
        // What the registry says meanwhile is remembered, but does not load it.
        _platform.Registry.SetAlias("floats", "champion", 2);

        await _host.OpenInference.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "floats" }, cancellationToken: Cancelled);

        Assert.Equal(StatusCode.Unavailable, champion.StatusCode);
        Assert.False(byNumber.Ready);
        await _host.WaitForAsync("floats", "champion", 2);
        var answer = await _host.OpenInference.ModelInferAsync(InferRequests.Raw<double>("floats", "FP64", [1, 2], 1, 2), cancellationToken: Cancelled);
        Assert.Equal([1, 2], answer.Values<double>());
    }

    [Fact]
    public async Task Load_that_fails_says_why_and_leaves_the_old_version_serving()
    {
        _platform.Registry.Add("floats", ("model.onnx", "no model"u8.ToArray()));
        _platform.Registry.SetAlias("floats", "champion", 3);
        await _host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model is { Version: 3, State: "UNAVAILABLE" }));

        var refused = await Assert.ThrowsAsync<RpcException>(() =>
            _host.OpenInference.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "floats" }, cancellationToken: Cancelled).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.Contains("failed to load 'floats': version 3: ONNX Runtime cannot load the model", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("1", (await _host.OpenInference.ModelInferAsync(InferRequests.Raw<float>("floats", "FP32", [1, 2], 1, 2), cancellationToken: Cancelled)).ModelVersion);
    }

    [Fact]
    public async Task Repository_refuses_what_it_does_not_serve()
    {
        var named = await Assert.ThrowsAsync<RpcException>(() =>
            _host.OpenInference.RepositoryIndexAsync(new RepositoryIndexRequest { RepositoryName = "other" }, cancellationToken: Cancelled).ResponseAsync);
        var withFiles = await Assert.ThrowsAsync<RpcException>(() => _host.OpenInference.RepositoryModelLoadAsync(
            new RepositoryModelLoadRequest { ModelName = "floats", Parameters = { ["file:1/model.onnx"] = new ModelRepositoryParameter { BytesParam = Google.Protobuf.ByteString.Empty } } },
            cancellationToken: Cancelled).ResponseAsync);
        var unknown = await Assert.ThrowsAsync<RpcException>(() =>
            _host.OpenInference.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = "none" }, cancellationToken: Cancelled).ResponseAsync);

        Assert.Equal((StatusCode.Unimplemented, StatusCode.Unimplemented, StatusCode.NotFound), (named.StatusCode, withFiles.StatusCode, unknown.StatusCode));
    }

    [Fact]
    public async Task Configuration_says_how_a_model_is_batched()
    {
        var floats = (await _host.OpenInference.ModelConfigAsync(new ModelConfigRequest { Name = "floats" }, cancellationToken: Cancelled)).Config;
        var sums = (await _host.OpenInference.ModelConfigAsync(new ModelConfigRequest { Name = "sums" }, cancellationToken: Cancelled)).Config;

        Assert.Equal((4096, DataType.TypeFp32), (floats.MaxBatchSize, floats.Input[0].DataType));
        Assert.Equal([2], floats.Output[0].Dims);
        Assert.Equal((3UL, 2UL), (floats.DynamicBatching.PriorityLevels, floats.DynamicBatching.DefaultPriorityLevel));
        Assert.Equal(0, sums.MaxBatchSize);
        Assert.Null(sums.DynamicBatching);
    }

    [Fact]
    public async Task Tensor_of_one_value_per_row_has_dims_in_tritons_configuration_and_may_be_sent_as_they_say()
    {
        await using var platform = await FakePlatform.StartAsync();
        await using var host = await InferenceHost.ServeAsync(platform, [("values", TestOnnx.Identity(Datatype.Fp32, -1)), ("sums", TestOnnx.CumulativeSum())]);

        var values = (await host.OpenInference.ModelConfigAsync(new ModelConfigRequest { Name = "values" }, cancellationToken: Cancelled)).Config;
        var sums = (await host.OpenInference.ModelConfigAsync(new ModelConfigRequest { Name = "sums" }, cancellationToken: Cancelled)).Config;
        var asConfigured = await host.OpenInference.ModelInferAsync(InferRequests.Raw<float>("values", "FP32", [3, 1], 1, 2, 3), cancellationToken: Cancelled);
        var asTheModelHasIt = await host.OpenInference.ModelInferAsync(InferRequests.Raw<float>("values", "FP32", [3], 1, 2, 3), cancellationToken: Cancelled);

        Assert.Equal(4096, values.MaxBatchSize);
        Assert.Equal([1], values.Input[0].Dims);
        Assert.Equal([1], values.Output[0].Dims);
        Assert.Equal((new ModelTensorReshape(), new ModelTensorReshape()), (values.Input[0].Reshape, values.Output[0].Reshape));
        Assert.Equal([1f, 2f, 3f], asConfigured.Values<float>());
        Assert.Equal(asTheModelHasIt.Outputs, asConfigured.Outputs);
        // Its rows do not share a run, so its first dimension is no batch.
        Assert.Equal([-1], sums.Input[0].Dims);
        Assert.Null(sums.Input[0].Reshape);
    }

    [Fact]
    public async Task Classification_names_the_greatest_values_of_each_row()
    {
        var request = InferRequests.Raw<float>("floats", "FP32", [2, 2], 0.25f, 3, float.NaN, -1);
        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "Y", Parameters = { ["classification"] = new InferParameter { Int64Param = 5 } } });

        var answer = await _host.OpenInference.ModelInferAsync(request, cancellationToken: Cancelled);

        Assert.Equal("BYTES", answer.Outputs[0].Datatype);
        Assert.Equal([2, 2], answer.Outputs[0].Shape);
        var raw = (ReadOnlySpan<byte>)answer.RawOutputContents[0].ToByteArray();
        var classes = new List<string>();
        while (!raw.IsEmpty)
        {
            classes.Add(System.Text.Encoding.UTF8.GetString(BytesFraming.Take(ref raw)));
        }

        Assert.Equal(["3.000000:1", "0.250000:0", "-1.000000:1", "NaN:0"], classes);
    }

    [Fact]
    public async Task Replica_that_knows_no_model_yet_gets_no_traffic()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Registry.IsDown = true;
        await using var host = InferenceHost.Start(platform);
        using var channel = GrpcChannel.ForAddress(host.GrpcAddress);

        var asked = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), cancellationToken: Cancelled);
        using var health = await host.Http.GetAsync("/health", Cancelled);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, asked.Status);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.False((await host.OpenInference.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: Cancelled)).Ready);
    }

    [Fact]
    public async Task Execution_provider_that_is_required_but_absent_makes_the_service_not_ready()
    {
        await using var host = InferenceHost.Start(_platform, null, ("ExecutionProvider:Name", "cuda"), ("ExecutionProvider:Policy", "require"));
        var served = await host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.ModelName == "floats" && model.State == "UNAVAILABLE"));

        using var health = await host.Http.GetAsync("/health", Cancelled);

        Assert.Contains("CPUExecutionProvider", served.Reason, StringComparison.Ordinal);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, health.StatusCode);
    }

    [Fact]
    public async Task Execution_provider_that_is_preferred_but_absent_falls_back_and_says_so()
    {
        await using var host = InferenceHost.Start(_platform, null, ("ExecutionProvider:Name", "cuda"));
        await host.WaitForAsync("floats", "champion", 1);

        var metadata = await host.OpenInference.ModelMetadataAsync(new ModelMetadataRequest { Name = "floats" }, cancellationToken: Cancelled);

        Assert.Equal(("cpu", "true"), (metadata.Properties["execution_provider"], metadata.Properties["execution_provider_fallback"]));
    }
}
