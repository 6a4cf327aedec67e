using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.Modeling;
using Grpc.Core;

namespace CloudNativeAi.Inference.Tests.Models;

public sealed class ModelSwapFunctionalTests : IAsyncLifetime
{
    private const string Model = TestModels.Name;

    private FakePlatform _platform = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await FakePlatform.StartAsync();

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    // SWAPS=1000 makes it the long run.
    [Fact]
    public async Task Swaps_under_load_fail_no_request()
    {
        var swaps = int.Parse(Environment.GetEnvironmentVariable("SWAPS") ?? "100", System.Globalization.CultureInfo.InvariantCulture);
        for (var version = 1; version <= 3; version++)
        {
            _platform.Registry.Add(Model, (ModelFiles.Onnx, TestOnnx.Logistic(version, version)));
        }

        _platform.Registry.SetAlias(Model, "champion", 1);
        await using var host = InferenceHost.Start(_platform, null, ("Models:MaxUnaliasedVersions", "1"));
        await host.WaitForAsync(Model, "champion", 1);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var seen = new HashSet<string>();
        var load = Enumerable.Range(0, 4).Select(async _ =>
        {
            var requests = 0;
            while (!done.IsCancellationRequested)
            {
                var request = InferRequests.Raw<double>(Model, "FP64", [1, 2], 0.5, 0.25);
                request.Inputs[0].Name = ModelSignature.InputName;
                var answer = await host.OpenInference.ModelInferAsync(request, cancellationToken: Cancelled);
                var version = int.Parse(answer.ModelVersion, System.Globalization.CultureInfo.InvariantCulture);
                // The answer is wholly of the version it names.
                Assert.Equal(1 / (1 + Math.Exp(-0.75 * version)), answer.Values<double>()[0], 1e-12);
                lock (seen)
                {
                    seen.Add(answer.ModelVersion);
                }

                requests++;
            }

            return requests;
        }).ToList();

        var memory = new List<long>();
        for (var swap = 0; swap < swaps; swap++)
        {
            var version = (swap % 3) + 1;
            if (swap % Math.Max(1, swaps / 10) == 0)
            {
                memory.Add(Environment.WorkingSet / (1024 * 1024));
            }

            _platform.Registry.SetAlias(Model, "champion", version);
            await host.WaitForAsync(Model, "champion", version);
        }

        await done.CancelAsync();
        var counts = await Task.WhenAll(load);
        Assert.Equal(3, seen.Count);
        Assert.True(counts.Sum() > swaps);
        TestContext.Current.SendDiagnosticMessage("{0} swaps, {1} requests, working set in MiB: {2}", swaps, counts.Sum(), string.Join(' ', memory));
        // The version before the last may go a moment after the swap.
        await host.WaitForStatusAsync(status => status.Models.Count is 1 or 2 ? status : null);
    }

