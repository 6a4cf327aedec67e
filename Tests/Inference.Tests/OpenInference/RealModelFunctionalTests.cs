using System.Buffers;
using System.Text;
using System.Text.Json;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.TestSupport;
using Google.Protobuf;

namespace CloudNativeAi.Inference.Tests.OpenInference;

/// <summary>Models that nobody here made give the outputs that came with them, over every wire.</summary>
public sealed class RealModelFunctionalTests : IAsyncLifetime
{
    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public static TheoryData<string, string, Wire> Cases => OnEveryWire(
        ("mnist-8", "case_pb.json"), ("mnist-8", "case_digit_0.json"), ("mnist-8", "case_digit_3.json"), ("mnist-8", "case_digit_5.json"), ("mnist-8", "case_digit_7.json"),
        ("sklearn-randomforest-iris", "case.json"), ("xgboost-regressor", "case.json"), ("text-tiny-bert", "case_batch2.json"), ("text-tiny-bert", "case_ids_1-5.json"),
        ("magika-v3.3", "case_first3.json"), ("text-encoder-decoder", "case_encoder.json"));

    public static TheoryData<string, string, Wire> Images => OnEveryWire(("light_squeezenet", "softmaxout_1"), ("light_bvlc_alexnet", "prob_1"));

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
    [MemberData(nameof(Cases))]
    public async Task Model_gives_its_expected_outputs(string model, string caseFile, Wire wire)
    {
        await ServeAsync(model, model == "text-encoder-decoder" ? $"{model}/encoder.onnx" : $"{model}/model.onnx");
        using var test = await ReadAsync($"{model}/{caseFile}");

        AssertOutputs(test.RootElement, await _host.InferAsync(wire, model, InputsOf(test.RootElement)));
    }

    [Theory]
    [MemberData(nameof(Images))]
    public async Task Image_model_gives_its_expected_probabilities(string model, string output, Wire wire)
    {
        const int Size = 3 * 224 * 224;
        await ServeAsync(model, $"onnx-light/{model}.onnx");
        var expected = FloatsOf(await File.ReadAllBytesAsync(Repository.SharedData($"onnx-models/onnx-light/{model}_output_0.pb"), TestContext.Current.CancellationToken));

        var answer = await _host.InferAsync(wire, model, Wires.Of("data_0", Datatype.Fp32, [1, 3, 224, 224], Enumerable.Range(0, Size).Select(i => (float)i / Size).ToArray()));

        Assert.Equal(1_000, expected.Length);
        var actual = answer[output].Values<float>();
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.Equal(expected.Length, actual.Length);
    }

    [Theory]
    [InlineData(Wire.Grpc)]
    [InlineData(Wire.RestJson)]
    [InlineData(Wire.RestBinary)]
    public async Task Encoder_and_decoder_write_the_expected_text(Wire wire)
    {
        await ServeAsync("encoder", "text-encoder-decoder/encoder.onnx");
        await ServeAsync("decoder", "text-encoder-decoder/decoder.onnx");
        using var test = await ReadAsync("text-encoder-decoder/expected.json");
        long[] Ids(string name) => [.. test.RootElement.GetProperty(name).EnumerateArray().Select(id => id.GetInt64())];
        var prompt = Ids("prompt_ids");
        var expected = Ids("expected_ids");
        var ones = Enumerable.Repeat(1L, prompt.Length).ToArray();
        var encoded = await _host.InferAsync(
            wire, "encoder", Wires.Of("input_ids", Datatype.Int64, [1, prompt.Length], prompt), Wires.Of("attention_mask", Datatype.Int64, [1, prompt.Length], ones));

        List<long> written = [test.RootElement.GetProperty("decoder_start_id").GetInt64()];
        while (written.Count < expected.Length)
        {
            var decoded = await _host.InferAsync(
                wire, "decoder",
                Wires.Of("input_ids", Datatype.Int64, [1, written.Count], written.ToArray()),
                Wires.Of("encoder_attention_mask", Datatype.Fp32, [1, prompt.Length], ones.Select(one => (float)one).ToArray()),
                encoded["last_hidden_state"] with { Name = "encoder_hidden_states" });
            var last = decoded["logits"].Values<float>()[^10_000..];
            written.Add(Array.IndexOf(last, last.Max()));
        }

        Assert.Equal(expected, written);
    }

