using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Cluster;

/// <summary>
/// A network of this machine with one address for each pod, as in a cluster: every pod has the same ports, and services are found by name
/// (by one hosts file that all pods share). What listens on this machine's loopback is let in by name and port.
/// </summary>
internal sealed class PodNetwork : IAsyncDisposable
{
    private readonly string _bridge = $"cnai{Random.Shared.Next(1 << 16):x4}";
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"10.{Random.Shared.Next(200, 250)}.{Random.Shared.Next(1, 250)}");
    private readonly Dictionary<string, IPAddress> _names = [];
    private readonly List<string> _namespaces = [];
    private readonly List<TcpListener> _doors = [];
    private readonly CancellationTokenSource _stopping = new();

    private PodNetwork(string hosts) => Hosts = hosts;

    /// <summary>Path of the hosts file.</summary>
    public string Hosts { get; }

    private string Gateway => $"{_prefix}.1";

    public static async Task<PodNetwork> CreateAsync(string hosts)
    {
        var network = new PodNetwork(hosts);
        await File.WriteAllTextAsync(hosts, "127.0.0.1 localhost\n");
        await IpAsync("link", "add", network._bridge, "type", "bridge");
        await IpAsync("addr", "add", $"{network.Gateway}/24", "dev", network._bridge);
        await IpAsync("link", "set", network._bridge, "up");
        return network;
    }

    /// <summary>Makes a network namespace whose address has that name.</summary>
    /// <returns>The namespace's path and its address.</returns>
    public async Task<(string Path, IPAddress Address)> AddAsync(string name)
    {
        var index = _namespaces.Count + 2;
        var space = $"{_bridge}-{index}";
        var (outside, inside) = ($"{_bridge}o{index}", $"{_bridge}i{index}");
        await IpAsync("netns", "add", space);
        _namespaces.Add(space);
        await IpAsync("link", "add", outside, "type", "veth", "peer", "name", inside);
        await IpAsync("link", "set", outside, "master", _bridge, "up");
        await IpAsync("link", "set", inside, "netns", space);
        await IpAsync("-n", space, "addr", "add", $"{_prefix}.{index}/24", "dev", inside);
        await IpAsync("-n", space, "link", "set", inside, "up");
        await IpAsync("-n", space, "link", "set", "lo", "up");
        return ($"/var/run/netns/{space}", await NameAsync(name, $"{_prefix}.{index}"));
    }

    /// <summary>Pods reach this machine's port under that name.</summary>
    public async Task OpenAsync(string name, int port)
    {
        var door = new TcpListener(IPAddress.Parse(Gateway), port);
        door.Start();
        _doors.Add(door);
        _ = AcceptAsync(door, port);
        await NameAsync(name, Gateway);
    }

    /// <summary>Waits until something listens there.</summary>
    public async Task WaitAsync(string name, int port, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(_names[name], port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _doors.ForEach(door => door.Dispose());
        foreach (var space in _namespaces)
        {
            await IpAsync("netns", "del", space);
        }

        await IpAsync("link", "del", _bridge);
        _stopping.Dispose();
    }

    private async Task<IPAddress> NameAsync(string name, string address)
    {
        await File.AppendAllTextAsync(Hosts, $"{address} {name}\n");
        return _names[name] = IPAddress.Parse(address);
    }

    private async Task AcceptAsync(TcpListener door, int port)
    {
        try
        {
            while (true)
            {
                _ = ForwardAsync(await door.AcceptTcpClientAsync(_stopping.Token), port);
            }
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            // The network is gone.
        }
    }

    private async Task ForwardAsync(TcpClient from, int port)
    {
        try
        {
            using (from)
            using (var to = new TcpClient())
            {
                await to.ConnectAsync(IPAddress.Loopback, port, _stopping.Token);
                await using var near = from.GetStream();
                await using var far = to.GetStream();
                await Task.WhenAny(near.CopyToAsync(far, _stopping.Token), far.CopyToAsync(near, _stopping.Token));
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // Either end went away; the other one is closed by now.
        }
    }

    private static Task<string> IpAsync(params string[] arguments) => Command.OutputAsync("ip", arguments);
}
