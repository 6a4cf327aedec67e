using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using Google.Protobuf;

namespace CloudNativeAi.Inference.Tests.Support;

public enum Wire
{
    Grpc,
    RestJson,
    RestBinary,
}

/// <summary>One request over each way into the server, and the answer in one form.</summary>
internal static class Wires
{
    public static async Task<IReadOnlyDictionary<string, Tensor>> InferAsync(this InferenceHost host, Wire wire, string model, params Tensor[] inputs)
    {
        var outputs = wire == Wire.Grpc ? await OverGrpcAsync(host, model, inputs) : await OverRestAsync(host, model, inputs, wire == Wire.RestBinary);
        return outputs.ToDictionary(output => output.Name);
    }

    public static T[] Values<T>(this Tensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.Raw.Span).ToArray();

    public static Tensor Of<T>(string name, Datatype datatype, long[] shape, T[] values)
        where T : unmanaged => new(name, datatype, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    private static async Task<Tensor[]> OverGrpcAsync(InferenceHost host, string model, Tensor[] inputs)
    {
        var request = new ModelInferRequest { ModelName = model };
        foreach (var input in inputs)
        {
            request.Inputs.Add(InferRequests.Input(input.Name, input.Datatype.ToName(), input.Shape));
            request.RawInputContents.Add(ByteString.CopyFrom(input.Raw.Span));
        }

        var answer = await host.OpenInference.ModelInferAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        return [.. answer.Outputs.Zip(answer.RawOutputContents).Select(output =>
            new Tensor(output.First.Name, ParseDatatype(output.First.Datatype), [.. output.First.Shape], output.Second.ToByteArray()))];
    }

    private static async Task<Tensor[]> OverRestAsync(InferenceHost host, string model, Tensor[] inputs, bool isBinary)
    {
        var json = new JsonObject
        {
            ["parameters"] = new JsonObject { ["binary_data_output"] = isBinary },
            ["inputs"] = new JsonArray([.. inputs.Select(input =>
            {
                var described = new JsonObject { ["name"] = input.Name, ["datatype"] = input.Datatype.ToName(), ["shape"] = new JsonArray([.. input.Shape.Select(size => (JsonNode)size)]) };
                described[isBinary ? "parameters" : "data"] = isBinary ? new JsonObject { ["binary_data_size"] = input.Raw.Length } : ToJson(input);
                return (JsonNode)described;
            })]),
        };
        var answer = await host.PostBinaryAsync($"/v2/models/{model}/infer", json.ToJsonString(), isBinary ? [.. inputs.Select(input => input.Raw.ToArray())] : []);
        Assert.True(answer.Status == System.Net.HttpStatusCode.OK, Encoding.UTF8.GetString(answer.Body));
        Assert.Equal(isBinary, answer.IsBinary);
        var rest = answer.Blobs.AsMemory();
        return [.. answer.Json["outputs"]!.AsArray().Select(output =>
        {
            var datatype = ParseDatatype((string)output!["datatype"]!);
            ReadOnlyMemory<byte> raw;
            if (isBinary)
            {
                var size = (int)output["parameters"]!["binary_data_size"]!;
                (raw, rest) = (rest[..size], rest[size..]);
            }
            else
            {
                raw = FromJson(datatype, output["data"]!.AsArray());
            }

            return new Tensor((string)output["name"]!, datatype, [.. output["shape"]!.AsArray().Select(size => (long)size!)], raw);
        })];
    }

    private static JsonArray ToJson(Tensor tensor) => tensor.Datatype switch
    {
        Datatype.Fp32 => [.. tensor.Values<float>()],
        Datatype.Fp64 => [.. tensor.Values<double>()],
        Datatype.Int32 => [.. tensor.Values<int>()],
        Datatype.Int64 => [.. tensor.Values<long>()],
        Datatype.Bytes => [.. Texts(tensor)],
        _ => throw new NotSupportedException($"{tensor.Datatype}"),
    };

    private static byte[] FromJson(Datatype datatype, JsonArray data) => datatype switch
    {
        Datatype.Fp32 => MemoryMarshal.AsBytes<float>(data.Select(value => (float)value!).ToArray()).ToArray(),
        Datatype.Int64 => MemoryMarshal.AsBytes<long>(data.Select(value => (long)value!).ToArray()).ToArray(),
        _ => throw new NotSupportedException($"{datatype}"),
    };

    public static List<string> Texts(Tensor tensor)
    {
        var texts = new List<string>();
        for (var raw = tensor.Raw.Span; !raw.IsEmpty;)
        {
            texts.Add(Encoding.UTF8.GetString(BytesFraming.Take(ref raw)));
        }

        return texts;
    }

    private static Datatype ParseDatatype(string name) => Datatypes.TryParse(name, out var datatype) ? datatype : throw new NotSupportedException(name);
}
