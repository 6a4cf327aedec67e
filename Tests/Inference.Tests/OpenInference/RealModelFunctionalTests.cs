using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.TestSupport;
using Google.Protobuf;

namespace CloudNativeAi.Inference.Tests.OpenInference;

/// <summary>Models that nobody here made give the outputs that came with them.</summary>
public sealed class RealModelFunctionalTests : IAsyncLifetime
{
    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public static TheoryData<string, string> Cases => new()
    {
        { "mnist-8", "case_pb.json" },
        { "mnist-8", "case_digit_0.json" },
        { "mnist-8", "case_digit_3.json" },
        { "mnist-8", "case_digit_5.json" },
        { "mnist-8", "case_digit_7.json" },
        { "sklearn-randomforest-iris", "case.json" },
        { "xgboost-regressor", "case.json" },
        { "text-tiny-bert", "case_batch2.json" },
        { "text-tiny-bert", "case_ids_1-5.json" },
        { "magika-v3.3", "case_first3.json" },
        { "text-encoder-decoder", "case_encoder.json" },
    };

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
    public async Task Model_gives_its_expected_outputs(string model, string caseFile)
    {
        await ServeAsync(model, model == "text-encoder-decoder" ? "encoder.onnx" : "model.onnx");
        using var test = JsonDocument.Parse(await File.ReadAllBytesAsync(Repository.SharedData($"onnx-models/{model}/{caseFile}"), TestContext.Current.CancellationToken));

        var answer = await _host.OpenInference.ModelInferAsync(RequestOf(model, test.RootElement), cancellationToken: TestContext.Current.CancellationToken);

        AssertOutputs(test.RootElement, answer);
    }

    [Fact]
    public async Task Text_model_serves_or_says_which_locale_it_lacks()
    {
        _platform.Registry.Add("tfidf", ("model.onnx", await File.ReadAllBytesAsync(Repository.SharedData("onnx-models/tfidf-vectorizer/model.onnx"), TestContext.Current.CancellationToken)));
        _platform.Registry.SetAlias("tfidf", "champion", 1);
        var served = await _host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.ModelName == "tfidf" && model.State != "LOADING"));

        if (served.State == "UNAVAILABLE")
        {
            // A machine without the en_US.UTF-8 locale cannot run it; the service lives and says so.
            Assert.Contains("locale", served.Reason, StringComparison.OrdinalIgnoreCase);
            return;
        }

        using var test = JsonDocument.Parse(await File.ReadAllBytesAsync(Repository.SharedData("onnx-models/tfidf-vectorizer/case.json"), TestContext.Current.CancellationToken));
        AssertOutputs(test.RootElement, await _host.OpenInference.ModelInferAsync(RequestOf("tfidf", test.RootElement), cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Batch_of_trees_and_transformers_gives_each_request_its_own_rows()
    {
        await ServeAsync("xgboost-regressor");
        using var test = JsonDocument.Parse(await File.ReadAllBytesAsync(Repository.SharedData("onnx-models/xgboost-regressor/case.json"), TestContext.Current.CancellationToken));
        var request = RequestOf("xgboost-regressor", test.RootElement);

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => _host.OpenInference.ModelInferAsync(request, cancellationToken: TestContext.Current.CancellationToken).ResponseAsync));

        Assert.All(answers, answer => AssertOutputs(test.RootElement, answer));
        var statistics = Assert.Single((await _host.OpenInference.ModelStatisticsAsync(new ModelStatisticsRequest { Name = "xgboost-regressor" }, cancellationToken: TestContext.Current.CancellationToken)).ModelStats);
        Assert.Equal(200UL, statistics.InferenceStats.Success.Count);
        Assert.Equal(200UL * 6, statistics.InferenceCount);
        Assert.Equal(statistics.ExecutionCount, (ulong)statistics.BatchStats.Sum(batch => (long)batch.ComputeInfer.Count));
        Assert.Equal(statistics.InferenceCount, (ulong)statistics.BatchStats.Sum(batch => (long)(batch.BatchSize * batch.ComputeInfer.Count)));
    }

    private async Task ServeAsync(string model, string file = "model.onnx")
    {
        _platform.Registry.Add(model, ("model.onnx", await File.ReadAllBytesAsync(Repository.SharedData($"onnx-models/{model}/{file}"), TestContext.Current.CancellationToken)));
        _platform.Registry.SetAlias(model, "champion", 1);
        await _host.WaitForAsync(model, "champion", 1);
    }

    private static ModelInferRequest RequestOf(string model, JsonElement test)
    {
        var request = new ModelInferRequest { ModelName = model };
        foreach (var input in test.GetProperty("inputs").EnumerateArray())
        {
            var dtype = input.GetProperty("dtype").GetString()!;
            var datatype = dtype switch { "float32" => "FP32", "int64" => "INT64", "int32" => "INT32", "string" => "BYTES", _ => throw new NotSupportedException(dtype) };
            request.Inputs.Add(InferRequests.Input(input.GetProperty("name").GetString()!, datatype, [.. input.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())]));
            request.RawInputContents.Add(ByteString.CopyFrom(Raw(datatype, input.GetProperty("data"))));
        }

        return request;
    }

    private static byte[] Raw(string datatype, JsonElement data)
    {
        var elements = data.EnumerateArray().ToList();
        switch (datatype)
        {
            case "FP32":
                return MemoryMarshal.AsBytes<float>(elements.Select(value => value.GetSingle()).ToArray()).ToArray();
            case "INT64":
                return MemoryMarshal.AsBytes<long>(elements.Select(value => value.GetInt64()).ToArray()).ToArray();
            case "INT32":
                return MemoryMarshal.AsBytes<int>(elements.Select(value => value.GetInt32()).ToArray()).ToArray();
            default:
                var writer = new ArrayBufferWriter<byte>();
                elements.ForEach(value => BytesFraming.Append(writer, Encoding.UTF8.GetBytes(value.GetString()!)));
                return writer.WrittenSpan.ToArray();
        }
    }

    private static void AssertOutputs(JsonElement test, ModelInferResponse answer)
    {
        var tolerance = Math.Max(test.GetProperty("tolerance_abs").GetDouble(), 1e-6);
        foreach (var expected in test.GetProperty("expected_outputs").EnumerateArray())
        {
            var index = answer.Outputs.Select(output => output.Name).ToList().IndexOf(expected.GetProperty("name").GetString()!);
            var dtype = expected.GetProperty("dtype").GetString();
            var values = expected.GetProperty("data").EnumerateArray();
            if (dtype == "int64")
            {
                Assert.Equal(values.Select(value => value.GetInt64()), answer.Values<long>(index));
                continue;
            }

            // A sequence of maps is served as a matrix, a column per class.
            var numbers = dtype!.StartsWith("seq", StringComparison.Ordinal)
                ? values.SelectMany(map => map.EnumerateObject().Select(entry => entry.Value.GetDouble())).ToList()
                : values.Select(value => value.GetDouble()).ToList();
            var actual = answer.Values<float>(index);
            Assert.Equal(numbers.Count, actual.Length);
            for (var i = 0; i < actual.Length; i++)
            {
                Assert.Equal(numbers[i], actual[i], tolerance);
            }
        }
    }
}
