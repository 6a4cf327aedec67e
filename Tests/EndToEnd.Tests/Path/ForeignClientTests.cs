using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Flights.Replay;
using CloudNativeAi.TestSupport;
using CloudNativeAi.Web.Tests.Browser;
using Grpc.Net.Client;

namespace CloudNativeAi.EndToEnd.Tests.Path;

/// <summary>A client that shares nothing with this code gets the probability that the prediction and its page have.</summary>
[Collection(PathCollection.Name)]
public sealed class ForeignClientTests(FlightsRun run, Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly TimeSpan NodeTimeout = TimeSpan.FromMinutes(3);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private AskedPrediction Asked => run.Asked.OrderBy(asked => asked.Request.PredictionId, StringComparer.Ordinal).First();

    private static double[] Vector(AskedPrediction asked) => [.. asked.Response.Features.Select(feature => feature.Encoded)];

    [Fact]
    public async Task Node_client_infers_the_same_probability_over_open_inference_protocol()
    {
        var asked = Asked;
        var script = System.IO.Path.Combine(Repository.Root, "Tests", "Inference.Tests", "foreign", "infer.mjs");
        var vector = "[" + string.Join(',', Vector(asked).Select(value => double.IsNaN(value) ? "null" : value.ToString("R", CultureInfo.InvariantCulture))) + "]";

        var output = await RunNodeAsync(script, run.Application.Endpoint("inference", "grpc").Authority, FlightDefinitions.ModelName, asked.Response.ModelVersion.ToString(CultureInfo.InvariantCulture), vector);

        using var answer = JsonDocument.Parse(output);
        Assert.Equal(asked.Response.Score, answer.RootElement.GetProperty("score")[0].GetDouble(), 1e-12);
    }

    [Fact]
    public async Task Page_of_a_prediction_shows_its_score()
    {
        var asked = Asked;
        await using var browser = await chromium.OpenAsync(run.Application.Endpoint("web", "http"), theme: "light", width: 1280, height: 900);
        var page = await browser.NewPageAsync();

        await page.GotoAsync($"/predictions/{asked.Request.PredictionId}");

        await page.GetByText(asked.Response.Score.ToString("F4", CultureInfo.InvariantCulture), new() { Exact = true }).First.WaitForAsync();
    }

    [Fact]
    public async Task Server_describes_the_model()
    {
        using var channel = GrpcChannel.ForAddress(run.Application.Endpoint("inference", "grpc"));
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);

        var ready = await client.ModelReadyAsync(new ModelReadyRequest { Name = FlightDefinitions.ModelName }, cancellationToken: CancellationToken);
        var metadata = await client.ModelMetadataAsync(new ModelMetadataRequest { Name = FlightDefinitions.ModelName }, cancellationToken: CancellationToken);

        Assert.True(ready.Ready);
        var input = Assert.Single(metadata.Inputs);
        Assert.Equal("FP64", input.Datatype);
        Assert.Equal(Vector(Asked).Length, input.Shape[^1]);
    }

    private static async Task<string> RunNodeAsync(string script, params string[] arguments)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        timeout.CancelAfter(NodeTimeout);
        Process? node = null;
        try
        {
            node = Process.Start(new ProcessStartInfo("node", [script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("Node.js is not installed.");
        }

        using (node)
        {
            var error = node!.StandardError.ReadToEndAsync(timeout.Token);
            var output = await node.StandardOutput.ReadToEndAsync(timeout.Token);
            await node.WaitForExitAsync(timeout.Token);
            Assert.SkipWhen(node.ExitCode == 77, $"The packages of the Node client could not be installed: {await error}");
            Assert.True(node.ExitCode == 0, await error);
            return output;
        }
    }
}
