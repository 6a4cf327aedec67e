using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CloudNativeAi.Benchmarks.Wire;

/// <summary>
/// One HTTP/2 connection that makes unary gRPC calls of ready-made bytes. Written by hand, since a load generator shares the machine with what
/// it measures: a call by Grpc.Net.Client takes about as much processor time as its answer, most of it for objects and tasks of its own; one
/// from here takes a frame copied and a frame read. One thread receives; another may send.
/// </summary>
internal sealed class GrpcConnection : IDisposable
{
    // Calls in flight have different slots; streams have odd numbers.
    private const int Slots = 1 << 16;
    private const int Done = -1;
    private const int ReceiveBufferBytes = 1 << 18;
    private const int ReplenishBytes = 1 << 29;

    private readonly Socket _socket;
    private readonly Lock _gate = new();
    private readonly byte[] _requestHeaders;
    private readonly int[] _numbers = new int[Slots];
    private readonly byte[] _received = new byte[ReceiveBufferBytes];
    private readonly FrameWriter _out = new();
    private int _receivedLength;
    private int _nextStream = 1;
    private int _inFlight;
    private int _maxStreams = int.MaxValue;
    private bool _isSettled;
    private long _window = Http2.DefaultWindow;
    private long _consumed;

    /// <param name="method">Such as <c>/inference.GRPCInferenceService/ModelInfer</c>.</param>
    public GrpcConnection(Uri address, string method)
    {
        _requestHeaders = Http2.RequestHeaders(method, address.Authority);
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(new IPEndPoint(IPAddress.Parse(address.Host), address.Port));
        _out.Raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        // No dynamic header table, so that a status can be read without keeping one; no pushes; answers of any size.
        _out.Settings((1, 0), (2, 0), (4, int.MaxValue));
        _out.WindowUpdate(int.MaxValue - Http2.DefaultWindow);
        Flush();
        while (!_isSettled)
        {
            Receive((_, _) => { });
        }
    }

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Answers to <see cref="Ping"/> so far.</summary>
    public int PingsAnswered { get; private set; }

    /// <summary>False when the server takes no more calls or bytes now.</summary>
    /// <param name="number">Comes back with the answer; not negative.</param>
    /// <param name="message">With the five bytes that gRPC puts before it.</param>
    /// <param name="timeout">Microseconds the server is told; 0: none.</param>
    public bool TrySend(int number, ReadOnlySpan<byte> message, long timeout = 0)
    {
        lock (_gate)
        {
            if (_inFlight >= _maxStreams || _window < message.Length)
            {
                return false;
            }

            _inFlight++;
            _window -= message.Length;
            _numbers[(_nextStream >> 1) % Slots] = number;
            _out.Call(_nextStream, _requestHeaders, timeout > 0 ? Http2.TimeoutHeader(timeout) : [], message);
            _nextStream += 2;
            return true;
        }
    }

    /// <summary>Hands over to the kernel what was sent.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            _out.SendTo(_socket);
        }
    }

    /// <summary>Asks for a sign of life, which ends a <see cref="Receive"/> that waits for nothing else.</summary>
    public void Ping()
    {
        lock (_gate)
        {
            _out.Frame(Http2.Ping, 0, 0, "benchmar"u8);
            Flush();
        }
    }

    /// <summary>Waits until bytes come.</summary>
    /// <param name="answered">Gets the number of a call and its gRPC status, -1 for a stream that was reset.</param>
    public void Receive(Action<int, int> answered)
    {
        var read = _socket.Receive(_received.AsSpan(_receivedLength));
        if (read == 0)
        {
            throw new IOException("The server closed the connection.");
        }

        _receivedLength += read;
        var rest = _received.AsSpan(0, _receivedLength);
        lock (_gate)
        {
            while (FrameHeader.TryRead(rest, out var frame))
            {
                Take(frame, rest.Slice(FrameHeader.Bytes, frame.Length), answered);
                rest = rest[(FrameHeader.Bytes + frame.Length)..];
            }
        }

        rest.CopyTo(_received);
        _receivedLength = rest.Length;
    }

    public void Dispose() => _socket.Dispose();

    private void Take(FrameHeader frame, ReadOnlySpan<byte> payload, Action<int, int> answered)
    {
        switch (frame.Type)
        {
            case Http2.Data:
                Consume(payload.Length);
                break;
            case Http2.Headers when frame.Has(Http2.EndStream):
                Answered(frame.Stream, Http2.StatusOf(payload), answered);
                break;
            case Http2.Reset:
                Answered(frame.Stream, -1, answered);
                break;
            case Http2.SettingsType when !frame.Has(Http2.Ack):
                _maxStreams = (int)Math.Min(Http2.Setting(payload, 3) ?? _maxStreams, int.MaxValue);
                _isSettled = true;
                _out.Frame(Http2.SettingsType, Http2.Ack, 0, []);
                Flush();
                break;
            case Http2.Ping when frame.Has(Http2.Ack):
                PingsAnswered++;
                break;
            case Http2.Ping:
                _out.Frame(Http2.Ping, Http2.Ack, 0, payload);
                Flush();
                break;
            case Http2.WindowUpdateType when frame.Stream == 0:
                _window += Http2.Int32(payload) & int.MaxValue;
                break;
            case Http2.GoAway:
                throw new IOException($"The server ends the connection: {Encoding.ASCII.GetString(payload[Math.Min(8, payload.Length)..])}");
            default:
                // The first headers of an answer, a stream's window, and what is not for this client.
                break;
        }
    }

    private void Answered(int stream, int status, Action<int, int> answered)
    {
        ref var number = ref _numbers[(stream >> 1) % Slots];
        if (number == Done)
        {
            // Reset after its answer: the server did not read the whole request.
            return;
        }

        _inFlight--;
        var answer = number;
        number = Done;
        answered(answer, status);
    }

    private void Consume(int bytes)
    {
        _consumed += bytes;
        if (_consumed > ReplenishBytes)
        {
            _out.WindowUpdate((int)_consumed);
            _consumed = 0;
            Flush();
        }
    }
}
