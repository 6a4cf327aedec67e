using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.Modeling;
using Grpc.Core;

namespace CloudNativeAi.Inference.Tests.Predictions;

/// <summary>Which version answers, when the challenger has every entity.</summary>
public sealed class TrafficFunctionalTests : IAsyncLifetime
{
    private const string Model = TestModels.Name;

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        for (var version = 1; version <= 3; version++)
        {
            _platform.Registry.Add(Model, TestModels.Signed(first: version));
        }

        _platform.Registry.SetAlias(Model, "champion", 1);
        _platform.Registry.SetAlias(Model, "challenger", 2);
        _platform.Registry.SetTraffic(Model, challengerShare: 1, shadow: false);
        _host = InferenceHost.Start(_platform);
        await _host.WaitForAsync(Model, "champion", 1);
        await _host.WaitForAsync(Model, "challenger", 2);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Theory]
    [InlineData("", "", 2)]
    [InlineData("champion", "", 1)]
    [InlineData("", "champion", 1)]
    [InlineData("", "3", 3)]
    [InlineData("challenger", "champion", 2)]
    public async Task Prediction_is_made_by_what_the_request_names_else_by_what_the_header_names(string alias, string header, int expected)
    {
        var request = TestModels.Request("u1");
        if (alias.Length > 0)
        {
            request.Alias = alias;
        }

        var answer = await _host.Predictions.PredictAsync(request, Headers(header), cancellationToken: Cancelled);

        Assert.Equal(expected, answer.ModelVersion);
    }

    [Fact]
    public async Task Header_that_names_nothing_that_is_served_is_refused()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.Predictions.PredictAsync(TestModels.Request("u1"), Headers("none"), cancellationToken: Cancelled).ResponseAsync);

        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }

    [Theory]
    [InlineData("", "", "1")]
    [InlineData("", "challenger", "2")]
    [InlineData("3", "challenger", "3")]
    public async Task Tensors_are_answered_by_what_the_header_names(string version, string header, string expected)
    {
        var request = InferRequests.Raw<double>(Model, "FP64", [1, 3], 1, 2, 3);
        request.Inputs[0].Name = ModelSignature.InputName;
        request.ModelVersion = version;
        var overGrpc = await _host.OpenInference.ModelInferAsync(request, Headers(header), cancellationToken: Cancelled);

        using var http = new HttpRequestMessage(HttpMethod.Post, version.Length == 0 ? $"/v2/models/{Model}/infer" : $"/v2/models/{Model}/versions/{version}/infer")
        {
            Content = JsonContent.Create(JsonNode.Parse("""{"inputs":[{"name":"features","datatype":"FP64","shape":[1,3],"data":[1,2,3]}]}""")),
        };
        if (header.Length > 0)
        {
            http.Headers.Add("x-model-version", header);
        }

        using var overRest = await _host.Http.SendAsync(http, Cancelled);

        Assert.Equal(expected, overGrpc.ModelVersion);
        Assert.Equal(HttpStatusCode.OK, overRest.StatusCode);
        Assert.Equal(expected, (string)JsonNode.Parse(await overRest.Content.ReadAsStringAsync(Cancelled))!["model_version"]!);
    }

    private static Metadata Headers(string version) => version.Length == 0 ? [] : new Metadata { { "x-model-version", version } };
}