    // The pool has as many threads as there are cores: one that loads a model answers no requests.
    [Fact]
    public async Task Versions_are_loaded_and_freed_on_no_thread_of_the_pool()
    {
        var isPoolThread = new ConcurrentQueue<bool>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => Enable(instrument, listener) };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => isPoolThread.Enqueue(Thread.CurrentThread.IsThreadPoolThread));
        listener.Start();
        var freed = new Freed();
        _platform.Registry.Add(Model, TestModels.Signed());
        _platform.Registry.SetAlias(Model, "champion", 1);

        await using var host = InferenceHost.Start(_platform);
        await host.WaitForAsync(Model, "champion", 1);
        OwnThread.Run(freed.Dispose);

        Assert.NotEmpty(isPoolThread);
        Assert.DoesNotContain(true, isPoolThread);
        Assert.False(await freed.ByPoolThread.Task.WaitAsync(Cancelled));

        static void Enable(Instrument instrument, MeterListener listener)
        {
            if (instrument.Name == "inference.model.loads")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        }
    }

    [Fact]
    public async Task Version_that_cannot_be_loaded_leaves_the_old_one_serving()
    {
        _platform.Registry.Add(Model, TestModels.Signed());
        _platform.Registry.SetAlias(Model, "champion", 1);
        await using var host = InferenceHost.Start(_platform);
        await host.WaitForAsync(Model, "champion", 1);

        _platform.Registry.Add(Model, (ModelFiles.Onnx, "not a model"u8.ToArray()));
        _platform.Registry.Add(Model, (ModelFiles.Onnx, TestOnnx.Logistic(1, 2)), (ModelFiles.Signature, TestModels.Signature().ToJson()));
        _platform.Registry.Add(Model, (ModelFiles.Onnx, TestOnnx.Logistic(1, 2, 3)), (ModelFiles.Signature, "{}"u8.ToArray()));
        _platform.Registry.Add(Model, ("readme.md", "no model at all"u8.ToArray()));
        foreach (var bad in (int[])[2, 3, 4, 5])
        {
            _platform.Registry.SetAlias(Model, "champion", bad);
            var refused = await host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.Version == bad && model.State == "UNAVAILABLE"));
            Assert.NotEmpty(refused.Reason);
            Assert.Equal("champion", Assert.Single(refused.Aliases));

            var answer = await host.Predictions.PredictAsync(TestModels.Request("u1"), cancellationToken: Cancelled);
            Assert.Equal(1, answer.ModelVersion);
        }

        _platform.Registry.SetAlias(Model, "champion", 1);
        await host.WaitForStatusAsync(status => status.Models.All(model => model.State == "READY") ? status : null);
    }

    [Fact]
    public async Task Damaged_download_is_refused_and_tried_again()
    {
        _platform.Registry.Tamper = (path, content) => path == ModelFiles.Onnx ? [.. content[..^1], (byte)(content[^1] ^ 1)] : content;
        _platform.Registry.Add(Model, TestModels.Signed());
        _platform.Registry.SetAlias(Model, "champion", 1);
        await using var host = InferenceHost.Start(_platform);
        var refused = await host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.State == "UNAVAILABLE"));

        Assert.Contains("not what was announced", refused.Reason, StringComparison.Ordinal);
        _platform.Registry.Tamper = (_, content) => [.. content, 0];
        _platform.Registry.Tamper = (_, content) => content;

        await host.WaitForAsync(Model, "champion", 1);
    }

    [Fact]
    public async Task Model_keeps_serving_while_the_registry_is_down_and_across_a_restart()
    {
        var directory = Directory.CreateTempSubdirectory("cnai-inference-").FullName;
        try
        {
            _platform.Registry.Add(Model, TestModels.Signed());
            _platform.Registry.Add(Model, TestModels.Signed(first: 5));
            _platform.Registry.SetAlias(Model, "champion", 1);
            await using (var host = InferenceHost.Start(_platform, directory))
            {
                await host.WaitForAsync(Model, "champion", 1);
                _platform.Registry.GoDown();
                Assert.Equal(1, (await host.Predictions.PredictAsync(TestModels.Request("u1"), cancellationToken: Cancelled)).ModelVersion);
            }

            var downloads = _platform.Registry.Downloads;
            await using (var restarted = InferenceHost.Start(_platform, directory))
            {
                await restarted.WaitForAsync(Model, "champion", 1);
                Assert.Equal(1, (await restarted.Predictions.PredictAsync(TestModels.Request("u1"), cancellationToken: Cancelled)).ModelVersion);
                Assert.Equal(downloads, _platform.Registry.Downloads);
                Assert.Equal("Healthy", await restarted.Http.GetStringAsync("/health", Cancelled));

                _platform.Registry.IsDown = false;
                _platform.Registry.SetAlias(Model, "champion", 2);
                await restarted.WaitForAsync(Model, "champion", 2);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Damaged_cache_is_fetched_again()
    {
        var directory = Directory.CreateTempSubdirectory("cnai-inference-").FullName;
        try
        {
            _platform.Registry.Add(Model, TestModels.Signed());
            _platform.Registry.SetAlias(Model, "champion", 1);
            await using (var host = InferenceHost.Start(_platform, directory))
            {
                await host.WaitForAsync(Model, "champion", 1);
            }

            var onnx = Directory.GetFiles(directory, ModelFiles.Onnx, SearchOption.AllDirectories).Single();
            var content = await File.ReadAllBytesAsync(onnx, Cancelled);
            content[^3] ^= 1;
            await File.WriteAllBytesAsync(onnx, content, Cancelled);
            var downloads = _platform.Registry.Downloads;

            await using var restarted = InferenceHost.Start(_platform, directory);
            await restarted.WaitForAsync(Model, "champion", 1);

            Assert.Equal(downloads + 2, _platform.Registry.Downloads);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Registry_that_was_never_reached_keeps_the_service_from_being_healthy_until_it_is()
    {
        _platform.Registry.IsDown = true;
        await using var host = InferenceHost.Start(_platform);

        using var health = await host.Http.GetAsync("/health", Cancelled);
        var ready = await host.OpenInference.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: Cancelled);
        var refused = await Assert.ThrowsAsync<RpcException>(() => host.Predictions.PredictAsync(TestModels.Request("u1"), cancellationToken: Cancelled).ResponseAsync);
        _platform.Registry.IsDown = false;
        _platform.Registry.Add(Model, TestModels.Signed());
        _platform.Registry.SetAlias(Model, "champion", 1);
        await host.WaitForAsync(Model, "champion", 1);

        Assert.Equal("Unhealthy", await health.Content.ReadAsStringAsync(Cancelled));
        Assert.False(ready.Ready);
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        using var healthy = await host.Http.GetAsync("/health", Cancelled);
        Assert.Equal("Healthy", await healthy.Content.ReadAsStringAsync(Cancelled));
    }

    [Fact]
    public async Task Versions_asked_for_by_number_are_loaded_and_the_least_recently_used_goes()
    {
        for (var version = 1; version <= 5; version++)
        {
            _platform.Registry.Add(Model, (ModelFiles.Onnx, TestOnnx.Identity(Datatype.Fp32, -1, version)));
        }

        _platform.Registry.SetAlias(Model, "champion", 1);
        await using var host = InferenceHost.Start(_platform, null, ("Models:MaxUnaliasedVersions", "2"));
        await host.WaitForAsync(Model, "champion", 1);

        foreach (var version in (int[])[2, 3, 2, 4])
        {
            var metadata = await host.OpenInference.ModelMetadataAsync(new ModelMetadataRequest { Name = Model, Version = $"{version}" }, cancellationToken: Cancelled);
            Assert.Equal([-1, version], metadata.Inputs[0].Shape);
        }

        Assert.Equal([1, 2, 4], host.Get<VersionPool>().Loaded.Select(model => model.Version).Order());
    }

    [Fact]
    public async Task Deleted_alias_serves_no_more()
    {
        _platform.Registry.Add(Model, TestModels.Signed());
        _platform.Registry.SetAlias(Model, "champion", 1);
        _platform.Registry.SetAlias(Model, "challenger", 1);
        await using var host = InferenceHost.Start(_platform);
        await host.WaitForAsync(Model, "challenger", 1);

        _platform.Registry.DeleteAlias(Model, "champion");
        await host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.Aliases.Count == 1));

        var refused = await Assert.ThrowsAsync<RpcException>(() => host.Predictions.PredictAsync(TestModels.Request("u1"), cancellationToken: Cancelled).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }

    private sealed class Freed : IDisposable
    {
        public TaskCompletionSource<bool> ByPoolThread { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose() => ByPoolThread.SetResult(Thread.CurrentThread.IsThreadPoolThread);
    }
}
