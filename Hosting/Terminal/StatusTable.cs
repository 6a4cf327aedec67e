using System.Globalization;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Terminal;

/// <summary>A table in the last lines of the terminal: log lines scroll in the region above it.</summary>
internal sealed class StatusTable : IDisposable
{
    private const int SmallestLogHeight = 6;

    private int _height;
    private string _drawn = "";
    private (int Width, int Height) _size;

    public static bool IsPossible => !Console.IsOutputRedirected && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>State, health and what is wrong, in a few words.</summary>
    public static string Describe(ResourceEvent change)
    {
        var snapshot = change.Snapshot;
        var state = snapshot.State?.Text ?? "Unknown";
        var health = snapshot.HealthStatus switch
        {
            HealthStatus.Healthy => " healthy",
            HealthStatus.Degraded => " degraded",
            HealthStatus.Unhealthy => " not healthy yet",
            _ => "",
        };
        var exit = snapshot.ExitCode is { } code and not 0 ? string.Create(CultureInfo.InvariantCulture, $" exit code {code}") : "";
        var restarts = snapshot.Restarts > 0 ? string.Create(CultureInfo.InvariantCulture, $" restarted {snapshot.Restarts} times") : "";
        return $"{state}{health}{exit}{restarts}";
    }

    public void Draw(IReadOnlyList<ResourceEvent> resources)
    {
        var size = (Console.WindowWidth, Console.WindowHeight);
        var rows = Rows(resources, size.WindowWidth, Math.Max(0, size.WindowHeight - SmallestLogHeight));
        var text = string.Join('\n', rows);
        if (text == _drawn && size == _size)
        {
            return;
        }

        var output = new StringBuilder();
        if (rows.Count != _height || size != _size)
        {
            // Make room, then let only the lines above scroll.
            output.Append("\e[r").Append(CultureInfo.InvariantCulture, $"\e[{size.WindowHeight};1H").Append('\n', Math.Max(0, rows.Count - _height));
            output.Append(CultureInfo.InvariantCulture, $"\e[1;{size.WindowHeight - rows.Count}r\e[{size.WindowHeight - rows.Count};1H");
            _height = rows.Count;
        }

        output.Append("\e7");
        for (var row = 0; row < rows.Count; row++)
        {
            output.Append(CultureInfo.InvariantCulture, $"\e[{size.WindowHeight - rows.Count + row + 1};1H\e[2K{rows[row]}");
        }

        Console.Out.Write(output.Append("\e8"));
        (_drawn, _size) = (text, size);
    }

    public void Dispose()
    {
        if (_height > 0)
        {
            Console.Out.Write(string.Create(CultureInfo.InvariantCulture, $"\e[r\e[{_size.Height};1H\n"));
        }
    }

    private static List<string> Rows(IReadOnlyList<ResourceEvent> resources, int width, int most)
    {
        var name = resources.Count == 0 ? 8 : Math.Max(8, resources.Max(change => change.ResourceId.Length));
        var rows = new List<string> { $"\e[2m{new string('─', Math.Max(0, width - 1))}\e[0m" };
        foreach (var change in resources)
        {
            var url = change.Snapshot.Urls.FirstOrDefault(url => url.Url.StartsWith("http", StringComparison.Ordinal))?.Url ?? change.Snapshot.Urls.FirstOrDefault()?.Url ?? "";
            var line = $"{change.ResourceId.PadRight(name)}  {Describe(change),-40}  {url}";
            rows.Add($"\e[{Colour(change)}m{(line.Length >= width ? line[..Math.Max(0, width - 1)] : line)}\e[0m");
        }

        return rows.Count > most ? rows[..most] : rows;
    }

    private static int Colour(ResourceEvent change) => change.Snapshot switch
    {
        { HealthStatus: HealthStatus.Healthy } => 32,
        { State.Style: "error" } => 31,
        { State.Text: "Finished" } => 2,
        _ => 33,
    };
}