    [Fact]
    public async Task Content_types_of_all_examples_are_told()
    {
        await ServeAsync("magika", "magika-v3.3/model.onnx");
        using var config = await ReadAsync("magika-v3.3/config.min.json");
        using var examples = await ReadAsync("magika-v3.3/expected_43_examples.json");
        var labels = config.RootElement.GetProperty("target_labels_space").EnumerateArray().Select(label => label.GetString()).ToArray();
        Assert.Equal(43, examples.RootElement.GetArrayLength());

        foreach (var example in examples.RootElement.EnumerateArray())
        {
            var answer = await _host.InferAsync(
                Wire.Grpc, "magika", Wires.Of("bytes", Datatype.Int32, [1, 2_048], MagikaFeatures(example.GetProperty("content_base64").GetBytesFromBase64())));
            var scores = answer["target_label"].Values<float>();
            Assert.Equal(example.GetProperty("upstream_label").GetString(), labels[Array.IndexOf(scores, scores.Max())]);
            Assert.Equal(example.GetProperty("upstream_score").GetDouble(), scores.Max(), 0.005);
        }
    }

    [Theory]
    [InlineData(Wire.Grpc)]
    [InlineData(Wire.RestJson)]
    [InlineData(Wire.RestBinary)]
    public async Task Text_model_gives_its_expected_outputs_where_its_locale_is(Wire wire)
    {
        var served = await OfferTextModelAsync();
        Assert.SkipWhen(served.State == "UNAVAILABLE", $"tfidf-vectorizer cannot run on this machine: {served.Reason}");

        using var test = await ReadAsync("tfidf-vectorizer/case.json");
        AssertOutputs(test.RootElement, await _host.InferAsync(wire, "tfidf", InputsOf(test.RootElement)));
        var metadata = await _host.OpenInference.ModelMetadataAsync(new ModelMetadataRequest { Name = "tfidf" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("custom_value", metadata.Properties["custom_key"]);
    }

    [Fact]
    public async Task Text_model_whose_locale_is_missing_is_reported_and_the_service_lives()
    {
        var served = await OfferTextModelAsync();
        Assert.SkipUnless(served.State == "UNAVAILABLE", "This machine has the locale en_US.UTF-8.");

        Assert.Contains("locale", served.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(System.Net.HttpStatusCode.OK, (await _host.GetAsync("/v2/health/live")).Status);
    }

    [Fact]
    public async Task Batch_of_trees_gives_each_request_its_own_rows()
    {
        await ServeAsync("xgboost", "xgboost-regressor/model.onnx");
        using var test = await ReadAsync("xgboost-regressor/case.json");
        var inputs = InputsOf(test.RootElement);

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => _host.InferAsync((Wire)(i % 3), "xgboost", inputs)));

        Assert.All(answers, answer => AssertOutputs(test.RootElement, answer));
        var statistics = Assert.Single((await _host.OpenInference.ModelStatisticsAsync(new ModelStatisticsRequest { Name = "xgboost" }, cancellationToken: TestContext.Current.CancellationToken)).ModelStats);
        Assert.Equal(200UL, statistics.InferenceStats.Success.Count);
        Assert.Equal(200UL, statistics.InferenceStats.ComputeInfer.Count);
        Assert.Equal(200UL, statistics.InferenceStats.Queue.Count);
        Assert.Equal(200UL * 6, statistics.InferenceCount);
        Assert.Equal(statistics.ExecutionCount, (ulong)statistics.BatchStats.Sum(batch => (long)batch.ComputeInfer.Count));
        Assert.Equal(statistics.InferenceCount, (ulong)statistics.BatchStats.Sum(batch => (long)(batch.BatchSize * batch.ComputeInfer.Count)));
    }

    private async Task<Contracts.Inference.ServedModel> OfferTextModelAsync()
    {
        _platform.Registry.Add("tfidf", ("model.onnx", await File.ReadAllBytesAsync(Repository.SharedData("onnx-models/tfidf-vectorizer/model.onnx"), TestContext.Current.CancellationToken)));
        _platform.Registry.SetAlias("tfidf", "champion", 1);
        return await _host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.ModelName == "tfidf" && model.State != "LOADING"));
    }

    private async Task ServeAsync(string model, string file)
    {
        _platform.Registry.Add(model, ("model.onnx", await File.ReadAllBytesAsync(Repository.SharedData($"onnx-models/{file}"), TestContext.Current.CancellationToken)));
        _platform.Registry.SetAlias(model, "champion", 1);
        await _host.WaitForAsync(model, "champion", 1);
    }

    private static async Task<JsonDocument> ReadAsync(string file) =>
        JsonDocument.Parse(await File.ReadAllBytesAsync(Repository.SharedData($"onnx-models/{file}"), TestContext.Current.CancellationToken));

    private static TheoryData<string, string, Wire> OnEveryWire(params (string, string)[] cases)
    {
        var data = new TheoryData<string, string, Wire>();
        foreach (var (first, second) in cases)
        {
            foreach (var wire in Enum.GetValues<Wire>())
            {
                data.Add(first, second, wire);
            }
        }

        return data;
    }

    private static Tensor[] InputsOf(JsonElement test) => [.. test.GetProperty("inputs").EnumerateArray().Select(input =>
    {
        var name = input.GetProperty("name").GetString()!;
        long[] shape = [.. input.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
        var data = input.GetProperty("data").EnumerateArray();
        switch (input.GetProperty("dtype").GetString())
        {
            case "float32":
                return Wires.Of(name, Datatype.Fp32, shape, data.Select(value => value.GetSingle()).ToArray());
            case "int64":
                return Wires.Of(name, Datatype.Int64, shape, data.Select(value => value.GetInt64()).ToArray());
            case "int32":
                return Wires.Of(name, Datatype.Int32, shape, data.Select(value => value.GetInt32()).ToArray());
            default:
                var writer = new ArrayBufferWriter<byte>();
                data.ToList().ForEach(value => BytesFraming.Append(writer, Encoding.UTF8.GetBytes(value.GetString()!)));
                return new Tensor(name, Datatype.Bytes, shape, writer.WrittenMemory);
        }
    })];

    private static void AssertOutputs(JsonElement test, IReadOnlyDictionary<string, Tensor> answer)
    {
        var tolerance = Math.Max(test.GetProperty("tolerance_abs").GetDouble(), 1e-6);
        foreach (var expected in test.GetProperty("expected_outputs").EnumerateArray())
        {
            var output = answer[expected.GetProperty("name").GetString()!];
            var dtype = expected.GetProperty("dtype").GetString()!;
            var values = expected.GetProperty("data").EnumerateArray();
            if (dtype == "int64")
            {
                Assert.Equal(values.Select(value => value.GetInt64()), output.Values<long>());
                continue;
            }

            // A sequence of maps is served as a matrix, a column per class.
            var numbers = dtype.StartsWith("seq", StringComparison.Ordinal)
                ? values.SelectMany(map => map.EnumerateObject().Select(entry => entry.Value.GetDouble())).ToList()
                : values.Select(value => value.GetDouble()).ToList();
            var actual = output.Values<float>();
            Assert.Equal(numbers.Count, actual.Length);
            for (var i = 0; i < actual.Length; i++)
            {
                Assert.Equal(numbers[i], actual[i], tolerance);
            }
        }
    }

    // Of a TensorProto: field 9, raw data.
    private static float[] FloatsOf(byte[] tensorProto)
    {
        var input = new CodedInputStream(tensorProto);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == 9)
            {
                return new Tensor("", Datatype.Fp32, [], input.ReadBytes().ToByteArray()).Values<float>();
            }

            input.SkipLastField();
        }

        throw new InvalidDataException("The tensor has no raw data.");
    }

    // The beginning without leading and the end without trailing white space, each 1,024 bytes, padded with 256.
    private static int[] MagikaFeatures(byte[] content)
    {
        const int Half = 1_024;
        const int Block = 4_096;
        const int Padding = 256;
        var start = content[..Math.Min(Block, content.Length)].SkipWhile(IsWhiteSpace).Take(Half).ToList();
        var end = content[^Math.Min(Block, content.Length)..].Reverse().SkipWhile(IsWhiteSpace).Take(Half).Reverse().ToList();
        return [.. start.Select(value => (int)value), .. Enumerable.Repeat(Padding, Half - start.Count), .. Enumerable.Repeat(Padding, Half - end.Count), .. end.Select(value => (int)value)];
    }

    private static bool IsWhiteSpace(byte value) => value is 32 or (>= 9 and <= 13);
}
