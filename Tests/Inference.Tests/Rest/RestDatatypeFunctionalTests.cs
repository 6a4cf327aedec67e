using System.Globalization;
using System.Net;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using static CloudNativeAi.Inference.Tests.Support.InferRequests;

namespace CloudNativeAi.Inference.Tests.Rest;

/// <summary>Every datatype goes in as flat JSON, as nested JSON and as binary data, and comes back in both forms.</summary>
public sealed class RestDatatypeFunctionalTests : IAsyncLifetime
{
    // Two elements in both forms; the JSON is also what must come back.
    private static readonly Dictionary<Datatype, (byte[] Raw, string[]? Json)> Cases = new()
    {
        [Datatype.Bool] = ([1, 0], ["true", "false"]),
        [Datatype.Uint8] = ([1, 255], ["1", "255"]),
        [Datatype.Uint16] = (Bytes<ushort>(1, 65535), ["1", "65535"]),
        [Datatype.Uint32] = (Bytes(1u, uint.MaxValue), ["1", "4294967295"]),
        [Datatype.Uint64] = (Bytes(1ul, ulong.MaxValue), ["1", "18446744073709551615"]),
        [Datatype.Int8] = (Bytes<sbyte>(-128, 127), ["-128", "127"]),
        [Datatype.Int16] = (Bytes<short>(-1, short.MinValue), ["-1", "-32768"]),
        [Datatype.Int32] = (Bytes(-1, int.MinValue), ["-1", "-2147483648"]),
        [Datatype.Int64] = (Bytes(-1L, long.MinValue), ["-1", "-9223372036854775808"]),
        [Datatype.Fp16] = (Bytes((Half)1.5, Half.NaN), null),
        [Datatype.Bf16] = (Bytes<ushort>(0x3fc0, 0x7fc0), null),
        [Datatype.Fp32] = (Bytes(float.NaN, 0.1f), ["\"NaN\"", "0.1"]),
        [Datatype.Fp64] = (Bytes(double.NegativeInfinity, 0.1), ["\"-Infinity\"", "0.1"]),
        [Datatype.Bytes] = ([0, 0, 0, 0, 4, 0, 0, 0, 0xc3, 0xa9, 34, 10], ["\"\"", "\"\\u00E9\\u0022\\n\""]),
    };

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _host = await InferenceHost.ServeAsync(_platform, [.. Cases.Keys.Select(datatype => ($"m{datatype}", TestOnnx.Identity(datatype, -1, 1)))]);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Every_datatype_round_trips_flat_nested_and_binary()
    {
        Assert.Equal(Enum.GetValues<Datatype>().Order(), Cases.Keys.Order());
        foreach (var (datatype, (raw, json)) in Cases)
        {
            var path = $"/v2/models/m{datatype}/infer";
            var input = $$"""{"name":"X","shape":[2,1],"datatype":"{{datatype.ToName()}}",""";
            var size = raw.Length.ToString(CultureInfo.InvariantCulture);

            var binary = await _host.PostBinaryAsync(
                path, $$$"""{"id":"an id","parameters":{"binary_data_output":true},"inputs":[{{{input}}}"parameters":{"binary_data_size":{{{size}}}}}]}""", raw);
            Assert.Equal((HttpStatusCode.OK, "application/octet-stream"), (binary.Status, binary.Response.Content.Headers.ContentType!.MediaType));
            Assert.Equal(raw, binary.Blobs);
            Assert.Equal(
                $$$"""{"id":"an id","model_name":"m{{{datatype}}}","model_version":"1","outputs":[{"name":"Y","datatype":"{{{datatype.ToName()}}}","shape":[2,1],"parameters":{"binary_data_size":{{{size}}}}}]}""",
                binary.Json.ToJsonString());

            var inJson = await _host.PostBinaryAsync(path, $$$"""{"inputs":[{{{input}}}"parameters":{"binary_data_size":{{{size}}}}}]}""", raw);
            if (json is null)
            {
                Assert.Equal(HttpStatusCode.BadRequest, inJson.Status);
                Assert.Contains("has no form in JSON", inJson.Error, StringComparison.Ordinal);
                var given = await _host.PostAsync(path, $$"""{"inputs":[{{input}}"data":[1,2]}]}""");
                Assert.Equal(HttpStatusCode.BadRequest, given.Status);
                Assert.Contains("has no form in JSON", given.Error, StringComparison.Ordinal);
                continue;
            }

            foreach (var data in (string[])[$"[{json[0]},{json[1]}]", $"[[{json[0]}],[{json[1]}]]"])
            {
                var answer = await _host.PostAsync(path, $$"""{"inputs":[{{input}}"data":{{data}}}]}""");
                Assert.Equal(HttpStatusCode.OK, answer.Status);
                Assert.False(answer.IsBinary);
                Assert.Equal("application/json", answer.Response.Content.Headers.ContentType!.MediaType);
                Assert.Equal($"[{json[0]},{json[1]}]", answer.Json["outputs"]![0]!["data"]!.ToJsonString());
                Assert.Equal(inJson.Json.ToJsonString(), answer.Json.ToJsonString());
            }
        }
    }

    [Theory]
    [InlineData("mBool", "BOOL", "[1,0]", "[true,false]")]
    [InlineData("mFp32", "FP32", "[1,\"Infinity\"]", "[1,\"Infinity\"]")]
    [InlineData("mFp64", "FP64", "[1e0,\"NaN\"]", "[1,\"NaN\"]")]
    public async Task Other_ways_to_write_a_value(string model, string datatype, string given, string expected)
    {
        var answer = await _host.PostAsync($"/v2/models/{model}/infer", $$"""{"inputs":[{"name":"X","shape":[2,1],"datatype":"{{datatype}}","data":{{given}}}]}""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(expected, answer.Json["outputs"]![0]!["data"]!.ToJsonString());
    }

    [Fact]
    public async Task Bytes_that_are_no_text_come_back_as_binary_data_only()
    {
        const string Input = """{"name":"X","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":5}}""";
        byte[] raw = [1, 0, 0, 0, 0xff];

        var json = await _host.PostBinaryAsync("/v2/models/mBytes/infer", $$"""{"inputs":[{{Input}}]}""", raw);
        var binary = await _host.PostBinaryAsync("/v2/models/mBytes/infer", $$$"""{"inputs":[{{{Input}}}],"parameters":{"binary_data_output":true}}""", raw);

        Assert.Equal(HttpStatusCode.BadRequest, json.Status);
        Assert.Contains("no UTF-8", json.Error, StringComparison.Ordinal);
        Assert.Equal(raw, binary.Blobs);
    }
}
