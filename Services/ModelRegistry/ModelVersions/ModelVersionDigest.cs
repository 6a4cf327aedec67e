using System.Security.Cryptography;
using System.Text;
using CloudNativeAi.Contracts.ModelRegistry;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

/// <summary>SHA-256 over the lines "&lt;sha256&gt;  &lt;path&gt;\n" of the files in ordinal path order: what <c>sha256sum</c> prints.</summary>
internal static class ModelVersionDigest
{
    public static string Compute(IEnumerable<ArtifactFile> files)
    {
        var lines = new StringBuilder();
        foreach (var file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            lines.Append(file.Sha256).Append("  ").Append(file.Path).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));
    }
}
