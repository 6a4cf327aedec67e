using System.Text;
using System.Text.Json;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.Modeling;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Inference.Tests.Tokenization;

/// <summary>An encoder that nobody here made takes strings as it takes the token ids that came with it.</summary>
public sealed class RealTextModelFunctionalTests : IAsyncLifetime
{
    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

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

    [Theory]
    [InlineData(Wire.Grpc)]
    [InlineData(Wire.RestJson)]
    [InlineData(Wire.RestBinary)]
    public async Task Prompt_gives_the_expected_hidden_states(Wire wire)
    {
        const string Signature = """{ "format_version": 1, "tokenizer": { "type": "sentencepiece", "max_length": 64, "pad_token": "</s>", "files": { "model": "en.wiki.bpe.vs10000.model" } } }""";
        var onnx = await File.ReadAllBytesAsync(Repository.SharedData("onnx-models/text-encoder-decoder/encoder.onnx"), TestContext.Current.CancellationToken);
        _platform.Registry.Add("encoder", (ModelFiles.Onnx, onnx), (ModelFiles.Signature, Encoding.UTF8.GetBytes(Signature)), ("en.wiki.bpe.vs10000.model", TestVocabularies.EnglishSentencePiece()));
        _platform.Registry.SetAlias("encoder", "champion", 1);
        await _host.WaitForAsync("encoder", "champion", 1);
        using var test = JsonDocument.Parse(await File.ReadAllBytesAsync(Repository.SharedData("onnx-models/text-encoder-decoder/case_encoder.json"), TestContext.Current.CancellationToken));
        using var prompt = JsonDocument.Parse(await File.ReadAllBytesAsync(Repository.SharedData("onnx-models/text-encoder-decoder/expected.json"), TestContext.Current.CancellationToken));

        var answer = await _host.InferAsync(wire, "encoder", TextModelFunctionalTests.Texts("text", prompt.RootElement.GetProperty("prompt").GetString()!));

        var expected = test.RootElement.GetProperty("expected_outputs")[0].GetProperty("data").EnumerateArray().Select(value => value.GetSingle()).ToArray();
        Assert.Equal([1, 5, 8], answer["last_hidden_state"].Shape);
        Assert.All(expected.Zip(answer["last_hidden_state"].Values<float>()), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }
}
