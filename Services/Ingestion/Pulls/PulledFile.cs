using System.IO.Compression;
using System.Security.Cryptography;
using CloudNativeAi.Ingestion.Uploads;
using ZstdSharp;

namespace CloudNativeAi.Ingestion.Pulls;

/// <summary>A file of a watched directory.</summary>
/// <param name="Compression">The ending of its name: .gz, .zst or nothing.</param>
internal sealed record PulledFile(string Path, UploadFormat Format, string Compression)
{
    private const string ManifestEnding = ".sha256";
    private const string Done = "done";
    private const string Quarantine = "quarantine";

    public string Name => System.IO.Path.GetFileName(Path);

    public bool HasManifest => File.Exists(Path + ManifestEnding);

    /// <summary>The files that are there to be read, by name.</summary>
    public static IEnumerable<PulledFile> List(string directory, int limit) =>
        new DirectoryInfo(directory).EnumerateFiles()
            .Where(file => file.Name[0] != '.' && file.LinkTarget is null)
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => From(file.FullName))
            .OfType<PulledFile>()
            .Take(limit);

    /// <summary>Null: its name does not say what it is.</summary>
    public static PulledFile? From(string path)
    {
        var compression = System.IO.Path.GetExtension(path) is ".gz" or ".zst" ? System.IO.Path.GetExtension(path) : "";
        return (System.IO.Path.GetExtension(path[..^compression.Length]), compression) switch
        {
            (".csv", _) => new PulledFile(path, UploadFormat.Csv, compression),
            (".ndjson" or ".jsonl", _) => new PulledFile(path, UploadFormat.Ndjson, compression),
            (".parquet", "") => new PulledFile(path, UploadFormat.Parquet, ""),
            _ => null,
        };
    }

    /// <summary>SHA-256 of its bytes, in hexadecimal.</summary>
    public async Task<string> DigestAsync(CancellationToken cancellationToken)
    {
        await using var stream = Open();
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }

    /// <summary>What its manifest says, as sha256sum writes it: the digest, spaces, the name.</summary>
    public async Task<string> ReadManifestAsync(CancellationToken cancellationToken)
    {
        const int DigestLength = 64;
        using var reader = new StreamReader(Path + ManifestEnding);
        var digest = new char[DigestLength];
        var length = await reader.ReadBlockAsync(digest, cancellationToken);
        return new string(digest, 0, length).ToLowerInvariant();
    }

    /// <summary>Its text as UTF-8, behind the bytes that were read already.</summary>
    public async Task<Stream> OpenTextAsync(long offset, long maxBytes, CancellationToken cancellationToken)
    {
        Stream stream = Compression switch
        {
            ".gz" => new GZipStream(Open(), CompressionMode.Decompress),
            ".zst" => new DecompressionStream(Open(), leaveOpen: false),
            _ => Open(),
        };
        stream = new LimitedStream(stream, maxBytes);
        stream = Format == UploadFormat.Csv ? await UploadBody.DetectAsync(stream, cancellationToken) : stream;

        var buffer = new byte[64 * 1024];
        while (offset > 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(offset, buffer.Length)), cancellationToken);
            offset -= read > 0 ? read : throw new EndOfStreamException();
        }

        return stream;
    }

    public void MoveToDone() => Move(Done);

    public void MoveToQuarantine(string reason) => File.WriteAllText(Move(Quarantine) + ".reason.txt", reason + "\n");

    private FileStream Open() => new(Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, useAsync: true);

    private string Move(string folder)
    {
        var directory = Directory.CreateDirectory(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, folder));
        var target = System.IO.Path.Combine(directory.FullName, Name);
        for (var number = 1; File.Exists(target); number++)
        {
            target = System.IO.Path.Combine(directory.FullName, $"{Name}.{number}");
        }

        File.Move(Path, target);
        if (HasManifest)
        {
            File.Move(Path + ManifestEnding, target + ManifestEnding);
        }

        return target;
    }
}
