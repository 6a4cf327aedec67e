using System.Text.Json;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Rest;

/// <summary>
/// The bodies of TensorFlow Serving and KServe v1, which say neither types nor shapes: the model's types, and shapes from the
/// nesting. A row is the value of the only input, or an object with a value for each.
/// </summary>
internal static class PredictionJson
{
    /// <param name="instances">An array of rows.</param>
    /// <exception cref="InferenceException">The rows are not alike, or not what the model takes.</exception>
    public static List<Tensor> ReadRows(LoadedModel model, ReadOnlySpan<byte> instances, int maxDepth)
    {
        var rows = NamedRows(instances, maxDepth);
        if (rows is null)
        {
            return [ReadTensor(OnlyInput(model), instances, maxDepth)];
        }

        List<Tensor> tensors = [];
        foreach (var (name, values) in rows.Columns)
        {
            if (values.Count != rows.Count)
            {
                throw InferenceException.Invalid($"'{name}' is in {values.Count} of {rows.Count} instances");
            }

            tensors.Add(Stack(Find(model, name), instances, values, maxDepth));
        }

        return tensors;
    }

    /// <param name="inputs">An object with a tensor for each input, or the tensor of the only one.</param>
    /// <exception cref="InferenceException">It is not what the model takes.</exception>
    public static List<Tensor> ReadColumns(LoadedModel model, ReadOnlySpan<byte> inputs, int maxDepth)
    {
        if (inputs[0] != (byte)'{')
        {
            return [ReadTensor(OnlyInput(model), inputs, maxDepth)];
        }

        List<Tensor> tensors = [];
        var reader = new JsonObjectReader(inputs, maxDepth);
        reader.BeginObject("'inputs'");
        while (reader.NextProperty() is { } name)
        {
            tensors.Add(ReadTensor(Find(model, name), inputs[reader.Slice()], maxDepth));
        }

        return tensors;
    }

    /// <summary>An array with a value for each row, or an object for each when there are several outputs.</summary>
    public static void WriteRows(Utf8JsonWriter writer, InferAnswer answer)
    {
        var rows = answer.Outputs[0].Shape is [var first, ..] ? first : 1;
        if (answer.Outputs.FirstOrDefault(output => output.Shape is not [var count, ..] || count != rows) is { Name: not null } other)
        {
            throw InferenceException.Invalid($"output '{other.Name}' does not have one row per instance; ask with 'inputs' instead of 'instances'");
        }

        if (answer.Outputs is [var only])
        {
            JsonTensorWriter.WriteNested(writer, only, NonFinite.Tokens);
            return;
        }

        var outputs = answer.Outputs.Select(TensorRows.Split).ToArray();
        writer.WriteStartArray();
        for (var row = 0L; row < rows; row++)
        {
            writer.WriteStartObject();
            foreach (var output in outputs)
            {
                writer.WritePropertyName(output[row].Name);
                JsonTensorWriter.WriteNested(writer, output[row], NonFinite.Tokens);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>The tensor of the only output, or an object with one for each.</summary>
    public static void WriteColumns(Utf8JsonWriter writer, InferAnswer answer)
    {
        if (answer.Outputs is [var only])
        {
            JsonTensorWriter.WriteNested(writer, only, NonFinite.Tokens);
            return;
        }

        writer.WriteStartObject();
        foreach (var output in answer.Outputs)
        {
            writer.WritePropertyName(output.Name);
            JsonTensorWriter.WriteNested(writer, output, NonFinite.Tokens);
        }

        writer.WriteEndObject();
    }

    private static Tensor ReadTensor(TensorInfo input, ReadOnlySpan<byte> json, int maxDepth)
    {
        var shape = JsonShape.Of(json, maxDepth);
        return new Tensor(input.Name, input.Datatype, shape, JsonTensors.Read(input.Name, json, input.Datatype, shape, maxDepth));
    }

    private static Tensor Stack(TensorInfo input, ReadOnlySpan<byte> json, List<Range> values, int maxDepth)
    {
        var shape = JsonShape.Of(json[values[0]], maxDepth);
        var raw = new System.Buffers.ArrayBufferWriter<byte>();
        foreach (var value in values)
        {
            System.Buffers.BuffersExtensions.Write(raw, JsonTensors.Read(input.Name, json[value], input.Datatype, shape, maxDepth).Span);
        }

        return new Tensor(input.Name, input.Datatype, [values.Count, .. shape], raw.WrittenMemory);
    }

    // Null: the rows are values, of which {"b64": ...} is one.
    private static Rows? NamedRows(ReadOnlySpan<byte> instances, int maxDepth)
    {
        var reader = new JsonObjectReader(instances, maxDepth);
        reader.BeginArray("instances");
        var rows = new Rows();
        while (reader.NextIsObject())
        {
            rows.Count++;
            while (reader.NextProperty() is { } name)
            {
                if (name == "b64")
                {
                    return null;
                }

                if (!rows.Columns.TryGetValue(name, out var values))
                {
                    rows.Columns.Add(name, values = []);
                }

                values.Add(reader.Slice());
            }
        }

        return rows.Count == 0 ? null : reader.IsAtEndOfArray ? rows : throw InferenceException.Invalid("'instances' must be all objects or all values");
    }

    private static TensorInfo OnlyInput(LoadedModel model) => model.Inputs is [var input]
        ? input
        : throw InferenceException.Invalid($"model '{model.ModelName}' has {model.Inputs.Count} inputs; name them: {string.Join(", ", model.Inputs.Select(input => $"'{input.Name}'"))}");

    private static TensorInfo Find(LoadedModel model, string name) =>
        model.Inputs.FirstOrDefault(input => input.Name == name) ?? throw InferenceException.Invalid($"unexpected inference input '{name}' for model '{model.ModelName}'");

    private sealed class Rows
    {
        public int Count { get; set; }

        public Dictionary<string, List<Range>> Columns { get; } = new(StringComparer.Ordinal);
    }
}
