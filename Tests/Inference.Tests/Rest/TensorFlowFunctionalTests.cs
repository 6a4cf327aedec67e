using System.Net;
using System.Text;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;

namespace CloudNativeAi.Inference.Tests.Rest;

/// <summary>TensorFlow Serving's and KServe v1's predict, and TorchServe's predictions.</summary>
public sealed class TensorFlowFunctionalTests : IAsyncLifetime
{
    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _host = await InferenceHost.ServeAsync(_platform,
        [
            ("floats", TestOnnx.Identity(Datatype.Fp32, -1, 2)), ("texts", TestOnnx.Identity(Datatype.Bytes, -1)), ("sums", TestOnnx.AddAndSubtract(Datatype.Int32, 2)),
            ("running", TestOnnx.CumulativeSum()),
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Theory]
    [InlineData("floats", """{"instances":[[1,2],[3.5,4]]}""", """{"predictions":[[1,2],[3.5,4]]}""")]
    [InlineData("floats", """{"instances":[{"X":[1,2]},{"X":[3,4]}]}""", """{"predictions":[[1,2],[3,4]]}""")]
    [InlineData("floats", """{"signature_name":"serving_default","inputs":[[1,2]]}""", """{"outputs":[[1,2]]}""")]
    [InlineData("floats", """{"inputs":{"X":[[1,2],[3,4]]}}""", """{"outputs":[[1,2],[3,4]]}""")]
    [InlineData("floats", """{"instances":[[NaN,-Infinity]]}""", """{"predictions":[[NaN,-Infinity]]}""")]
    [InlineData("floats", """{"instances":[["NaN","Infinity"]]}""", """{"predictions":[[NaN,Infinity]]}""")]
    [InlineData("sums", """{"instances":[{"A":[1,2],"B":[10,20]},{"B":[3,4],"A":[1,1]}]}""", """{"predictions":[{"SUM":[11,22],"DIFF":[-9,-18]},{"SUM":[4,5],"DIFF":[-2,-3]}]}""")]
    [InlineData("sums", """{"inputs":{"B":[[1,2]],"A":[[3,4]]}}""", """{"outputs":{"SUM":[[4,6]],"DIFF":[[2,2]]}}""")]
    [InlineData("texts", """{"instances":["NaN \"Infinity\"",{"b64":"aGk="}]}""", """{"predictions":["NaN \u0022Infinity\u0022","hi"]}""")]
    [InlineData("texts", """{"instances":[{"b64":"aGk="},"b"]}""", """{"predictions":["hi","b"]}""")]
    [InlineData("running", """{"instances":[1,2,3]}""", """{"predictions":[1,3,6]}""")]
    public async Task Rows_and_columns(string model, string body, string expected)
    {
        var answer = await _host.PostAsync($"/v1/models/{model}:predict", body);

        Assert.Equal(expected, Encoding.UTF8.GetString(answer.Body));
        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData("floats", "{}", "exactly one of 'instances'")]
    [InlineData("floats", """{"instances":[[1,2]],"inputs":[[1,2]]}""", "exactly one of 'instances'")]
    [InlineData("floats", """{"instances":{}}""", "'instances' must be an array")]
    [InlineData("floats", """{"instances":[]}""", "got [0]")]
    [InlineData("floats", """{"instances":[[1,2],[3]]}""", "nested as its shape")]
    [InlineData("floats", """{"instances":[{"X":[1,2]},[3,4]]}""", "all objects or all values")]
    [InlineData("floats", """{"instances":[{"Z":[1,2]}]}""", "unexpected inference input 'Z'")]
    [InlineData("floats", """{"signature_name":"other","instances":[[1,2]]}""", "\"other\" not found")]
    [InlineData("floats", """{"instances":[[1,"a"]]}""", "element 1 of input 'X'")]
    [InlineData("floats", """{"instances":[[1,NaM]]}""", "failed to parse")]
    [InlineData("sums", """{"instances":[[1,2]]}""", "has 2 inputs; name them: 'A', 'B'")]
    [InlineData("sums", """{"instances":[{"A":[1,2],"B":[1,2]},{"A":[1,2]}]}""", "'B' is in 1 of 2 instances")]
    public async Task Refused(string model, string body, string expected)
    {
        var answer = await _host.PostAsync($"/v1/models/{model}:predict", body);

        Assert.Contains(expected, answer.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
    }

    [Theory]
    [InlineData("/v1/models/floats/versions/1:predict", HttpStatusCode.OK)]
    [InlineData("/v1/models/floats/labels/champion:predict", HttpStatusCode.OK)]
    [InlineData("/v1/models/floats/versions/2:predict", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/none:predict", HttpStatusCode.NotFound)]
    public async Task Version_is_a_number_and_a_label_is_an_alias(string path, HttpStatusCode expected) =>
        Assert.Equal(expected, (await _host.PostAsync(path, """{"instances":[[1,2]]}""")).Status);

    [Fact]
    public async Task State_of_a_model_is_both_tensorflows_and_kserves()
    {
        var state = await _host.GetAsync("/v1/models/floats");

        Assert.Equal(
            """{"name":"floats","ready":true,"model_version_status":[{"version":"1","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]}""",
            state.Json.ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await _host.GetAsync("/v1/models/none")).Status);
        Assert.Equal(4, (await _host.GetAsync("/v1/models")).Json["models"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("/predictions/floats", "[1,2]", "[1,2]")]
    [InlineData("/predictions/floats/1", """{"X":[1,2]}""", "[1,2]")]
    [InlineData("/predictions/sums", """{"A":[1,2],"B":[3,4]}""", """{"SUM":[4,6],"DIFF":[-2,-2]}""")]
    [InlineData("/predictions/texts", "\"hi\"", "\"hi\"")]
    public async Task One_instance_of_torch_serve(string path, string body, string expected)
    {
        var answer = await _host.PostAsync(path, body);

        Assert.Equal(expected, Encoding.UTF8.GetString(answer.Body));
    }

    [Fact]
    public async Task Torch_serve_takes_bytes_pings_and_refuses_in_its_own_shape()
    {
        var bytes = await _host.PostBytesAsync("/predictions/texts", "hi"u8.ToArray(), contentType: "text/plain");
        var ping = await _host.GetAsync("/ping");
        var refused = await _host.PostAsync("/predictions/none", "[1]");

        Assert.Equal("\"hi\"", Encoding.UTF8.GetString(bytes.Body));
        Assert.Equal("""{"status":"Healthy"}""", ping.Json.ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, refused.Status);
        Assert.Equal((404, "Not Found"), ((int)refused.Json["code"]!, (string)refused.Json["type"]!));
        Assert.Contains("'none'", (string)refused.Json["message"]!, StringComparison.Ordinal);
    }
}
