using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Processes;

/// <summary>
/// Ports for processes that start later. They are taken below the range that the kernel gives to outgoing connections: in it, a
/// port that is free now may be some client's by the time the process listens.
/// </summary>
internal static class FreePorts
{
    private const int Lowest = 10_000;
    private const int DefaultEphemeralStart = 32_768;
    private const int MaxTries = 1_000;

    private static readonly HashSet<int> Taken = [];
    private static readonly int EphemeralStart = ReadEphemeralStart();

    public static int Take()
    {
        lock (Taken)
        {
            for (var attempt = 0; attempt < MaxTries; attempt++)
            {
                var port = Random.Shared.Next(Lowest, EphemeralStart);
                if (!Taken.Contains(port) && IsFree(port))
                {
                    Taken.Add(port);
                    return port;
                }
            }
        }

        throw new DistributedApplicationException($"No free port was found between {Lowest} and {EphemeralStart}.");
    }

    public static void Give(IEnumerable<int> ports)
    {
        lock (Taken)
        {
            Taken.ExceptWith(ports);
        }
    }

    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int ReadEphemeralStart()
    {
        const string file = "/proc/sys/net/ipv4/ip_local_port_range";
        var start = File.Exists(file) && int.TryParse(File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out var read)
            ? read
            : DefaultEphemeralStart;
        return start > Lowest + MaxTries ? start : 65_536;
    }
}
