using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using Google.Protobuf;
using Grpc.Core;

namespace CloudNativeAi.Inference.Tests.OpenInference;

/// <summary>What a request can have wrong: each is refused with a message that says what.</summary>
public sealed class ValidationFunctionalTests : IAsyncLifetime
{
    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _host = await InferenceHost.ServeAsync(
            _platform,
            [
                ("floats", TestOnnx.Identity(Datatype.Fp32, -1, 2)),
                ("texts", TestOnnx.Identity(Datatype.Bytes, -1, 1)),
                ("bytes", TestOnnx.Identity(Datatype.Int8, -1, 1)),
                ("sums", TestOnnx.AddAndSubtract(Datatype.Int32, 2)),
                ("fixed", TestOnnx.Identity(Datatype.Fp32, 2, 2)),
            ],
            ("Models:MaxBatchSize", "8"));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public Task Typed_and_raw_contents_together() => RefusedAsync(
        request => request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { 1, 2 } }, "contents field must not be specified when using raw_input_contents");

    [Fact]
    public Task Typed_contents_of_another_datatype() => RefusedAsync(
        request =>
        {
            request.RawInputContents.Clear();
            request.Inputs[0].Contents = new InferTensorContents { Fp64Contents = { 1, 2 } };
        },
        "not those of data-type 'FP32'");

    [Fact]
    public Task Input_without_data() => RefusedAsync(request => request.RawInputContents.Clear(), "has no data");

    [Fact]
    public Task Fewer_raw_contents_than_inputs() => RefusedAsync(
        request => request.Inputs.Add(InferRequests.Input("Z", "FP32", [1])), "expected one raw_input_contents for each of 2 inputs, got 1");

    [Fact]
    public Task Datatype_that_differs_from_the_models() => RefusedAsync(request => request.Inputs[0].Datatype = "INT32", "data-type is 'INT32', but model 'floats' expects 'FP32'");

    [Fact]
    public Task Unknown_datatype() => RefusedAsync(request => request.Inputs[0].Datatype = "FLOAT", "unknown data-type 'FLOAT'");

    [Fact]
    public Task Other_rank() => RefusedAsync(Shape(2), "unexpected shape for input 'X' for model 'floats'. Expected [-1,2], got [2]");

    [Fact]
    public Task Other_fixed_dimension() => RefusedAsync(Shape(1, 3), "Expected [-1,2], got [1,3]");

    [Fact]
    public Task Raw_bytes_that_are_not_the_shapes() => RefusedAsync(Shape(2, 2), "input byte size mismatch for input 'X' for model 'floats'. Expected 16, got 8");

    [Fact]
    public Task Half_an_element_too_much() => RefusedAsync(request => request.RawInputContents[0] = ByteString.CopyFrom(new byte[10]), "Expected 8, got 10");

    [Fact]
    public Task Negative_dimension() => RefusedAsync(Shape(-1, 2), "dimensions must not be negative");

    [Fact]
    public Task Shape_whose_product_overflows() => RefusedAsync(Shape(long.MaxValue, 2), "nor their product too large");

    [Fact]
    public Task Shape_whose_bytes_overflow() => RefusedAsync(Shape(long.MaxValue / 2, 2), "byte size mismatch");

    [Fact]
    public Task More_rows_than_a_run_may_have() => RefusedAsync(
        request =>
        {
            Shape(9, 2)(request);
            request.RawInputContents[0] = ByteString.CopyFrom(new byte[72]);
        },
        "inference request batch-size must be <= 8 for 'floats'");

    [Fact]
    public Task Unknown_input() => RefusedAsync(request => request.Inputs[0].Name = "Z", "unexpected inference input 'Z' for model 'floats'");

    [Fact]
    public Task Unknown_output() => RefusedAsync(
        request => request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "Z" }), "unexpected inference output 'Z' requested for model 'floats'");

    [Fact]
    public Task Output_asked_for_twice() => RefusedAsync(
        request => request.Outputs.Add(new[] { "Y", "Y" }.Select(name => new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name })), "requested twice");

    [Fact]
    public Task Classification_of_nothing() => RefusedAsync(
        request => request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "Y", Parameters = { ["classification"] = new InferParameter { Int64Param = 0 } } }), "must be 1 or more");

    [Fact]
    public async Task Shared_memory_is_not_served()
    {
        var request = InferRequests.Raw<float>("floats", "FP32", [1, 2], 1, 2);
        request.Inputs[0].Parameters["shared_memory_region"] = new InferParameter { StringParam = "r" };

        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.OpenInference.ModelInferAsync(request, cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);

        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
    }

    [Fact]
    public Task Reserved_parameter() => RefusedAsync(request => request.Parameters["triton_x"] = new InferParameter { BoolParam = true }, "reserved");

    [Fact]
    public Task Timeout_that_is_none() => RefusedAsync(request => request.Parameters["timeout"] = new InferParameter { Int64Param = -1 }, "'timeout'");

    [Fact]
    public async Task Missing_and_duplicate_inputs_and_unequal_rows()
    {
        var missing = new ModelInferRequest { ModelName = "sums", Inputs = { Ints("A", 1, 2) } };
        var twice = new ModelInferRequest { ModelName = "sums", Inputs = { Ints("A", 1, 2), Ints("A", 1, 2) } };
        var unequal = new ModelInferRequest { ModelName = "sums", Inputs = { Ints("A", 1, 2), Ints("B", 1, 2, 3, 4) } };

        Assert.Contains("expected 2 inputs but got 1 inputs for model 'sums'; missing: 'B'", await RefusalOfAsync(missing), StringComparison.Ordinal);
        Assert.Contains("input 'A' already exists in request", await RefusalOfAsync(twice), StringComparison.Ordinal);
        Assert.Contains("batch size does not match other inputs", await RefusalOfAsync(unequal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0 }, "incomplete string length")]
    [InlineData(new byte[] { 5, 0, 0, 0, 97 }, "incomplete string data")]
    [InlineData(new byte[] { 255, 255, 255, 255, 97 }, "incomplete string data")]
    [InlineData(new byte[] { 1, 0, 0, 0, 97, 98 }, "1 bytes follow the last")]
    [InlineData(new byte[] { }, "")]
    public async Task Strings_framed_wrongly(byte[] raw, string expected)
    {
        var request = new ModelInferRequest { ModelName = "texts", Inputs = { InferRequests.Input("X", "BYTES", [1, 1]) }, RawInputContents = { ByteString.CopyFrom(raw) } };

        Assert.Contains(expected, await RefusalOfAsync(request), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Typed_element_out_of_range()
    {
        var request = new ModelInferRequest { ModelName = "bytes", Inputs = { InferRequests.Input("X", "INT8", [1, 1], new InferTensorContents { IntContents = { 128 } }) } };

        Assert.Contains("out of its data-type's range", await RefusalOfAsync(request), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Empty_dimension_gives_an_empty_tensor()
    {
        var answer = await _host.OpenInference.ModelInferAsync(InferRequests.Raw<float>("floats", "FP32", [0, 2]), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal([0, 2], answer.Outputs[0].Shape);
        Assert.True(answer.RawOutputContents[0].IsEmpty);
    }

    [Fact]
    public async Task Unaligned_and_requested_outputs_only()
    {
        var request = new ModelInferRequest
        {
            ModelName = "sums",
            Inputs = { Ints("B", 10, 20), Ints("A", 1, 2) },
            Outputs = { new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "DIFF" } },
        };

        var answer = await _host.OpenInference.ModelInferAsync(request, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("DIFF", Assert.Single(answer.Outputs).Name);
        Assert.Equal([-9, -18], answer.Values<int>());
    }

    [Theory]
    [InlineData("none", "", StatusCode.NotFound, "Request for unknown model: 'none' is not found")]
    [InlineData("floats", "9", StatusCode.NotFound, "Request for unknown model: 'floats' version 9 is not found")]
    [InlineData("floats", "0", StatusCode.NotFound, "version 0 is not found")]
    [InlineData("floats", "one", StatusCode.InvalidArgument, "version string 'one'")]
    [InlineData("floats", "-1", StatusCode.InvalidArgument, "version string '-1'")]
    public async Task Unknown_model_or_version(string model, string version, StatusCode expected, string message)
    {
        var request = InferRequests.Raw<float>(model, "FP32", [1, 2], 1, 2);
        request.ModelVersion = version;

        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.OpenInference.ModelInferAsync(request, cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);

        Assert.Equal(expected, refused.StatusCode);
        Assert.Contains(message, refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_over_the_limit_is_refused()
    {
        var request = InferRequests.Raw<float>("floats", "FP32", [1, 2], 1, 2);
        request.RawInputContents[0] = ByteString.CopyFrom(new byte[(1 << 26) + 1]);

        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.OpenInference.ModelInferAsync(request, cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    private static ModelInferRequest.Types.InferInputTensor Ints(string name, params int[] values) =>
        InferRequests.Input(name, "INT32", [values.Length / 2, 2], new InferTensorContents { IntContents = { values } });

    private static Action<ModelInferRequest> Shape(params long[] shape) => request =>
    {
        request.Inputs[0].Shape.Clear();
        request.Inputs[0].Shape.Add(shape);
    };

    private async Task RefusedAsync(Action<ModelInferRequest> spoil, string expected)
    {
        var request = InferRequests.Raw<float>("floats", "FP32", [1, 2], 1, 2);
        spoil(request);

        Assert.Contains(expected, await RefusalOfAsync(request), StringComparison.Ordinal);
    }

    private async Task<string> RefusalOfAsync(ModelInferRequest request)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.OpenInference.ModelInferAsync(request, cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        return refused.Status.Detail;
    }
}
