using System.Text.Json;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Inference.Tests.OpenInference;

/// <summary>Clients that share nothing with this repository: their own messages and their own gRPC or HTTP stack.</summary>
public sealed class ForeignClientTests : IAsyncLifetime
{
    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _platform.Registry.Add(TestModels.Name, TestModels.Signed());
        _platform.Registry.SetAlias(TestModels.Name, "champion", 1);
        _platform.Registry.Add("sums", ("model.onnx", TestOnnx.AddAndSubtract(Datatype.Int32, 2)));
        _platform.Registry.SetAlias("sums", "champion", 1);
        _host = InferenceHost.Start(_platform);
        await _host.WaitForAsync(TestModels.Name, "champion", 1);
        await _host.WaitForAsync("sums", "champion", 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Node_client_gets_the_same_score()
    {
        using var answer = JsonDocument.Parse(await RunAsync("node", "infer.mjs", _host.GrpcAddress.Authority, TestModels.Name, "1", "[0.5, 0.25, 1.5]"));
        using var missing = JsonDocument.Parse(await RunAsync("node", "infer.mjs", _host.GrpcAddress.Authority, TestModels.Name, "", "[0.5, null, 1.5]"));

        Assert.Equal(TestModels.Score(0.5, 0.25, 0.75), answer.RootElement.GetProperty("score")[0].GetDouble(), 1e-12);
        Assert.Equal("NaN", missing.RootElement.GetProperty("score")[0].GetString());
    }

    [Fact]
    public async Task Python_client_gets_the_same_scores()
    {
        // Debian's Python has Debian's packages.
        using var answer = JsonDocument.Parse(await RunAsync("/usr/bin/python3", "infer.py", _host.GrpcAddress.Authority, TestModels.Name, "[[0.5, 0.25, 1.5], [-1, 0, 0]]"));

        var scores = answer.RootElement.GetProperty("score").EnumerateArray().Select(score => score.GetDouble()).ToList();
        Assert.Equal(2, scores.Count);
        Assert.Equal(TestModels.Score(0.5, 0.25, 0.75), scores[0], 1e-12);
        Assert.Equal(TestModels.Score(-1, 0, 0), scores[1], 1e-12);
    }

    [Fact]
    public async Task Curl_sends_and_gets_binary_tensors_plain_and_packed()
    {
        var directory = Directory.CreateTempSubdirectory("cnai-curl-");
        try
        {
            var lines = (await RunAsync("sh", "rest.sh", _host.HttpAddress.GetLeftPart(UriPartial.Authority), "sums", directory.FullName)).TrimEnd().Split('\n');

            Assert.Equal(6, lines.Length);
            foreach (var answer in lines.Chunk(3))
            {
                Assert.Equal("200", answer[0]);
                Assert.Equal(
                    """{"id":"curl","model_name":"sums","model_version":"1","outputs":[{"name":"SUM","datatype":"INT32","shape":[1,2],"parameters":{"binary_data_size":8}},{"name":"DIFF","datatype":"INT32","shape":[1,2],"data":[-9,-18]}]}""",
                    answer[1]);
                Assert.Equal("11 22", answer[2]);
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static Task<string> RunAsync(string program, string script, params string[] arguments) =>
        ForeignProgram.RunAsync("Inference.Tests", program, script, arguments);
}
