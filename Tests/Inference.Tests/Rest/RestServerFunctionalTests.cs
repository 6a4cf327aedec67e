using System.Net;
using System.Text.Json.Nodes;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;

namespace CloudNativeAi.Inference.Tests.Rest;

/// <summary>Everything of the protocol's REST but tensors.</summary>
public sealed class RestServerFunctionalTests : IAsyncLifetime
{
    private const string Request = """{"inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _platform.Registry.Add("floats", ("model.onnx", TestOnnx.Identity(Datatype.Fp32, -1, 2)));
        _platform.Registry.Add("floats", ("model.onnx", TestOnnx.Identity(Datatype.Fp64, -1, 2)));
        _platform.Registry.SetAlias("floats", "champion", 1);
        _platform.Registry.Add("a name", ("model.onnx", TestOnnx.CumulativeSum()));
        _platform.Registry.SetAlias("a name", "champion", 1);
        _platform.Registry.Add("spare", ("model.onnx", TestOnnx.Identity(Datatype.Bytes, -1, 1)));
        _host = InferenceHost.Start(_platform);
        await _host.WaitForAsync("floats", "champion", 1);
        await _host.WaitForAsync("a name", "champion", 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Server_is_live_ready_and_announces_what_it_serves()
    {
        var live = await _host.GetAsync("/v2/health/live");
        var ready = await _host.GetAsync("/v2/health/ready");
        var server = await _host.GetAsync("/v2");

        Assert.Equal((HttpStatusCode.OK, true), (live.Status, (bool)live.Json["live"]!));
        Assert.Equal((HttpStatusCode.OK, true), (ready.Status, (bool)ready.Json["ready"]!));
        Assert.Equal("CloudNativeAi", (string)server.Json["name"]!);
        Assert.NotEmpty((string)server.Json["version"]!);
        Assert.Equal(
            ["classification", "model_repository", "model_configuration", "binary_tensor_data", "parameters", "statistics"],
            server.Json["extensions"]!.AsArray().Select(extension => (string)extension!));
    }

    [Fact]
    public async Task Server_without_models_to_serve_is_not_ready()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Registry.IsDown = true;
        await using var host = InferenceHost.Start(platform);

        var ready = await host.GetAsync("/v2/health/ready");
        var asked = await host.PostAsync("/v2/models/floats/infer", Request);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, false), (ready.Status, (bool)ready.Json["ready"]!));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, asked.Status);
        Assert.Contains("not at ready state", asked.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.InternalServerError, (await host.GetAsync("/ping")).Status);
    }

    [Theory]
    [InlineData("/v2/models/floats", "FP32")]
    [InlineData("/v2/models/floats/versions/2", "FP64")]
    [InlineData("/v2/models/floats/versions/champion", "FP32")]
    public async Task Model_is_described(string path, string datatype)
    {
        var metadata = (await _host.GetAsync(path)).Json;

        Assert.Equal(("floats", "onnxruntime_onnx"), ((string)metadata["name"]!, (string)metadata["platform"]!));
        Assert.Equal($$"""[{"name":"X","datatype":"{{datatype}}","shape":[-1,2]}]""", metadata["inputs"]!.ToJsonString());
        Assert.Equal($$"""[{"name":"Y","datatype":"{{datatype}}","shape":[-1,2]}]""", metadata["outputs"]!.ToJsonString());
        Assert.Contains("1", metadata["versions"]!.AsArray().Select(version => (string)version!));
        Assert.Equal(64, ((string)metadata["properties"]!["digest"]!).Length);
    }

    [Theory]
    [InlineData("/v2/models/floats/ready", HttpStatusCode.OK)]
    [InlineData("/v2/models/floats/versions/2/ready", HttpStatusCode.OK)]
    [InlineData("/v2/models/a%20name/ready", HttpStatusCode.OK)]
    [InlineData("/v2/models/floats/versions/3/ready", HttpStatusCode.NotFound)]
    [InlineData("/v2/models/none/ready", HttpStatusCode.NotFound)]
    [InlineData("/v2/models/spare/ready", HttpStatusCode.NotFound)]
    public async Task Readiness_of_a_model(string path, HttpStatusCode expected) => Assert.Equal(expected, (await _host.GetAsync(path)).Status);

    [Fact]
    public async Task Configuration_is_in_tritons_terms()
    {
        var batched = (await _host.GetAsync("/v2/models/floats/config")).Json;
        var alone = (await _host.GetAsync("/v2/models/a%20name/config")).Json;

        Assert.Equal(4096, (int)batched["max_batch_size"]!);
        Assert.Equal("TYPE_FP32", (string)batched["input"]![0]!["data_type"]!);
        Assert.Equal("[2]", batched["input"]![0]!["dims"]!.ToJsonString());
        Assert.Equal(2048, (int)batched["dynamic_batching"]!["default_queue_policy"]!["max_queue_size"]!);
        Assert.Equal("KIND_CPU", (string)batched["instance_group"]![0]!["kind"]!);
        Assert.Equal((0, "[-1]"), ((int)alone["max_batch_size"]!, alone["input"]![0]!["dims"]!.ToJsonString()));
        Assert.Null(alone["dynamic_batching"]);
        Assert.False((bool)alone["model_transaction_policy"]!["decoupled"]!);
    }

    [Fact]
    public async Task Statistics_count_every_request()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await _host.PostAsync("/v2/models/floats/infer", Request)).Status);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await _host.PostAsync("/v2/models/floats/infer", """{"inputs":[]}""")).Status);
        var one = (await _host.GetAsync("/v2/models/floats/versions/1/stats")).Json["model_stats"]![0]!;
        var all = (await _host.GetAsync("/v2/models/stats")).Json["model_stats"]!.AsArray();

        Assert.Equal(("floats", "1", 5, 5), ((string)one["name"]!, (string)one["version"]!, (int)one["inference_count"]!, (int)one["execution_count"]!));
        Assert.Equal((5, 1), ((int)one["inference_stats"]!["success"]!["count"]!, (int)one["inference_stats"]!["fail"]!["count"]!));
        Assert.True((long)one["inference_stats"]!["success"]!["ns"]! >= (long)one["inference_stats"]!["compute_infer"]!["ns"]!);
        Assert.True((long)one["inference_stats"]!["compute_infer"]!["ns"]! > 0);
        Assert.Equal((1, 5), ((int)one["batch_stats"]![0]!["batch_size"]!, (int)one["batch_stats"]![0]!["compute_infer"]!["count"]!));
        Assert.Equal(["a name", "floats"], all.Select(model => (string)model!["name"]!).Distinct());
        Assert.Equal(HttpStatusCode.NotFound, (await _host.GetAsync("/v2/models/none/stats")).Status);
    }

    [Fact]
    public async Task Repository_lists_loads_and_unloads()
    {
        Assert.Equal(
            """[{"name":"a name","version":"1","state":"READY"},{"name":"floats","version":"1","state":"READY"},{"name":"spare","state":"UNAVAILABLE","reason":"no alias is set"}]""",
            await IndexAsync("{}"));
        Assert.Equal("""[{"name":"a name","version":"1","state":"READY"},{"name":"floats","version":"1","state":"READY"}]""", await IndexAsync("""{"ready":true}"""));

        Assert.Equal(HttpStatusCode.OK, (await _host.PostAsync("/v2/repository/models/floats/unload", """{"parameters":{"unload_dependents":true}}""")).Status);
        var refused = await _host.PostAsync("/v2/models/floats/infer", Request);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        Assert.Contains("'floats' is not at ready state: unloaded", refused.Error, StringComparison.Ordinal);
        Assert.Contains("""{"name":"floats","state":"UNAVAILABLE","reason":"unloaded"}""", await IndexAsync(""), StringComparison.Ordinal);

        var loaded = await _host.PostAsync("/v2/repository/models/floats/load", "");
        Assert.Equal("""{"name":"floats","load":true}""", loaded.Json.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, (await _host.PostAsync("/v2/models/floats/infer", Request)).Status);

        // Without an alias it is the latest version.
        Assert.Equal(HttpStatusCode.OK, (await _host.PostAsync("/v2/repository/models/spare/load", "{}")).Status);
        Assert.Contains("""{"name":"spare","version":"1","state":"READY"}""", await IndexAsync("{}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v2/repository/models/none/load", "{}", HttpStatusCode.NotFound)]
    [InlineData("/v2/repository/models/none/unload", "{}", HttpStatusCode.NotFound)]
    [InlineData("/v2/repository/other/models/floats/load", "{}", HttpStatusCode.NotImplemented)]
    [InlineData("/v2/repository/other/models/floats/unload", "{}", HttpStatusCode.NotImplemented)]
    [InlineData("/v2/repository/other/index", "{}", HttpStatusCode.NotImplemented)]
    [InlineData("/v2/repository/models/floats/load", """{"parameters":{"config":"{}"}}""", HttpStatusCode.NotImplemented)]
    [InlineData("/v2/repository/models/floats/load", "x", HttpStatusCode.BadRequest)]
    [InlineData("/v2/repository/index", """{"ready":1}""", HttpStatusCode.BadRequest)]
    public async Task Repository_request_that_is_refused(string path, string json, HttpStatusCode expected)
    {
        var answer = await _host.PostAsync(path, json);

        Assert.Equal(expected, answer.Status);
        Assert.NotEmpty(answer.Error);
    }

    [Fact]
    public async Task Models_are_listed() =>
        Assert.Equal(["a name", "floats", "spare"], (await _host.GetAsync("/v2/models")).Json["models"]!.AsArray().Select(name => (string)name!));

    [Fact]
    public async Task Metrics_have_tritons_names()
    {
        // A name of its own: every host in this process is heard.
        const string Model = "metrics";
        _platform.Registry.Add(Model, ("model.onnx", TestOnnx.Identity(Datatype.Fp32, -1, 2)));
        _platform.Registry.SetAlias(Model, "champion", 1);
        await _host.WaitForAsync(Model, "champion", 1);
        await _host.PostAsync($"/v2/models/{Model}/infer", Request);
        await _host.PostAsync($"/v2/models/{Model}/infer", """{"inputs":[]}""");

        var lines = (await _host.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken)).Split('\n');

        double Value(string name, string labels = "") => double.Parse(
            Assert.Single(lines, line => line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains($"model=\"{Model}\"", StringComparison.Ordinal)
                && line.Contains("version=\"1\"", StringComparison.Ordinal) && line.Contains(labels, StringComparison.Ordinal)).Split("} ")[1].Split(' ')[0],
            System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(1, Value("nv_inference_request_success"));
        Assert.Equal(1, Value("nv_inference_request_failure", "reason=\"OTHER\""));
        Assert.Equal(0, Value("nv_inference_request_failure", "reason=\"REJECTED\""));
        Assert.Equal((1, 1), (Value("nv_inference_count"), Value("nv_inference_exec_count")));
        Assert.True(Value("nv_inference_request_duration_us") > 0);
        Assert.True(Value("nv_inference_compute_infer_duration_us") > 0);
        Assert.InRange(Value("nv_inference_queue_duration_us"), 0, Value("nv_inference_request_duration_us"));
        Assert.Equal(0, Value("nv_inference_pending_request_count"));
    }

    [Fact]
    public async Task Open_api_document_has_every_path()
    {
        var paths = JsonNode.Parse(await _host.Http.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken))!["paths"]!.AsObject().Select(path => path.Key).ToHashSet();

        Assert.Superset(
            new HashSet<string> { "/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer", "/v2/repository/index", "/v1/models/{model}:predict", "/predictions/{model}", "/ping" },
            paths);
    }

    private async Task<string> IndexAsync(string body) => (await _host.PostAsync("/v2/repository/index", body)).Json.ToJsonString();
}
