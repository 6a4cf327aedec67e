using System.Text.Json;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Rest;

/// <summary>What was asked, and in which form the answer goes back.</summary>
/// <param name="BinaryOutputs">Of each output in the order of the call; of all outputs when the call names none.</param>
internal sealed record RestInferRequest(string? Id, InferCall Call, IReadOnlyList<bool> BinaryOutputs, bool IsBinaryByDefault)
{
    public bool IsBinary(int output) => BinaryOutputs.Count == 0 ? IsBinaryByDefault : BinaryOutputs[output];
}

/// <summary>Reads the JSON of an infer request and cuts the binary tensors that follow it.</summary>
internal static class InferRequestJson
{
    /// <param name="binary">What follows the JSON; null: no header said that something does.</param>
    /// <exception cref="InferenceException">The request contradicts itself.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static RestInferRequest Read(ReadOnlyMemory<byte> json, ReadOnlyMemory<byte>? binary, OpenInferenceOptions limits)
    {
        var reader = new JsonObjectReader(json.Span, limits.MaxJsonDepth);
        string? id = null;
        Dictionary<string, InferParameter> parameters = [];
        List<InputJson>? inputs = null;
        List<(string Name, Dictionary<string, InferParameter> Parameters)> outputs = [];
        reader.BeginObject("the request");
        while (reader.NextProperty() is { } property)
        {
            switch (property)
            {
                case "id":
                    id = reader.ReadString("id");
                    break;
                case "parameters":
                    parameters = reader.ReadParameters();
                    break;
                case "inputs":
                    inputs = ReadInputs(ref reader, limits.MaxTensors);
                    break;
                case "outputs":
                    outputs = ReadOutputs(ref reader, limits.MaxTensors);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.End();
        var tensors = ToTensors(inputs ?? throw InferenceException.Invalid("unable to find 'inputs' in the request"), json, binary, limits.MaxJsonDepth);
        var isBinaryByDefault = InferParameters.Flag(parameters, InferParameters.BinaryDataOutput) ?? false;
        var call = new InferCall(
            tensors, [.. outputs.Select(output => new RequestedOutput(output.Name, InferParameters.ReadClassification(output.Name, output.Parameters)))],
            InferParameters.ReadQueueing(parameters));
        return new RestInferRequest(
            id, call, [.. outputs.Select(output => InferParameters.Flag(output.Parameters, InferParameters.BinaryData) ?? isBinaryByDefault)], isBinaryByDefault);
    }

    private static List<InputJson> ReadInputs(ref JsonObjectReader reader, int maxTensors)
    {
        List<InputJson> inputs = [];
        reader.BeginArray("inputs");
        while (reader.NextObject())
        {
            CheckCount(inputs.Count, maxTensors);
            var input = new InputJson();
            while (reader.NextProperty() is { } property)
            {
                switch (property)
                {
                    case "name":
                        input.Name = reader.ReadString("name");
                        break;
                    case "datatype":
                        input.Datatype = reader.ReadString("datatype");
                        break;
                    case "shape":
                        input.Shape = reader.ReadShape();
                        break;
                    case "parameters":
                        input.Parameters = reader.ReadParameters();
                        break;
                    case "data" when input.Data is null:
                        input.Data = reader.Slice();
                        break;
                    case "data":
                        throw InferenceException.Invalid($"input '{input.Name}' has 'data' twice");
                    default:
                        reader.Skip();
                        break;
                }
            }

            inputs.Add(input);
        }

        return inputs;
    }

    private static List<(string, Dictionary<string, InferParameter>)> ReadOutputs(ref JsonObjectReader reader, int maxTensors)
    {
        List<(string, Dictionary<string, InferParameter>)> outputs = [];
        reader.BeginArray("outputs");
        while (reader.NextObject())
        {
            CheckCount(outputs.Count, maxTensors);
            string? name = null;
            Dictionary<string, InferParameter> parameters = [];
            while (reader.NextProperty() is { } property)
            {
                switch (property)
                {
                    case "name":
                        name = reader.ReadString("name");
                        break;
                    case "parameters":
                        parameters = reader.ReadParameters();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            outputs.Add((name ?? throw InferenceException.Invalid("an output has no 'name'"), parameters));
        }

        return outputs;
    }

    private static Tensor[] ToTensors(List<InputJson> inputs, ReadOnlyMemory<byte> json, ReadOnlyMemory<byte>? binary, int maxDepth)
    {
        var tensors = new Tensor[inputs.Count];
        var rest = binary ?? default;
        for (var i = 0; i < tensors.Length; i++)
        {
            var input = inputs[i];
            var name = input.Name ?? throw InferenceException.Invalid("an input has no 'name'");
            var shape = input.Shape ?? throw InferenceException.Invalid($"input '{name}' has no 'shape'");
            if (!Datatypes.TryParse(input.Datatype ?? "", out var datatype))
            {
                throw InferenceException.Invalid($"inference input '{name}' has the unknown data-type '{input.Datatype}'");
            }

            var size = InferParameters.Number(input.Parameters, InferParameters.BinaryDataSize);
            var forms = (input.Data is null ? 0 : 1) + (size is null ? 0 : 1) + (input.Parameters.ContainsKey(InferParameters.SharedMemoryRegion) ? 1 : 0);
            if (forms != 1)
            {
                throw InferenceException.Invalid(
                    $"input '{name}' must have exactly one of 'data', '{InferParameters.BinaryDataSize}' and '{InferParameters.SharedMemoryRegion}', but it has {(forms == 0 ? "none" : "several")}");
            }

            InferParameters.RefuseSharedMemory($"input '{name}'", input.Parameters);
            tensors[i] = new Tensor(
                name, datatype, shape,
                size is { } bytes ? Take(name, bytes, binary is not null, ref rest) : JsonTensors.Read(name, json.Span[input.Data!.Value], datatype, shape, maxDepth));
        }

        return rest.IsEmpty ? tensors : throw InferenceException.Invalid($"unexpected additional input data: {rest.Length} bytes follow the binary data of the inputs");
    }

    private static ReadOnlyMemory<byte> Take(string name, long bytes, bool hasHeader, ref ReadOnlyMemory<byte> rest)
    {
        if (!hasHeader)
        {
            throw InferenceException.Invalid($"must specify valid '{RestBody.HeaderLengthName}' when input '{name}' is binary data");
        }

        if (bytes > rest.Length)
        {
            throw InferenceException.Invalid($"unexpected end of binary data: input '{name}' announces {bytes} bytes, {rest.Length} are left");
        }

        var tensor = rest[..(int)bytes];
        rest = rest[(int)bytes..];
        return tensor;
    }

    private static void CheckCount(int before, int maxTensors)
    {
        if (before == maxTensors)
        {
            throw InferenceException.Invalid($"the request has more than {maxTensors} inputs or outputs");
        }
    }

    private sealed class InputJson
    {
        public string? Name { get; set; }

        public string? Datatype { get; set; }

        public long[]? Shape { get; set; }

        public Dictionary<string, InferParameter> Parameters { get; set; } = [];

        public Range? Data { get; set; }
    }
}
