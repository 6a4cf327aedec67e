using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Inference.Tests.OpenInference;

/// <summary>A Node client with its own proto and its own gRPC stack.</summary>
public sealed class ForeignClientTests
{
    [Fact]
    public async Task Node_client_gets_the_same_score()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Registry.Add(TestModels.Name, TestModels.Signed());
        platform.Registry.SetAlias(TestModels.Name, "champion", 1);
        await using var host = InferenceHost.Start(platform);
        await host.WaitForAsync(TestModels.Name, "champion", 1);

        using var answer = JsonDocument.Parse(await RunAsync(host.GrpcAddress.Authority, TestModels.Name, "1", "[0.5, 0.25, 1.5]"));
        using var missing = JsonDocument.Parse(await RunAsync(host.GrpcAddress.Authority, TestModels.Name, "", "[0.5, null, 1.5]"));

        Assert.Equal(TestModels.Score(0.5, 0.25, 0.75), answer.RootElement.GetProperty("score")[0].GetDouble(), 1e-12);
        Assert.Equal("NaN", missing.RootElement.GetProperty("score")[0].GetString());
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var script = Path.Combine(Repository.Root, "Tests", "Inference.Tests", "foreign", "infer.mjs");
        Process? node = null;
        try
        {
            node = Process.Start(new ProcessStartInfo("node", [script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true });
        }
        catch (Win32Exception)
        {
            Assert.Skip("Node.js is not installed.");
        }

        using (node)
        {
            var error = node!.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await node.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.SkipWhen(node.ExitCode == 77, $"The packages of the Node client cannot be installed: {await error}");
            Assert.True(node.ExitCode == 0, await error);
            return output;
        }
    }
}
