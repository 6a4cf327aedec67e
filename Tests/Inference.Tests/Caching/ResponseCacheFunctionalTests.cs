using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Caching;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;

namespace CloudNativeAi.Inference.Tests.Caching;

public sealed class ResponseCacheFunctionalTests : IAsyncLifetime
{
    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _platform.Registry.Add("kept", ("model.onnx", TestOnnx.AddAndSubtract(Datatype.Int32, 2)));
        _platform.Registry.Add("kept", ("model.onnx", TestOnnx.AddAndSubtract(Datatype.Int32, 1)));
        _host = await InferenceHost.ServeAsync(
            _platform, [("plain", TestOnnx.AddAndSubtract(Datatype.Int32, 2))], ("ResponseCache:Models:0", "kept"), ("ResponseCache:MaxBytes", "10000"));
        _platform.Registry.SetAlias("kept", "champion", 1);
        await _host.WaitForAsync("kept", "champion", 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Same_request_is_run_once_and_answered_alike()
    {
        var first = await InferAsync("kept", [1, 2], [3, 4]);
        var again = await InferAsync("kept", [1, 2], [3, 4]);
        var other = await InferAsync("kept", [1, 2], [3, 5]);

        Assert.Equal(first, again);
        Assert.Equal([4, 6], again.Values<int>());
        Assert.Equal([4, 7], other.Values<int>());
        var statistics = await StatisticsAsync("kept");
        Assert.Equal((2UL, 2UL), (statistics.InferenceCount, statistics.ExecutionCount));
        Assert.Equal((3UL, 1UL, 2UL), (statistics.InferenceStats.Success.Count, statistics.InferenceStats.CacheHit.Count, statistics.InferenceStats.CacheMiss.Count));
    }

    [Fact]
    public async Task Output_asked_for_the_shape_and_the_version_are_part_of_the_request()
    {
        await InferAsync("kept", [1, 2], [3, 4]);
        var difference = await InferAsync("kept", [1, 2], [3, 4], output: "DIFF");
        var column = await InferAsync("kept", [1, 2], [3, 4], version: "2", columns: 1);

        Assert.Equal([-2, -2], difference.Values<int>());
        Assert.Equal([2, 1], column.Outputs[0].Shape);
        Assert.Equal(0UL, (await StatisticsAsync("kept")).InferenceStats.CacheHit.Count);
    }

    [Fact]
    public async Task Model_that_was_not_named_is_run_every_time_and_the_configuration_says_which_is()
    {
        await InferAsync("plain", [1, 2], [3, 4]);
        await InferAsync("plain", [1, 2], [3, 4]);

        Assert.Equal(2UL, (await StatisticsAsync("plain")).ExecutionCount);
        Assert.True((await ConfigAsync("kept")).ResponseCache.Enable);
        Assert.False((await ConfigAsync("plain")).ResponseCache.Enable);
    }

    [Fact]
    public async Task Memory_is_bounded_and_what_was_used_last_stays()
    {
        var cache = _host.Get<ResponseCache>();
        for (var i = 0; i < 50; i++)
        {
            await InferAsync("kept", [i, i], [i, i]);
            await InferAsync("kept", [0, 0], [0, 0]);
            Assert.InRange(cache.Bytes, 1, 10_000);
        }

        var statistics = await StatisticsAsync("kept");
        Assert.Equal((50UL, 50UL), (statistics.InferenceStats.CacheHit.Count, statistics.InferenceStats.CacheMiss.Count));
        await InferAsync("kept", [1, 1], [1, 1]);
        Assert.Equal(51UL, (await StatisticsAsync("kept")).InferenceStats.CacheMiss.Count);
    }

    private async Task<ModelInferResponse> InferAsync(string model, int[] a, int[] b, string output = "", string version = "", int columns = 2)
    {
        long[] shape = [a.Length / columns, columns];
        var request = new ModelInferRequest { ModelName = model, ModelVersion = version };
        foreach (var (name, values) in new[] { ("A", a), ("B", b) })
        {
            request.Inputs.Add(InferRequests.Input(name, "INT32", shape));
            request.RawInputContents.Add(Google.Protobuf.ByteString.CopyFrom(InferRequests.Bytes(values)));
        }

        if (output.Length > 0)
        {
            request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = output });
        }

        return await _host.OpenInference.ModelInferAsync(request, cancellationToken: Cancelled);
    }

    private async Task<ModelStatistics> StatisticsAsync(string model) =>
        Assert.Single((await _host.OpenInference.ModelStatisticsAsync(new ModelStatisticsRequest { Name = model, Version = "1" }, cancellationToken: Cancelled)).ModelStats);

    private async Task<ModelConfig> ConfigAsync(string model) =>
        (await _host.OpenInference.ModelConfigAsync(new ModelConfigRequest { Name = model }, cancellationToken: Cancelled)).Config;
}
