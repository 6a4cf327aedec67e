using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;

namespace CloudNativeAi.Inference.Tests.Models;

/// <summary>Five champions and memory for two, on the real host.</summary>
public sealed class MemoryBudgetFunctionalTests : IAsyncLifetime
{
    private const int Models = 5;
    private const int Requests = 40;
    private const long Budget = 2_500_000;

    private FakePlatform _platform = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await FakePlatform.StartAsync();

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task More_champions_than_the_budget_holds_all_answer()
    {
        for (var i = 0; i < Models; i++)
        {
            _platform.Registry.Add(Name(i), ("model.onnx", TestOnnx.Identity(Datatype.Fp32, -1, i + 1)));
            _platform.Registry.SetAlias(Name(i), "champion", 1);
        }

        await using var host = InferenceHost.Start(_platform, null, ("Models:MemoryBudgetBytes", $"{Budget}"), ("Models:SessionBytes", "1000000"));
        var status = await host.WaitForStatusAsync(status => status.Models.Count(model => model.State is "READY" or "UNLOADED") == Models ? status : null);
        Assert.Equal(2, status.Models.Count(model => model.State == "READY"));
        var unloaded = status.Models.First(model => model.State == "UNLOADED");
        Assert.Equal("champion", Assert.Single(unloaded.Aliases));
        Assert.Contains("the next request loads it", unloaded.Reason, StringComparison.Ordinal);
        Assert.True(status.ModelMemoryBytes is > 2_000_000 and <= Budget);
        Assert.Equal(Budget, status.MemoryBudgetBytes);

        var index = await host.OpenInference.RepositoryIndexAsync(new RepositoryIndexRequest(), cancellationToken: Token);
        Assert.Equal(Models, index.Models.Select(model => (model.Name, model.Version)).Distinct().Count());
        Assert.Equal(Models - 2, index.Models.Count(model => model.State == "UNAVAILABLE" && model.Reason == ServedModels.MadeRoom));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async worker =>
        {
            var random = new Random(worker);
            for (var i = 0; i < Requests; i++)
            {
                var model = random.Next(Models);
                var values = Enumerable.Range(0, model + 1).Select(column => (float)(column + i)).ToArray();
                var answer = await host.OpenInference.ModelInferAsync(InferRequests.Raw(Name(model), "FP32", [1, model + 1], values), cancellationToken: Token);
                Assert.Equal(values, answer.Values<float>());
            }
        }));

        Assert.True(host.Get<VersionPool>().Memory.HighestReserved <= Budget);
        Assert.True((await host.OpenInference.ModelReadyAsync(new ModelReadyRequest { Name = unloaded.ModelName }, cancellationToken: Token)).Ready);
        var after = await host.Predictions.GetServingStatusAsync(new GetServingStatusRequest(), cancellationToken: Token);
        Assert.Equal("READY", after.Models.Single(model => model.ModelName == unloaded.ModelName).State);
        Assert.Equal(Models, after.Models.Count);
    }

    [Fact]
    public async Task Champion_that_the_budget_cannot_hold_is_said_with_the_reason()
    {
        _platform.Registry.Add("large", ("model.onnx", TestOnnx.Identity(Datatype.Fp32, -1, 1)));
        _platform.Registry.SetAlias("large", "champion", 1);
        await using var host = InferenceHost.Start(_platform, null, ("Models:MemoryBudgetBytes", "1000"));

        var refused = await host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.State == "UNAVAILABLE"));

        Assert.Contains("Models:MemoryBudgetBytes has 1000 for all models", refused.Reason, StringComparison.Ordinal);
    }

    private static string Name(int number) => $"model{number}";
}
