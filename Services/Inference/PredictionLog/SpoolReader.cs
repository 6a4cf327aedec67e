using System.IO.Hashing;
using CloudNativeAi.Contracts.Monitoring;

namespace CloudNativeAi.Inference.PredictionLog;

/// <summary>Reads whole records of a spool file. A torn last record was never acknowledged to anybody and ends the file.</summary>
internal static class SpoolReader
{
    private const int HeaderBytes = 2 * sizeof(uint);

    /// <summary>The records from an offset on, and the offset after the last of them.</summary>
    public static (List<PredictionRecord> Records, long Offset) Read(string path, long offset, int most = int.MaxValue)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(offset, SeekOrigin.Begin);
        var records = new List<PredictionRecord>();
        var header = new byte[HeaderBytes];
        while (records.Count < most && file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) == HeaderBytes)
        {
            var length = BitConverter.ToUInt32(header);
            if (length > file.Length - file.Position)
            {
                break;
            }

            var content = new byte[length];
            file.ReadExactly(content);
            if (Crc32.HashToUInt32(content) != BitConverter.ToUInt32(header, sizeof(uint)))
            {
                break;
            }

            records.Add(PredictionRecord.Parser.ParseFrom(content));
            offset = file.Position;
        }

        return (records, offset);
    }
}
