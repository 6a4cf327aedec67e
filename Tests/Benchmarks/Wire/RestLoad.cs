using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace CloudNativeAi.Benchmarks.Wire;

/// <summary>
/// HTTP/1.1 POSTs of the same few bodies over kept-alive connections, each with one request in flight: all on one thread, of ready-made bytes,
/// for the reason that <see cref="GrpcConnection"/> has.
/// </summary>
internal sealed class RestLoad : IDisposable
{
    private readonly byte[][] _requests;
    private readonly Connection[] _connections;

    public RestLoad(Uri address, string path, IEnumerable<string> bodies, int connections)
    {
        _requests = [.. bodies.Select(body => Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"))];
        _connections = [.. Enumerable.Range(0, connections).Select(_ => new Connection(address))];
    }

    /// <summary>A request in flight on every connection; each that is answered is followed by the next.</summary>
    public async Task<Answers> ClosedAsync(TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        List<double> latencies = [];
        var failed = 0;
        await Task.Factory.StartNew(() => failed = Run(started, duration, latencies), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return Answers.Of([latencies], failed, Stopwatch.GetElapsedTime(started));
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
    }

    private int Run(long started, TimeSpan duration, List<double> latencies)
    {
        var polled = Array.ConvertAll(_connections, connection => new PollEntry { Handle = connection.Handle, Events = PollEntry.Readable });
        var (next, failed) = (0, 0);
        foreach (var connection in _connections)
        {
            connection.Send(_requests[next++ % _requests.Length]);
        }

        for (var inFlight = _connections.Length; inFlight > 0;)
        {
            if (Poll(polled, (ulong)polled.Length, -1) < 0)
            {
                throw new IOException(Marshal.GetLastPInvokeErrorMessage());
            }

            for (var i = 0; i < polled.Length; i++)
            {
                if (polled[i].Happened == 0 || !_connections[i].TryReceive(out var isOk))
                {
                    continue;
                }

                failed += isOk ? 0 : 1;
                if (isOk)
                {
                    latencies.Add(Stopwatch.GetElapsedTime(_connections[i].SentAt).TotalMicroseconds);
                }

                if (Stopwatch.GetElapsedTime(started) < duration)
                {
                    _connections[i].Send(_requests[next++ % _requests.Length]);
                }
                else
                {
                    inFlight--;
                }
            }
        }

        return failed;
    }

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll([In, Out] PollEntry[] entries, ulong count, int timeoutMilliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public const short Readable = 1;

        public int Handle;
        public short Events;
        public short Happened;
    }

    private sealed class Connection : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly byte[] _received = new byte[1 << 16];
        private int _length;

        public Connection(Uri address) => _socket.Connect(new IPEndPoint(IPAddress.Parse(address.Host), address.Port));

        public int Handle => (int)_socket.Handle;

        public long SentAt { get; private set; }

        public void Send(ReadOnlySpan<byte> request)
        {
            SentAt = Stopwatch.GetTimestamp();
            _length = 0;
            while (!request.IsEmpty)
            {
                request = request[_socket.Send(request)..];
            }
        }

        /// <summary>False while the answer is not all there.</summary>
        public bool TryReceive(out bool isOk)
        {
            var read = _socket.Receive(_received.AsSpan(_length));
            if (read == 0)
            {
                throw new IOException("The server closed the connection.");
            }

            _length += read;
            var received = _received.AsSpan(0, _length);
            isOk = received.StartsWith("HTTP/1.1 200 "u8);
            var headers = received.IndexOf("\r\n\r\n"u8) + 4;
            return headers >= 4 && (LengthOf(received[..headers]) is { } body ? _length >= headers + body : received.EndsWith("\r\n0\r\n\r\n"u8));
        }

        public void Dispose() => _socket.Dispose();

        // Null: in chunks.
        private static int? LengthOf(ReadOnlySpan<byte> headers)
        {
            // Node writes small letters, Kestrel capital ones.
            var at = headers.IndexOf("ontent-"u8);
            while (at >= 0)
            {
                headers = headers[(at + "ontent-".Length)..];
                if (headers.StartsWith("Length: "u8) || headers.StartsWith("length: "u8))
                {
                    var value = headers["Length: ".Length..];
                    return int.Parse(value[..value.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
                }

                at = headers.IndexOf("ontent-"u8);
            }

            return null;
        }
    }
}
