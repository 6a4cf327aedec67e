using System.IO.Compression;

namespace CloudNativeAi.Inference.Tests.Support;

internal static class Packed
{
    public static byte[] Gzip(byte[] content) => Pack(content, target => new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true));

    public static byte[] Deflate(byte[] content) => Pack(content, target => new ZLibStream(target, CompressionLevel.Optimal, leaveOpen: true));

    public static byte[] Unpack(byte[] content, string coding)
    {
        using Stream unpacking = coding == "gzip" ? new GZipStream(new MemoryStream(content), CompressionMode.Decompress) : new ZLibStream(new MemoryStream(content), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        unpacking.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    private static byte[] Pack(byte[] content, Func<Stream, Stream> create)
    {
        using var target = new MemoryStream();
        using (var packing = create(target))
        {
            packing.Write(content);
        }

        return target.ToArray();
    }
}
