using System.Net;
using System.Text;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;

namespace CloudNativeAi.Inference.Tests.Rest;

/// <summary>What a REST request can have wrong: each is refused with the right status and a message that says what.</summary>
public sealed class RestValidationFunctionalTests : IAsyncLifetime
{
    private const string Floats = "/v2/models/floats/infer";

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _host = await InferenceHost.ServeAsync(
            _platform,
            [
                ("floats", TestOnnx.Identity(Datatype.Fp32, -1, 2)),
                ("texts", TestOnnx.Identity(Datatype.Bytes, -1, 1)),
                ("bytes", TestOnnx.Identity(Datatype.Int8, -1, 1)),
                ("sums", TestOnnx.AddAndSubtract(Datatype.Int32, 2)),
            ],
            ("Models:MaxBatchSize", "8"),
            ("OpenInference:MaxRequestBytes", "65536"),
            ("OpenInference:MaxTensors", "3"),
            ("OpenInference:MaxJsonDepth", "16"));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Theory]
    // No request at all.
    [InlineData("", "failed to parse the request JSON")]
    [InlineData("{", "failed to parse the request JSON")]
    [InlineData("[]", "the request must be a JSON object")]
    [InlineData("{}", "unable to find 'inputs'")]
    [InlineData("{\"inputs\":[]} x", "failed to parse the request JSON")]
    [InlineData("{\"inputs\":{}}", "'inputs' must be an array")]
    [InlineData("{\"inputs\":[1]}", "arrays of objects")]
    [InlineData("{\"id\":1,\"inputs\":[]}", "'id' must be a string")]
    // An input that is none.
    [InlineData("{\"inputs\":[{\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}", "an input has no 'name'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"datatype\":\"FP32\",\"data\":[1,2]}]}", "has no 'shape'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1.5],\"datatype\":\"FP32\",\"data\":[1,2]}]}", "'shape' must be an array of whole numbers")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FLOAT\",\"data\":[1,2]}]}", "unknown data-type 'FLOAT'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"data\":[1,2]}]}", "unknown data-type ''")]
    // Exactly one form of data.
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\"}]}", "but it has none")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2],\"parameters\":{\"binary_data_size\":8}}]}", "but it has several")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2],\"parameters\":{\"shared_memory_region\":\"r\"}}]}", "but it has several")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2],\"data\":[1,2]}]}", "'data' twice")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":8}}]}", "must specify valid 'Inference-Header-Content-Length'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":-8}}]}", "'binary_data_size' must be a whole number")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":\"8\"}}]}", "'binary_data_size' must be a whole number")]
    // Data that is not the shape's, or not the type's.
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1]}]}", "the number of elements of input 'X' is not that of its shape [1,2]")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}", "the number of elements")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1000000000,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}", "the number of elements")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[[1,2,3],[4]]}]}", "nested as its shape [2,2] says")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[[[1,2]]]}]}", "nested as its shape")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,[2]]}]}", "nested as its shape")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":500}]}", "nested as its shape")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[\"1\",2]}]}", "element 0 of input 'X' is not of its data-type")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,null]}]}", "element 1 of input 'X'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,{}]}]}", "element 1 of input 'X'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,1e39]}]}", "element 1 of input 'X'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,NaN]}]}", "failed to parse the request JSON")]
    // What the model does not take.
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"INT32\",\"data\":[1,2]}]}", "data-type is 'INT32', but model 'floats' expects 'FP32'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[2],\"datatype\":\"FP32\",\"data\":[1,2]}]}", "Expected [-1,2], got [2]")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[2,1],\"datatype\":\"FP32\",\"data\":[1,2]}]}", "Expected [-1,2], got [2,1]")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[-1,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}", "dimensions must not be negative")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[9223372036854775807,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}", "nor their product too large")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[9,2],\"datatype\":\"FP32\",\"data\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]}]}", "batch-size must be <= 8 for 'floats'")]
    [InlineData("{\"inputs\":[{\"name\":\"Z\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}", "unexpected inference input 'Z' for model 'floats'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]},{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}", "already exists in request")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]}],\"outputs\":[{\"name\":\"Z\"}]}", "unexpected inference output 'Z' requested for model 'floats'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]}],\"outputs\":[{}]}", "an output has no 'name'")]
    [InlineData("{\"inputs\":[{\"name\":\"X\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]}],\"outputs\":[{\"name\":\"Y\",\"parameters\":{\"classification\":0}}]}", "must be 1 or more")]
    // Parameters.
    [InlineData("{\"parameters\":{\"triton_x\":1},\"inputs\":[]}", "reserved")]
    [InlineData("{\"parameters\":{\"headers\":\"x\"},\"inputs\":[]}", "reserved")]
    [InlineData("{\"parameters\":{\"timeout\":-1},\"inputs\":[]}", "'timeout'")]
    [InlineData("{\"parameters\":{\"x\":[1]},\"inputs\":[]}", "the parameter 'x' must be a truth value, a number or a string")]
    [InlineData("{\"parameters\":{\"binary_data_output\":1},\"inputs\":[]}", "'binary_data_output' must be true or false")]
    // Limits.
    [InlineData("{\"inputs\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"d\"}]}", "more than 3 inputs")]
    [InlineData("{\"x\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}", "maximum configured depth of 16")]
    public async Task Refused(string json, string expected)
    {
        var answer = await _host.PostAsync(Floats, json);

        Assert.Contains(expected, answer.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
    }

    [Theory]
    [InlineData("""{"inputs":[{"name":"A","shape":[1,2],"datatype":"INT32","data":[1,2]}]}""", "missing: 'B'")]
    [InlineData("""{"inputs":[{"name":"A","shape":[1,2],"datatype":"INT32","data":[1,2]},{"name":"B","shape":[2,2],"datatype":"INT32","data":[1,2,3,4]}]}""", "batch size does not match other inputs")]
    [InlineData("""{"inputs":[{"name":"A","shape":[1,2],"datatype":"INT32","data":[1,2.5]}]}""", "element 1 of input 'A'")]
    public async Task Two_inputs_that_do_not_go_together(string json, string expected) =>
        Assert.Contains(expected, (await _host.PostAsync("/v2/models/sums/infer", json)).Error, StringComparison.Ordinal);

    [Fact]
    public async Task Number_out_of_the_datatypes_range() =>
        Assert.Contains("element 0", (await _host.PostAsync("/v2/models/bytes/infer", """{"inputs":[{"name":"X","shape":[1,1],"datatype":"INT8","data":[128]}]}""")).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData(new byte[] { 1, 0, 0 }, "incomplete string length")]
    [InlineData(new byte[] { 5, 0, 0, 0, 97 }, "incomplete string data")]
    [InlineData(new byte[] { 1, 0, 0, 0, 97, 98 }, "1 bytes follow the last")]
    public async Task Strings_framed_wrongly(byte[] raw, string expected)
    {
        var answer = await _host.PostBinaryAsync(
            "/v2/models/texts/infer", $$$"""{"inputs":[{"name":"X","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":{{{raw.Length}}}}}]}""", raw);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(expected, answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Empty_dimension_gives_an_empty_tensor()
    {
        foreach (var data in (string[])["[]", "[[],[]]"])
        {
            var shape = data == "[]" ? "[0,2]" : "[2,0]";
            var answer = await _host.PostAsync(Floats, $$"""{"inputs":[{"name":"X","shape":{{shape}},"datatype":"FP32","data":{{data}}}]}""");
            if (data == "[]")
            {
                Assert.Equal("[]", answer.Json["outputs"]![0]!["data"]!.ToJsonString());
            }
            else
            {
                // Its data is well formed; the model has two columns.
                Assert.Contains("Expected [-1,2], got [2,0]", answer.Error, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("/v2/models/none/infer", HttpStatusCode.NotFound, "Request for unknown model: 'none' is not found")]
    [InlineData("/v2/models/floats/versions/9/infer", HttpStatusCode.NotFound, "version 9 is not found")]
    [InlineData("/v2/models/floats/versions/one/infer", HttpStatusCode.BadRequest, "version string 'one'")]
    [InlineData("/v2/models/floats/versions/-1/infer", HttpStatusCode.BadRequest, "version string '-1'")]
    [InlineData("/v2/models/floats/explain", HttpStatusCode.NotFound, "Not Found")]
    [InlineData("/v2/models/floats", HttpStatusCode.MethodNotAllowed, "Method Not Allowed")]
    public async Task Unknown_path_model_or_version(string path, HttpStatusCode status, string expected)
    {
        var answer = await _host.PostAsync(path, """{"inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""");

        Assert.Equal(status, answer.Status);
        Assert.Contains(expected, answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shared_memory_is_not_served()
    {
        var answer = await _host.PostAsync(Floats, """{"inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","parameters":{"shared_memory_region":"r"}}]}""");

        Assert.Equal(HttpStatusCode.NotImplemented, answer.Status);
    }

    [Fact]
    public async Task Body_over_the_limit_is_refused_however_it_is_sent()
    {
        var padding = Encoding.UTF8.GetBytes("{\"x\":\"" + new string('a', 65_536) + "\",\"inputs\":[]}");

        var plain = await _host.PostBytesAsync(Floats, padding);
        var packed = await _host.PostBytesAsync(Floats, Packed.Gzip(padding), contentEncoding: "gzip");

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.RequestEntityTooLarge), (plain.Status, packed.Status));
        Assert.Contains("65536 bytes", plain.Error, StringComparison.Ordinal);
        Assert.Contains("65536 bytes", packed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_that_is_not_what_its_encoding_says()
    {
        var unknown = await _host.PostBytesAsync(Floats, [1, 2, 3], contentEncoding: "br");
        var broken = await _host.PostBytesAsync(Floats, [1, 2, 3], contentEncoding: "gzip");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, unknown.Status);
        Assert.Equal("gzip, deflate, identity", Assert.Single(unknown.Response.Headers.GetValues("Accept-Encoding")));
        Assert.Equal(HttpStatusCode.BadRequest, broken.Status);
        Assert.Contains("content encoding", broken.Error, StringComparison.Ordinal);
    }
}
