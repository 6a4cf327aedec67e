using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;

namespace CloudNativeAi.Inference.Tests.Rest;

/// <summary>The binary tensor extension: the header's edges, which outputs are binary, raw bodies, compression.</summary>
public sealed class BinaryTensorFunctionalTests : IAsyncLifetime
{
    private const string Sums = "/v2/models/sums/infer";
    private const string Floats = "/v2/models/floats/infer";
    private const string BinaryFloats = """{"inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""";

    private static readonly byte[] TwoFloats = MemoryMarshal.AsBytes<float>([1, 2]).ToArray();

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _host = await InferenceHost.ServeAsync(_platform,
        [
            ("sums", TestOnnx.AddAndSubtract(Datatype.Int32, 2)), ("floats", TestOnnx.Identity(Datatype.Fp32, -1, 2)), ("texts", TestOnnx.Identity(Datatype.Bytes, -1, 1)),
            ("running", TestOnnx.CumulativeSum()), ("free", TestOnnx.Identity(Datatype.Fp32, -1, -1, -1)),
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Theory]
    [InlineData("""{"binary_data_output":true}""", "", true, true)]
    [InlineData("""{"binary_data_output":false}""", "", false, false)]
    [InlineData("{}", "", false, false)]
    [InlineData("""{"binary_data_output":true}""", """{"name":"SUM"},{"name":"DIFF","parameters":{"binary_data":false}}""", true, false)]
    [InlineData("{}", """{"name":"SUM","parameters":{"binary_data":false}},{"name":"DIFF","parameters":{"binary_data":true}}""", false, true)]
    [InlineData("{}", """{"name":"SUM","parameters":{"binary_data":true}},{"name":"DIFF","parameters":{"binary_data":true}}""", true, true)]
    public async Task Output_is_binary_when_asked_and_its_own_parameter_wins(string parameters, string outputs, bool isSumBinary, bool isDifferenceBinary)
    {
        var json = $$$"""
            {"parameters":{{{parameters}}},"outputs":[{{{outputs}}}],"inputs":[{"name":"A","shape":[1,2],"datatype":"INT32","parameters":{"binary_data_size":8}},
            {"name":"B","shape":[1,2],"datatype":"INT32","data":[10,20]}]}
            """;

        var answer = await _host.PostBinaryAsync(Sums, json, MemoryMarshal.AsBytes<int>([1, 2]).ToArray());

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var expected = new List<byte>();
        foreach (var (index, isBinary, values) in new[] { (0, isSumBinary, new[] { 11, 22 }), (1, isDifferenceBinary, [-9, -18]) })
        {
            var output = answer.Json["outputs"]![index]!;
            Assert.Equal(isBinary, output["data"] is null);
            if (isBinary)
            {
                Assert.Equal(8, (int)output["parameters"]!["binary_data_size"]!);
                expected.AddRange(MemoryMarshal.AsBytes(values.AsSpan()));
            }
            else
            {
                Assert.Equal($"[{values[0]},{values[1]}]", output["data"]!.ToJsonString());
            }
        }

        Assert.Equal(expected.Count > 0, answer.IsBinary);
        Assert.Equal(expected, answer.Blobs);
        Assert.Equal(expected.Count > 0 ? "application/octet-stream" : "application/json", answer.Response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Tensors_follow_in_the_order_of_the_inputs()
    {
        var json = """
            {"inputs":[{"name":"B","shape":[1,2],"datatype":"INT32","parameters":{"binary_data_size":8}},
            {"name":"A","shape":[1,2],"datatype":"INT32","parameters":{"binary_data_size":8}}],"outputs":[{"name":"DIFF"}]}
            """;

        var answer = await _host.PostBinaryAsync(Sums, json, MemoryMarshal.AsBytes<int>([1, 2]).ToArray(), MemoryMarshal.AsBytes<int>([10, 20]).ToArray());

        Assert.Equal("[9,18]", Assert.Single(answer.Json["outputs"]!.AsArray())!["data"]!.ToJsonString());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("1.0")]
    [InlineData("+5")]
    [InlineData("99999")]
    [InlineData("99999999999999999999")]
    public async Task Header_that_is_no_length_of_the_body(string value)
    {
        var answer = await _host.PostBytesAsync(Floats, [.. Encoding.UTF8.GetBytes(BinaryFloats), .. TwoFloats], value);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("Inference-Header-Content-Length is", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Header_as_long_as_the_body_means_there_is_no_binary_data()
    {
        const string Json = """{"inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";

        var fine = await _host.PostBytesAsync(Floats, Encoding.UTF8.GetBytes(Json), Json.Length.ToString(CultureInfo.InvariantCulture));
        var missing = await _host.PostBytesAsync(Floats, Encoding.UTF8.GetBytes(BinaryFloats), BinaryFloats.Length.ToString(CultureInfo.InvariantCulture));

        Assert.Equal("[1,2]", fine.Json["outputs"]![0]!["data"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, missing.Status);
        Assert.Contains("announces 8 bytes, 0 are left", missing.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7, "announces 8 bytes, 7 are left")]
    [InlineData(9, "unexpected additional input data")]
    public async Task Binary_data_shorter_or_longer_than_announced(int bytes, string expected)
    {
        var answer = await _host.PostBinaryAsync(Floats, BinaryFloats, new byte[bytes]);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(expected, answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Announced_size_that_is_not_the_shapes()
    {
        var answer = await _host.PostBinaryAsync(Floats, BinaryFloats.Replace("8", "12", StringComparison.Ordinal), new byte[12]);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("Expected 8, got 12", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_that_is_the_tensor_itself()
    {
        var floats = await _host.PostBytesAsync(Floats, TwoFloats, "0");
        var text = await _host.PostBytesAsync("/v2/models/texts/infer", "né"u8.ToArray(), "0");
        var any = await _host.PostBytesAsync("/v2/models/running/infer", MemoryMarshal.AsBytes<float>([1, 2, 3]).ToArray(), "0");

        Assert.Equal(TwoFloats, floats.Blobs);
        Assert.Equal("[1,2]", floats.Json["outputs"]![0]!["shape"]!.ToJsonString());
        Assert.Equal([3, 0, 0, 0, .. "né"u8], text.Blobs);
        Assert.Equal([1f, 3, 6], MemoryMarshal.Cast<byte, float>(any.Blobs).ToArray());
    }

    [Theory]
    [InlineData("sums", 8, "one input")]
    [InlineData("free", 8, "at most one variable dimension")]
    [InlineData("floats", 12, "Expected 8, got 12")]
    [InlineData("running", 7, "does not fill the shape [-1]")]
    public async Task Raw_body_that_does_not_fit_the_model(string model, int bytes, string expected)
    {
        var answer = await _host.PostBytesAsync($"/v2/models/{model}/infer", new byte[bytes], "0");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(expected, answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Compressed_both_ways_and_the_header_counts_plain_bytes(string coding)
    {
        const int Rows = 500;
        var tensor = MemoryMarshal.AsBytes<float>(Enumerable.Range(0, Rows * 2).Select(i => (float)i).ToArray()).ToArray();
        var json = $$$"""{"parameters":{"binary_data_output":true},"inputs":[{"name":"X","shape":[{{{Rows}}},2],"datatype":"FP32","parameters":{"binary_data_size":{{{tensor.Length}}}}}]}""";
        byte[] body = [.. Encoding.UTF8.GetBytes(json), .. tensor];

        var answer = await _host.PostBytesAsync(
            Floats, coding == "gzip" ? Packed.Gzip(body) : Packed.Deflate(body), json.Length.ToString(CultureInfo.InvariantCulture), contentEncoding: coding, acceptEncoding: coding);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(coding, Assert.Single(answer.Response.Content.Headers.ContentEncoding));
        Assert.Equal(tensor, (answer with { Body = Packed.Unpack(answer.Body, coding) }).Blobs);
    }

    [Theory]
    [InlineData("br", null)]
    [InlineData("gzip;q=0", null)]
    [InlineData("gzip;q=0.1, deflate;q=0.9", "deflate")]
    [InlineData("deflate, gzip;q=1.0, *;q=0.5", "deflate")]
    public async Task Client_says_which_compression_it_likes(string accepted, string? expected)
    {
        var body = MemoryMarshal.AsBytes<float>(new float[1_000]).ToArray();

        var answer = await _host.PostBytesAsync("/v2/models/running/infer", body, "0", acceptEncoding: accepted);

        Assert.Equal(expected, answer.Response.Content.Headers.ContentEncoding.SingleOrDefault());
    }
}
