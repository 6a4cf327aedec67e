using CloudNativeAi.Client;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Inference.Tests.Client;

public sealed class InferenceClientTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tensors_go_to_a_model_and_come_back()
    {
        await using var platform = await FakePlatform.StartAsync();
        await using var host = await InferenceHost.ServeAsync(
            platform, [("floats", TestOnnx.Identity(Datatype.Fp32, -1, 2)), ("texts", TestOnnx.Identity(Datatype.Bytes, -1))]);
        using var client = new InferenceClient(host.GrpcAddress);

        var floats = await client.InferAsync("floats", [InferTensor.Create<float>("X", [1, 2, 3, 4.5f], 2, 2)], cancellationToken: Cancelled);
        var texts = await client.InferAsync("texts", [InferTensor.Create("X", ["", "Flüge", "日"], 3)], "champion", Cancelled);

        Assert.True(await client.IsReadyAsync("floats", cancellationToken: Cancelled));
        Assert.Equal(("floats", "1"), (floats.ModelName, floats.ModelVersion));
        var output = Assert.Single(floats.Outputs);
        Assert.Equal([2, 2], floats.ShapeOf(output));
        Assert.Equal([1, 2, 3, 4.5f], floats.Elements<float>(output).ToArray());
        Assert.Equal(["", "Flüge", "日"], texts.Texts(texts.Outputs.Single()));
        Assert.Throws<InvalidCastException>(() => floats.Elements<double>(output).ToArray());
        Assert.Throws<KeyNotFoundException>(() => floats.ShapeOf("no_such_output"));
    }

    [Fact]
    public async Task An_error_says_what_is_wrong()
    {
        await using var platform = await FakePlatform.StartAsync();
        await using var host = await InferenceHost.ServeAsync(platform, [("floats", TestOnnx.Identity(Datatype.Fp32, -1, 2))]);
        using var client = new InferenceClient(host.GrpcAddress);

        var wrongType = await Assert.ThrowsAsync<RpcException>(() => client.InferAsync("floats", [InferTensor.Create<long>("X", [1, 2], 1, 2)], cancellationToken: Cancelled));

        Assert.Equal(StatusCode.InvalidArgument, wrongType.StatusCode);
        Assert.Contains("FP32", wrongType.Status.Detail, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => InferTensor.Create<float>("X", [1, 2, 3], 2, 2));
        Assert.Throws<ArgumentException>(() => InferTensor.Create<decimal>("X", [1], 1));
    }

    [Fact]
    public async Task A_prediction_by_entity_keeps_its_name()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Registry.Add(TestModels.Name, TestModels.Signed());
        platform.Registry.SetAlias(TestModels.Name, "champion", 1);
        await using var host = InferenceHost.Start(platform);
        await host.WaitForAsync(TestModels.Name, "champion", 1);
        using var client = new InferenceClient(host.GrpcAddress);

        var named = await client.PredictAsync(
            TestModels.Name, new Dictionary<string, FieldValue> { ["user"] = "u1" }, new Dictionary<string, FieldValue> { ["amount"] = 0.75 }, "p-1", Cancelled);
        var unnamed = await client.PredictAsync(
            TestModels.Name, new Dictionary<string, FieldValue> { ["user"] = "u1" }, new Dictionary<string, FieldValue> { ["amount"] = 0.75 }, cancellationToken: Cancelled);

        Assert.Equal(("p-1", named.Score), (named.PredictionId, unnamed.Score));
        Assert.NotEmpty(unnamed.PredictionId);
    }

    [Fact]
    public async Task An_unavailable_server_is_asked_again_within_the_attempts()
    {
        await using var server = await FakeServer.StartAsync();
        using var client = new InferenceClient(new Uri(server.Address), new InferenceClientOptions { RetryDelay = TimeSpan.FromMilliseconds(1) });

        server.FailuresLeft = 2;
        await client.InferAsync("m", [], cancellationToken: Cancelled);
        Assert.Equal(3, server.Calls);

        server.FailuresLeft = 3;
        await Assert.ThrowsAsync<RpcException>(() => client.InferAsync("m", [], cancellationToken: Cancelled));
        Assert.Equal(6, server.Calls);
    }

    [Fact]
    public async Task Retries_end_when_the_budget_is_spent()
    {
        await using var server = await FakeServer.StartAsync();
        using var client = new InferenceClient(new Uri(server.Address), new InferenceClientOptions { RetryDelay = TimeSpan.FromMilliseconds(1), RetryBudget = 4 });

        server.FailuresLeft = int.MaxValue;
        for (var call = 0; call < 10; call++)
        {
            await Assert.ThrowsAsync<RpcException>(() => client.InferAsync("m", [], cancellationToken: Cancelled));
        }

        // Two failures spend the half of four that may be spent on retries.
        Assert.Equal(11, server.Calls);
    }

    [Fact]
    public async Task A_call_ends_at_its_deadline_on_both_sides()
    {
        await using var server = await FakeServer.StartAsync();
        using var client = new InferenceClient(new Uri(server.Address), new InferenceClientOptions { Timeout = TimeSpan.FromSeconds(2) });

        server.Hangs = true;
        var failure = await Assert.ThrowsAsync<RpcException>(() => client.InferAsync("m", [], cancellationToken: Cancelled));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        await server.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
    }

    private sealed class FakeServer : GRPCInferenceService.GRPCInferenceServiceBase, IAsyncDisposable
    {
        private GrpcTestServer _server = null!;

        public string Address => _server.Address;

        public int Calls { get; private set; }

        public int FailuresLeft { get; set; }

        public bool Hangs { get; set; }

        public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static async Task<FakeServer> StartAsync()
        {
            var fake = new FakeServer();
            fake._server = await GrpcTestServer.StartAsync(services => services.AddSingleton(fake), routes => routes.MapGrpcService<FakeServer>());
            return fake;
        }

        public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
        {
            Calls++;
            if (Hangs)
            {
                await using var registration = context.CancellationToken.Register(Cancelled.SetResult);
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            }

            return FailuresLeft-- > 0 ? throw new RpcException(new Status(StatusCode.Unavailable, "not now")) : new ModelInferResponse();
        }

        public ValueTask DisposeAsync() => _server.DisposeAsync();
    }
}
