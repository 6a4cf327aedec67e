using System.Globalization;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>Names in the log's folder.</summary>
internal static class LogNames
{
    public const string Folder = "_delta_log";
    public const string LastCheckpoint = $"{Folder}/_last_checkpoint";
    private const int Digits = 20;

    public static string Commit(long version) => $"{Folder}/{Number(version)}.json";

    public static string Checkpoint(long version) => $"{Folder}/{Number(version)}.checkpoint.parquet";

    public static string Checksum(long version) => $"{Folder}/{Number(version)}.crc";

    public static bool TryParseCommit(string path, out long version) => TryParse(path, ".json", out version);

    public static bool TryParseCheckpoint(string path, out long version) => TryParse(path, ".checkpoint.parquet", out version);

    public static bool TryParseChecksum(string path, out long version) => TryParse(path, ".crc", out version);

    private static string Number(long version) => version.ToString("D20", CultureInfo.InvariantCulture);

    private static bool TryParse(string path, string ending, out long version)
    {
        version = -1;
        var name = path.AsSpan();
        return name.StartsWith($"{Folder}/", StringComparison.Ordinal)
            && (name = name[(Folder.Length + 1)..]).EndsWith(ending, StringComparison.Ordinal)
            && name.Length == Digits + ending.Length
            && long.TryParse(name[..Digits], NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }
}
