using System.Security.Cryptography;
using System.Text;

namespace CloudNativeAi.Modeling;

/// <summary>The files of a model version, and the digest that names it. Formats: Services/Modeling/README.md.</summary>
public static class ModelFiles
{
    /// <summary>Input <c>features</c> [N, F] and output <c>score</c> [N, 1], both double.</summary>
    public const string Onnx = "model.onnx";
    /// <summary>Instead of model.onnx: the version is a graph of other models (<see cref="EnsembleSignature"/>).</summary>
    public const string Ensemble = "ensemble.json";
    public const string Signature = "signature.json";
    public const string Baseline = "baseline.json";
    public const string Evaluation = "evaluation.json";
    public const string Importance = "importance.json";
    public const string Lineage = "lineage.json";
    public const string ModelCard = "model_card.md";
    public const string MlflowModel = "MLmodel";

    /// <summary>The booster as LightGBM writes it; present for LightGBM's models only.</summary>
    public const string LightGbmText = "model.txt";

    public static string Sha256(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>SHA-256 over the lines <c>&lt;sha256&gt;  &lt;path&gt;\n</c>, ordered by path (ordinal), lower-case hex.</summary>
    public static string Digest(IEnumerable<(string Path, string Sha256)> files)
    {
        var lines = new StringBuilder();
        foreach (var (path, sha256) in files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            lines.Append(sha256).Append("  ").Append(path).Append('\n');
        }

        return Sha256(Encoding.UTF8.GetBytes(lines.ToString()));
    }
}
