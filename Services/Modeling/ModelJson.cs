using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CloudNativeAi.Modeling;

/// <summary>One way to write JSON, so that equal content is equal bytes: snake_case, indented, line feeds, shortest round-trip numbers.</summary>
public static class ModelJson
{
    public static JsonSerializerOptions Options { get; } = CreateOptions();

    public static byte[] Serialize<T>(T value) => [.. JsonSerializer.SerializeToUtf8Bytes(value, Options), (byte)'\n'];

    /// <exception cref="JsonException">The content is not of this form.</exception>
    public static T Deserialize<T>(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException($"'null' is not a {typeof(T).Name}.");

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            WriteIndented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            MaxDepth = 16,
            Converters =
            {
                new ModelTypeConverter(), new JsonStringEnumConverter<FeatureOrigin>(JsonNamingPolicy.SnakeCaseLower), new JsonStringEnumConverter<FeatureKind>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<TokenizerType>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false),
                new JsonStringEnumConverter<TokenPadding>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false),
            },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class ModelTypeConverter : JsonConverter<ModelType>
    {
        public override ModelType Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            ModelTypes.TryParse(reader.GetString(), out var type) ? type : throw new JsonException($"'{reader.GetString()}' is not a type.");

        public override void Write(Utf8JsonWriter writer, ModelType value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToName());
    }
}
