using System.Text.Json;

namespace CloudNativeAi.Web.Display;

/// <summary>What a version's signature.json says a caller has to send.</summary>
public sealed record SignatureDocument(
    string FeatureService,
    IReadOnlyList<SignatureDocument.Input>? EntityKeys,
    IReadOnlyList<SignatureDocument.Input>? RequestFields,
    string? Label,
    double? Threshold)
{
    public const string Path = "signature.json";

    public sealed record Input(string Name, string Type);

    /// <exception cref="JsonException">Not a signature.</exception>
    public static SignatureDocument Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<SignatureDocument>(json, ModelDocumentJson.Options) ?? throw new JsonException("The file is not a signature.");
}
