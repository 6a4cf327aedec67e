using System.Globalization;
using System.Text.Json;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Rest;

/// <summary>Writes the JSON of an infer answer and names the binary tensors that follow it.</summary>
internal static class InferResponseJson
{
    private static readonly JsonWriterOptions Options = new() { SkipValidation = true };

    /// <summary>Refuses before the run what could not be answered after it.</summary>
    /// <exception cref="InferenceException">An output that has no form in JSON is wanted in JSON.</exception>
    public static void CheckForms(LoadedModel model, RestInferRequest request)
    {
        var outputs = model.Outputs;
        for (var i = 0; i < outputs.Count; i++)
        {
            if (outputs[i].Datatype is not (Datatype.Fp16 or Datatype.Bf16))
            {
                continue;
            }

            var isWanted = request.Call.Outputs.Count == 0 && !request.IsBinaryByDefault;
            for (var output = 0; output < request.Call.Outputs.Count; output++)
            {
                isWanted |= request.Call.Outputs[output] is { Classification: 0 } wanted && wanted.Name == outputs[i].Name && !request.IsBinary(output);
            }

            if (isWanted)
            {
                throw InferenceException.Invalid($"output '{outputs[i].Name}' of data-type '{outputs[i].Datatype.ToName()}' has no form in JSON; ask for it as binary data");
            }
        }
    }

    /// <returns>The binary tensors, in the order of the outputs.</returns>
    /// <exception cref="InferenceException">A string is not UTF-8.</exception>
    public static List<ReadOnlyMemory<byte>> Write(PooledBuffer json, InferAnswer answer, RestInferRequest request)
    {
        List<ReadOnlyMemory<byte>> blobs = [];
        using var writer = new Utf8JsonWriter(json, Options);
        writer.WriteStartObject();
        if (request.Id is not null)
        {
            writer.WriteString("id"u8, request.Id);
        }

        writer.WriteString("model_name"u8, answer.ModelName);
        writer.WriteString("model_version"u8, answer.Version.ToString(CultureInfo.InvariantCulture));
        writer.WriteStartArray("outputs"u8);
        for (var i = 0; i < answer.Outputs.Length; i++)
        {
            var tensor = answer.Outputs[i];
            writer.WriteStartObject();
            writer.WriteString("name"u8, tensor.Name);
            writer.WriteString("datatype"u8, tensor.Datatype.ToName());
            writer.WriteStartArray("shape"u8);
            foreach (var dimension in tensor.Shape)
            {
                writer.WriteNumberValue(dimension);
            }

            writer.WriteEndArray();
            if (request.IsBinary(i))
            {
                writer.WriteStartObject("parameters"u8);
                writer.WriteNumber("binary_data_size"u8, tensor.Raw.Length);
                writer.WriteEndObject();
                blobs.Add(tensor.Raw);
            }
            else
            {
                writer.WritePropertyName("data"u8);
                JsonTensorWriter.WriteFlat(writer, tensor);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return blobs;
    }
}
