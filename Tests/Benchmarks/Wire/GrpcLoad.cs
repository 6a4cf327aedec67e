using System.Diagnostics;
using Google.Protobuf;

namespace CloudNativeAi.Benchmarks.Wire;

/// <summary>
/// Unary gRPC calls of the same few messages, by as little processor time as can be: a thread for each connection, and one more that sends when
/// calls have their given instants.
/// </summary>
/// <param name="method">Such as <c>/inference.GRPCInferenceService/ModelInfer</c>.</param>
/// <param name="connections">A server takes about a hundred calls at a time on each.</param>
internal sealed class GrpcLoad(Uri address, string method, IEnumerable<IMessage> requests, int connections = 1) : IDisposable
{
    private readonly byte[][] _messages = [.. requests.Select(Framed)];
    private readonly GrpcConnection[] _connections = [.. Enumerable.Range(0, connections).Select(_ => new GrpcConnection(address, method))];

    /// <summary>A number of calls in flight; each that is answered is followed by the next.</summary>
    public async Task<Answers> ClosedAsync(int inFlight, TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        var loops = _connections.Select((connection, i) => new ClosedLoop(connection, _messages, inFlight / connections, i, started, duration)).ToArray();
        await Task.WhenAll(loops.Select(loop => OnThread(loop.Run)));
        return Answers.Of(loops.Select(loop => loop.Latencies), loops.Sum(loop => loop.Failed), Stopwatch.GetElapsedTime(started));
    }

    /// <summary>
    /// Calls at given instants, whatever becomes of those before; latencies and the deadline count from the instant a call should have been sent,
    /// so that neither a late server nor a late client hides its lateness.
    /// </summary>
    /// <param name="instants">Seconds after the start, ascending.</param>
    /// <param name="deadline">Told to the server as what is left of it; a call past it is not sent, and counts as failed.</param>
    public async Task<Answers> AtInstantsAsync(double[] instants, TimeSpan? deadline = null)
    {
        var started = Stopwatch.GetTimestamp();
        var due = Array.ConvertAll(instants, instant => started + (long)(instant * Stopwatch.Frequency));
        var receivers = _connections.Select(connection => new OpenReceiver(connection, due)).ToArray();
        var receiving = receivers.Select(receiver => OnThread(receiver.Run)).ToArray();
        var unsent = 0;
        await OnThread(() => unsent = SendAtInstants(due, deadline));
        await Task.WhenAll(receiving);
        return Answers.Of(receivers.Select(receiver => receiver.Latencies), unsent + receivers.Sum(receiver => receiver.Failed), Stopwatch.GetElapsedTime(started));
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
    }

    private int SendAtInstants(long[] due, TimeSpan? deadline)
    {
        LinuxThread.SleepExactly();
        var unsent = 0;
        for (var i = 0; i < due.Length; i++)
        {
            LinuxThread.SleepUntil(due[i]);
            unsent += Send(i, due[i], deadline) ? 0 : 1;
        }

        foreach (var connection in _connections)
        {
            connection.Ping();
        }

        return unsent;
    }

    // False: its deadline was over before a connection took it.
    private bool Send(int number, long due, TimeSpan? deadline)
    {
        for (var attempt = 0; ; attempt++)
        {
            var left = deadline is { } limit ? (long)(limit - Stopwatch.GetElapsedTime(due)).TotalMicroseconds : 0;
            if (deadline is not null && left <= 0)
            {
                return false;
            }

            var connection = _connections[(number + attempt) % connections];
            if (connection.TrySend(number, _messages[number % _messages.Length], left))
            {
                connection.Flush();
                return true;
            }

            if (attempt % connections == connections - 1)
            {
                // All are full.
                Thread.Sleep(1);
            }
        }
    }

    private static byte[] Framed(IMessage message)
    {
        var size = message.CalculateSize();
        return [0, (byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size, .. message.ToByteArray()];
    }

    private static Task OnThread(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private sealed class ClosedLoop(GrpcConnection connection, byte[][] messages, int inFlight, int first, long started, TimeSpan duration)
    {
        private readonly long[] _sent = new long[inFlight];
        private readonly Queue<int> _owed = new(Enumerable.Range(0, inFlight));
        private int _next = first;

        public List<double> Latencies { get; } = [];

        public int Failed { get; private set; }

        public void Run()
        {
            SendOwed();
            while (connection.InFlight > 0)
            {
                connection.Receive(Answered);
                SendOwed();
            }
        }

        private void SendOwed()
        {
            while (_owed.TryPeek(out var slot) && connection.TrySend(slot, messages[_next % messages.Length]))
            {
                _sent[_owed.Dequeue()] = Stopwatch.GetTimestamp();
                _next++;
            }

            connection.Flush();
        }

        private void Answered(int slot, int status)
        {
            if (status == 0)
            {
                Latencies.Add(Stopwatch.GetElapsedTime(_sent[slot]).TotalMicroseconds);
            }
            else
            {
                Failed++;
            }

            if (Stopwatch.GetElapsedTime(started) < duration)
            {
                _owed.Enqueue(slot);
            }
            else
            {
                _owed.Clear();
            }
        }
    }

    private sealed class OpenReceiver(GrpcConnection connection, long[] due)
    {
        private readonly int _pingsBefore = connection.PingsAnswered;

        public List<double> Latencies { get; } = [];

        public int Failed { get; private set; }

        public void Run()
        {
            while (connection.PingsAnswered == _pingsBefore || connection.InFlight > 0)
            {
                connection.Receive(Answered);
            }
        }

        private void Answered(int number, int status)
        {
            if (status == 0)
            {
                Latencies.Add(Stopwatch.GetElapsedTime(due[number]).TotalMicroseconds);
            }
            else
            {
                Failed++;
            }
        }
    }
}
