using System.Net;
using System.Text;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.Modeling;
using CloudNativeAi.TestSupport;
using Grpc.Core;

namespace CloudNativeAi.Inference.Tests.Tokenization;

/// <summary>Declarations that do not fit their files or model, and texts that a model cannot take.</summary>
public sealed class TextModelValidationFunctionalTests : IAsyncLifetime
{
    private const string Model = "sentiment";
    private const string Good = """{ "type": "wordpiece", "max_length": 6 }""";

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _platform.Registry.SetAlias(Model, "champion", Add(Good, TestOnnx.Encoder(12), ("vocab.txt", TestVocabularies.WordPiece)));
        _host = InferenceHost.Start(_platform, null, ("Models:MaxBatchSize", "4"));
        await _host.WaitForAsync(Model, "champion", 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Theory]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "files": { "vocabulary": "words.txt" } }""", "its file 'words.txt' is not among the version's files (model.onnx, signature.json, vocab.txt); add it, or name another in files.vocabulary")]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "files": { "vocabulary": "../manifest.json" } }""", "its file '../manifest.json' is not among the version's files")]
    [InlineData("""{ "type": "bpe", "max_length": 6 }""", "its file 'vocab.json' is not among the version's files")]
    [InlineData("""{ "type": "bpe", "max_length": 6, "files": { "vocabulary": "vocab.txt", "merges": "vocab.txt" } }""", "are no vocabulary (a JSON object of tokens and ids) and merges")]
    [InlineData("""{ "type": "sentencepiece", "max_length": 6, "files": { "model": "vocab.txt" } }""", "vocab.txt is no SentencePiece model")]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "unk_token": "<unk>" }""", "vocab.txt has no token '<unk>', which stands for unknown words")]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "pad_token": "<pad>" }""", "the vocabulary has no token '<pad>' for padding; name its own in pad_token")]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "single": "<s> $A" }""", "has the token '<s>', which the vocabulary has not")]
    [InlineData("""{ "type": "wordpiece", "max_length": 2 }""", "max_length is 2, which leaves no room beside 2 special tokens; it must be 3 or more")]
    [InlineData("""{ "type": "wordpiece", "max_length": 0 }""", "max_length is 0; it must be 1 to 100000 tokens")]
    [InlineData("""{ "type": "wordpiece" }""", "max_length")]
    [InlineData("""{ "type": "wordpieces", "max_length": 6 }""", "$.tokenizer.type")]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "lower_case": true }""", "lower_case")]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "add_prefix_space": true }""", "add_prefix_space is for bpe")]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "pair": "$A $B" }""", "text_pair names no second input")]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "inputs": { "input_ids": "tokens" } }""", "model.onnx has no input 'tokens'; its inputs are 'input_ids' of INT64 [-1,-1]")]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "inputs": { "attention_mask": "input_ids" } }""", "inputs names 'input_ids' twice")]
    [InlineData("""{ "type": "wordpiece", "max_length": 6, "text": "attention_mask", "inputs": { "input_ids": "input_ids" } }""", "'attention_mask' would be a text and an input of model.onnx")]
    public async Task Wrong_declaration_leaves_the_old_version_serving(string tokenizer, string reason) =>
        await AssertRefusedAsync(Add(tokenizer, TestOnnx.Encoder(12), ("vocab.txt", TestVocabularies.WordPiece)), reason);

    [Fact]
    public async Task Vocabulary_without_the_unknown_token_leaves_the_old_version_serving() =>
        await AssertRefusedAsync(Add(Good, TestOnnx.Encoder(12), ("vocab.txt", TestVocabularies.Lines("[CLS]", "[SEP]", "[PAD]"))), "vocab.txt has no token '[UNK]'");

    [Fact]
    public async Task Vocabulary_with_a_token_twice_leaves_the_old_version_serving() =>
        await AssertRefusedAsync(Add(Good, TestOnnx.Encoder(12), ("vocab.txt", TestVocabularies.Lines("[UNK]", "a", "b", "a"))), "has the token 'a' twice, in line 2 and in line 4");

    [Fact]
    public async Task Vocabulary_larger_than_the_embedding_leaves_the_old_version_serving() =>
        await AssertRefusedAsync(
            Add(Good, TestOnnx.Encoder(11), ("vocab.txt", TestVocabularies.WordPiece)), "the greatest id of the vocabulary, 11: model.onnx must be of the same vocabulary");

    [Fact]
    public async Task Vocabulary_of_another_real_model_leaves_the_old_version_serving() =>
        await AssertRefusedAsync(
            Add(Good, await File.ReadAllBytesAsync(Repository.SharedData("onnx-models/text-tiny-bert/model.onnx"), TestContext.Current.CancellationToken), ("vocab.txt", TestVocabularies.BertUncased())),
            "the greatest id of the vocabulary, 30521");

    [Fact]
    public async Task Text_longer_than_the_models_positions_leaves_the_old_version_serving() =>
        await AssertRefusedAsync(Add(Good, TestOnnx.Encoder(12, positions: 5), ("vocab.txt", TestVocabularies.WordPiece)), "of max_length, 6 tokens: lower it");

    [Fact]
    public async Task Model_whose_inputs_are_no_integers_leaves_the_old_version_serving() =>
        await AssertRefusedAsync(
            Add("""{ "type": "wordpiece", "max_length": 6, "inputs": { "input_ids": "X" } }""", TestOnnx.Identity(Datatype.Fp32, -1, 2), ("vocab.txt", TestVocabularies.WordPiece)),
            "model.onnx's input 'X' must be INT64 or INT32 [batch, tokens], and its inputs are 'X' of FP32 [-1,2]");

    [Fact]
    public async Task Model_of_another_fixed_length_leaves_the_old_version_serving() =>
        await AssertRefusedAsync(
            Add(Good, TestOnnx.Encoder(12, tokens: 6), ("vocab.txt", TestVocabularies.WordPiece)), "model.onnx takes exactly 6 tokens; set \"padding\": \"max_length\" and \"max_length\": 6");

    [Theory]
    [InlineData("ED A0 80", "element 0 of input 'text' is not UTF-8; a text is valid Unicode, without lone surrogates")]
    [InlineData("C3", "element 0 of input 'text' is not UTF-8")]
    public async Task Bytes_that_are_no_text_are_refused(string bytes, string reason)
    {
        var raw = new System.Buffers.ArrayBufferWriter<byte>();
        BytesFraming.Append(raw, Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));

        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.InferAsync(Wire.Grpc, Model, new Tensor("text", Datatype.Bytes, [1], raw.WrittenMemory)));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains(reason, refused.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""["\ud800"]""", "half a surrogate pair")]
    [InlineData("""["want", "unwanted running want"]""", "element 1 of input 'text' has 8 tokens, and the model takes 6; shorten it, or set \"truncation\": true")]
    [InlineData("""["want","want","want","want","want"]""", "batch-size must be <= 4")]
    [InlineData("""[1]""", "not of its data-type")]
    [InlineData("""[["want", "run"]]""", "Expected [-1], got [1,2]")]
    [InlineData("""[{"input_ids":[1,2]}]""", "unexpected inference input 'input_ids'")]
    public async Task Texts_that_the_model_cannot_take_are_refused(string instances, string reason)
    {
        var answer = await _host.PostAsync($"/v1/models/{Model}:predict", $$"""{"instances":{{instances}}}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(reason, answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_without_texts_has_an_answer_without_rows()
    {
        var answer = await _host.InferAsync(Wire.Grpc, Model, new Tensor("text", Datatype.Bytes, [0], default));

        Assert.Equal([0, 3], answer["Y"].Shape);
    }

    private int Add(string tokenizer, byte[] onnx, params (string Path, byte[] Content)[] files) => _platform.Registry.Add(
        Model, [(ModelFiles.Onnx, onnx), (ModelFiles.Signature, Encoding.UTF8.GetBytes($$"""{ "format_version": 1, "tokenizer": {{tokenizer}} }""")), .. files]);

    private async Task AssertRefusedAsync(int version, string reason)
    {
        _platform.Registry.SetAlias(Model, "champion", version);

        var refused = await _host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.Version == version && model.State == "UNAVAILABLE"));
        var answer = await _host.InferAsync(Wire.RestJson, Model, TextModelFunctionalTests.Texts("text", "want"));

        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
        Assert.Equal([6, 14, 3], answer["Y"].Values<float>());
    }
}
