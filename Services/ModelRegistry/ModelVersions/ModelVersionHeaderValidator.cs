using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ModelRegistry.Artifacts;
using Google.Protobuf.Collections;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

/// <summary>Checks what a new version announces, before a byte of it is written.</summary>
internal sealed class ModelVersionHeaderValidator(IOptions<ArtifactOptions> options)
{
    private const int MaxDescriptionLength = 20_000;
    private const int MaxEntries = 1_000;
    private const int MaxKeyLength = 250;
    private const int MaxValueLength = 100_000;
    private const int MaxRunIdLength = 128;

    /// <summary>Null, or what is wrong.</summary>
    public string? Check(ModelVersionHeader header) =>
        Names.CheckModel(header.ModelName)
        ?? Names.CheckSha256(header.Digest)
        ?? CheckFiles(header.Files)
        ?? CheckDigest(header)
        ?? CheckTexts(header);

    private string? CheckFiles(RepeatedField<ArtifactFile> files)
    {
        var limits = options.Value;
        if (files.Count == 0 || files.Count > limits.MaxFiles)
        {
            return $"The version has {files.Count} files; 1 to {limits.MaxFiles} are allowed.";
        }

        var paths = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var total = 0L;
        foreach (var file in files)
        {
            if ((Names.CheckPath(file.Path) ?? Names.CheckSha256(file.Sha256)) is { } problem)
            {
                return problem;
            }

            if (file.Size < 0 || file.Size > limits.MaxFileBytes)
            {
                return $"'{file.Path}' has {file.Size} bytes; 0 to {limits.MaxFileBytes} are allowed.";
            }

            total += file.Size;
            if (total > limits.MaxVersionBytes)
            {
                return $"The version is larger than {limits.MaxVersionBytes} bytes.";
            }

            if (!paths.Add(file.Path))
            {
                return $"'{file.Path}' is announced twice (case does not count).";
            }
        }

        var inside = paths.FirstOrDefault(path => Parents(path).Any(paths.Contains));
        return inside is null ? null : $"'{inside}' is inside a path that is announced as a file.";
    }

    private static string? CheckDigest(ModelVersionHeader header)
    {
        var computed = ModelVersionDigest.Compute(header.Files);
        return computed == header.Digest ? null : $"The digest of the announced files is {computed}, announced was {header.Digest}.";
    }

    private static string? CheckTexts(ModelVersionHeader header)
    {
        if (header.Description.Length > MaxDescriptionLength)
        {
            return $"The description is longer than {MaxDescriptionLength} characters.";
        }

        if (header.RunId.Length > MaxRunIdLength)
        {
            return $"The run id is longer than {MaxRunIdLength} characters.";
        }

        if (header.Tags.Count > MaxEntries || header.Metrics.Count > MaxEntries || header.Lineage.Count > MaxEntries)
        {
            return $"Tags, metrics and lineage may have {MaxEntries} entries each.";
        }

        var key = header.Tags.Keys.Concat(header.Metrics.Keys).Concat(header.Lineage.Keys).FirstOrDefault(key => key.Length is 0 or > MaxKeyLength || key.Contains('\0'));
        if (key is not null)
        {
            return $"A key of tags, metrics or lineage has {key.Length} characters; 1 to {MaxKeyLength} are allowed, and no NUL.";
        }

        var texts = header.Tags.Values.Concat(header.Lineage.Values).Append(header.Description).Append(header.RunId);
        return texts.Any(text => text.Length > MaxValueLength || text.Contains('\0'))
            ? $"A text of the header is longer than {MaxValueLength} characters or has a NUL in it."
            : null;
    }

    private static IEnumerable<string> Parents(string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            yield return path[..slash];
        }
    }
}
