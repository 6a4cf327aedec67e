using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace CloudNativeAi.Ingestion.Events;

/// <summary>
/// Says when to come back, in the two ways that gRPC clients understand: the pushback of gRPC's own retries
/// (grpc/proposal A6), and google.rpc.RetryInfo in the status details (google/rpc/error_details.proto).
/// </summary>
internal static class RetryHint
{
    private const string Pushback = "grpc-retry-pushback-ms";
    private const string Details = "grpc-status-details-bin";
    private const string TypeUrl = "type.googleapis.com/google.rpc.RetryInfo";

    public static RpcException ResourceExhausted(string message, TimeSpan retryAfter) => new(
        new Status(StatusCode.ResourceExhausted, message),
        new Metadata
        {
            { Pushback, retryAfter.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) },
            { Details, EncodeStatus(message, retryAfter) },
        });

    // google.rpc.Status { code = 1, message = 2, details = 3 }, RetryInfo { retry_delay = 1 }: two messages are no reason for a package.
    private static byte[] EncodeStatus(string message, TimeSpan retryAfter)
    {
        var retryInfo = new Any { TypeUrl = TypeUrl, Value = Encode(output => WriteMessage(output, 1, Duration.FromTimeSpan(retryAfter))) };
        return Encode(output =>
        {
            output.WriteTag(1, WireFormat.WireType.Varint);
            output.WriteInt32((int)StatusCode.ResourceExhausted);
            output.WriteTag(2, WireFormat.WireType.LengthDelimited);
            output.WriteString(message);
            WriteMessage(output, 3, retryInfo);
        }).ToByteArray();
    }

    private static ByteString Encode(Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            write(output);
        }

        return ByteString.CopyFrom(buffer.ToArray());
    }

    private static void WriteMessage(CodedOutputStream output, int field, IMessage message)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteMessage(message);
    }
}
