using System.Globalization;

namespace CloudNativeAi.Inference.PredictionLog;

/// <summary>One file of the spool: <c>00000000000000000001.log</c> while it waits, <c>.done</c> once Monitoring has all of it.</summary>
internal sealed class SpoolSegment(string directory, long number)
{
    public const string WaitingSuffix = ".log";
    public const string DoneSuffix = ".done";

    public long Number { get; } = number;

    public string Path { get; } = PathOf(directory, number, WaitingSuffix);

    public string DonePath { get; } = PathOf(directory, number, DoneSuffix);

    /// <summary>Bytes that are written.</summary>
    public long Length { get; set; }

    /// <summary>Bytes that Monitoring has.</summary>
    public long Shipped { get; set; }

    public long Records { get; set; }

    public long ShippedRecords { get; set; }

    public static IReadOnlyList<long> Find(string directory, string suffix) =>
    [
        .. Directory.EnumerateFiles(directory, "*" + suffix)
            .Select(path => long.TryParse(System.IO.Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
            .Where(number => number >= 0)
            .Order(),
    ];

    private static string PathOf(string directory, long number, string suffix) =>
        System.IO.Path.Combine(directory, number.ToString("D20", CultureInfo.InvariantCulture) + suffix);
}
