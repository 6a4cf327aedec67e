using System.Net;
using System.Text;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.Modeling;
using Google.Protobuf;

namespace CloudNativeAi.Inference.Tests.Tokenization;

/// <summary>A text model is asked with strings over every wire, and gives what its tokens give.</summary>
public sealed class TextModelFunctionalTests : IAsyncLifetime
{
    private const string Model = "sentiment";

    // [CLS] un ##want ##ed runn ##ing [SEP] and [CLS] want [SEP], padded with 11.
    private static readonly long[] Ids = [1, 7, 4, 5, 8, 9, 2, 1, 3, 2, 11, 11, 11, 11];
    private static readonly long[] Mask = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0];

    // Of each text: the sum of its ids, of their squares, and their number.
    private static readonly float[] Sums = [36, 240, 7, 6, 14, 3];

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _host = InferenceHost.Start(_platform);
        await ServeAsync(Model, """{ "type": "wordpiece", "max_length": 12 }""");
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
    public async Task Strings_become_tokens_on_every_wire(Wire wire)
    {
        var answer = await _host.InferAsync(wire, Model, Texts("text", "UNwantéd running", "want"));

        Assert.Equal([2, 7], answer["ids"].Shape);
        Assert.Equal(Ids, answer["ids"].Values<long>());
        Assert.Equal(Mask, answer["mask"].Values<long>());
        Assert.Equal(new long[14], answer["types"].Values<long>());
        Assert.Equal(Sums, answer["Y"].Values<float>());
    }

    [Fact]
    public async Task Strings_in_typed_contents_become_tokens()
    {
        var contents = new InferTensorContents { BytesContents = { ByteString.CopyFromUtf8("unwanted running"), ByteString.CopyFromUtf8("want") } };
        var request = new ModelInferRequest { ModelName = Model, Inputs = { InferRequests.Input("text", "BYTES", [2], contents) } };
        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "Y" });

        var answer = await _host.OpenInference.ModelInferAsync(request, cancellationToken: Cancelled);

        Assert.Equal(Sums, answer.Values<float>());
    }

    [Theory]
    [InlineData("""{"instances":["unwanted running","want"]}""")]
    [InlineData("""{"instances":[{"text":"unwanted running"},{"text":"want"}]}""")]
    [InlineData("""{"instances":[{"b64":"dW53YW50ZWQgcnVubmluZw=="},{"b64":"d2FudA=="}]}""")]
    [InlineData("""{"inputs":["unwanted running","want"]}""")]
    [InlineData("""{"inputs":{"text":["unwanted \u0072unning","want"]}}""")]
    public async Task Strings_become_tokens_over_tensorflow_serving_and_kserve_v1(string body)
    {
        var answer = await _host.PostAsync($"/v1/models/{Model}:predict", body);

        var isRows = body.Contains("instances", StringComparison.Ordinal);
        var sums = isRows ? answer.Json["predictions"]!.AsArray().Select(row => row!["Y"]!).ToArray() : [.. answer.Json["outputs"]!["Y"]!.AsArray().Select(row => row!)];
        Assert.Equal(Sums, sums.SelectMany(row => row.AsArray()).Select(value => (float)value!));
    }

    [Fact]
    public async Task One_string_is_an_instance_of_torchserve()
    {
        var plain = await _host.PostBytesAsync($"/predictions/{Model}", "want"u8.ToArray(), contentType: "text/plain");
        var json = await _host.PostAsync($"/predictions/{Model}", "\"want\"");

        Assert.All((RestAnswer[])[plain, json], answer => Assert.Equal(Sums[3..], answer.Json["Y"]!.AsArray().Select(value => (float)value!)));
    }

    [Fact]
    public async Task Body_that_is_nothing_but_the_text_is_its_tensor()
    {
        var answer = await _host.PostBytesAsync($"/v2/models/{Model}/infer", "want"u8.ToArray(), headerLength: "0");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("Y", (string)answer.Json["outputs"]![0]!["name"]!);
    }

    [Fact]
    public async Task Classes_of_a_text_are_named()
    {
        var answer = await _host.PostAsync(
            $"/v2/models/{Model}/infer",
            """{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["want"]}],"outputs":[{"name":"Y","parameters":{"classification":2}}]}""");

        Assert.Equal(["14.000000:1:good", "6.000000:0:bad"], answer.Json["outputs"]![0]!["data"]!.AsArray().Select(text => (string)text!));
    }

    [Fact]
    public async Task Text_stands_in_the_place_of_the_token_tensors_in_descriptions()
    {
        var metadata = await _host.OpenInference.ModelMetadataAsync(new ModelMetadataRequest { Name = Model }, cancellationToken: Cancelled);
        var config = (await _host.OpenInference.ModelConfigAsync(new ModelConfigRequest { Name = Model }, cancellationToken: Cancelled)).Config;

        var input = Assert.Single(metadata.Inputs);
        Assert.Equal(("text", "BYTES", -1), (input.Name, input.Datatype, Assert.Single(input.Shape)));
        Assert.Equal(("wordpiece", "12", "true"), (metadata.Properties["tokenizer"], metadata.Properties["max_length"], metadata.Properties["rows_share_a_run"]));
        Assert.Equal(("text", DataType.TypeString), (Assert.Single(config.Input).Name, config.Input[0].DataType));
    }

    [Fact]
    public async Task Text_alone_and_among_others_gives_the_same()
    {
        string[] words = ["want", "unwanted", "running", ",", "wa", "unknown"];
        var texts = Enumerable.Range(0, 200).Select(i => string.Join(' ', Enumerable.Range(0, (i % 3) + 1).Select(word => words[(i + word) % words.Length]))).ToArray();
        var together = (await _host.InferAsync(Wire.Grpc, Model, Texts("text", texts)))["Y"].Values<float>();

        var alone = await Task.WhenAll(texts.Select((text, i) => _host.InferAsync((Wire)(i % 3), Model, Texts("text", text))));

        Assert.Equal(together, alone.SelectMany(answer => answer["Y"].Values<float>()));
        // Its own length, whatever shared its run.
        Assert.All(alone, answer => Assert.Equal(answer["Y"].Values<float>()[2], answer["ids"].Shape[1]));
    }

    [Theory]
    [InlineData("""{ "type": "wordpiece", "max_length": 5, "truncation": true }""", "1 7 4 5 2 1 3 2 11 11")]
    [InlineData("""{ "type": "wordpiece", "max_length": 9, "padding": "max_length" }""", "1 7 4 5 8 9 2 11 11 1 3 2 11 11 11 11 11 11")]
    [InlineData("""{ "type": "wordpiece", "max_length": 12, "pad_to_multiple_of": 8, "pad_token": "[UNK]" }""", "1 7 4 5 8 9 2 0 1 3 2 0 0 0 0 0")]
    [InlineData("""{ "type": "wordpiece", "max_length": 12, "single": "$A [SEP]", "lowercase": false }""", "7 4 5 8 9 2 3 2 11 11 11 11")]
    public async Task Length_and_template_are_as_declared(string tokenizer, string ids)
    {
        await ServeAsync("declared", tokenizer);

        var answer = await _host.InferAsync(Wire.Grpc, "declared", Texts("text", "unwanted running", "want"));

        Assert.Equal(ids, string.Join(' ', answer["ids"].Values<long>()));
    }

    [Fact]
    public async Task Pairs_have_types_and_the_longer_text_is_cut_first()
    {
        await ServeAsync("pairs", """{ "type": "wordpiece", "max_length": 8, "truncation": true, "text": "question", "text_pair": "answer", "inputs": { "input_ids": "input_ids", "attention_mask": "attention_mask", "token_type_ids": "token_type_ids" } }""");

        var answer = await _host.InferAsync(Wire.RestJson, "pairs", Texts("answer", "want", "want"), Texts("question", "unwanted running", "running"));

        Assert.Equal("1 7 4 5 8 2 3 2 1 8 9 2 3 2 11 11", string.Join(' ', answer["ids"].Values<long>()));
        Assert.Equal("0 0 0 0 0 0 1 1 0 0 0 0 1 1 0 0", string.Join(' ', answer["types"].Values<long>()));
    }

    [Fact]
    public async Task Model_of_fixed_length_and_small_integers_is_served()
    {
        await ServeAsync("fixed", """{ "type": "wordpiece", "max_length": 6, "padding": "max_length" }""", TestOnnx.Encoder(12, Datatype.Int32, tokens: 6));

        var answer = await _host.InferAsync(Wire.Grpc, "fixed", Texts("text", "want"));

        Assert.Equal([1, 3, 2, 11, 11, 11], answer["ids"].Values<int>());
    }

    private async Task ServeAsync(string model, string tokenizer, byte[]? onnx = null)
    {
        var signature = $$"""{ "format_version": 1, "tokenizer": {{tokenizer}}, "outputs": [ { "name": "Y", "datatype": "FP32", "shape": [-1, 3], "class_labels": ["bad", "good", "neither"] } ] }""";
        var version = _platform.Registry.Add(
            model, (ModelFiles.Onnx, onnx ?? TestOnnx.Encoder(12)), (ModelFiles.Signature, Encoding.UTF8.GetBytes(signature)), ("vocab.txt", TestVocabularies.WordPiece));
        _platform.Registry.SetAlias(model, "champion", version);
        await _host.WaitForAsync(model, "champion", version);
    }

    internal static Tensor Texts(string name, params string[] texts)
    {
        var raw = new System.Buffers.ArrayBufferWriter<byte>();
        foreach (var text in texts)
        {
            BytesFraming.Append(raw, Encoding.UTF8.GetBytes(text));
        }

        return new Tensor(name, Datatype.Bytes, [texts.Length], raw.WrittenMemory);
    }
}
