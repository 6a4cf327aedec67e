using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.Modeling;
using Grpc.Core;

namespace CloudNativeAi.Inference.Tests.Predictions;

public sealed class PredictedClassesFunctionalTests : IAsyncLifetime
{
    private const string Model = TestModels.Name;

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _host = InferenceHost.Start(_platform);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Classes_are_ranked_by_probability_while_the_label_is_decided_by_the_threshold()
    {
        var signature = TestModels.Signature() with { Threshold = 0.2, ClassLabels = ["stays", "leaves"] };
        _platform.Registry.Add(Model, (ModelFiles.Onnx, TestOnnx.Logistic(1, -2, 0.5)), (ModelFiles.Signature, signature.ToJson()));
        _platform.Registry.SetAlias(Model, "champion", 1);
        await _host.WaitForAsync(Model, "champion", 1);
        _platform.Features.Read = (_, _) => (1, FeatureStatus.Present, 60);
        var request = TestModels.Request("u1", amount: 0, id: "ranked");

        var plain = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);
        request.TopClasses = 5;
        var ranked = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);
        request.TopClasses = 1;
        var most = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);
        request.PredictionId = "";
        var anew = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);

        var score = TestModels.Score(1, 1, 0);
        Assert.Equal((score, "leaves"), (plain.Score, plain.Label));
        Assert.Empty(plain.Classes);
        Assert.Equal([("stays", 1 - score), ("leaves", score)], ranked.Classes.Select(ranking => (ranking.Label, ranking.Probability)));
        Assert.Equal("stays", Assert.Single(most.Classes).Label);
        Assert.Equal(most.Classes, anew.Classes);
        request.TopClasses = -1;
        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.Predictions.PredictAsync(request, cancellationToken: Cancelled).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }
}
