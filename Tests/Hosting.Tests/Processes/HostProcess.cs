using System.Diagnostics;
using System.Globalization;
using CloudNativeAi.Hosting.Tests.Support;

namespace CloudNativeAi.Hosting.Tests.Processes;

/// <summary>The tests' AppHost as a process of its own. All that descends from it is known by a variable that is inherited.</summary>
internal sealed class HostProcess : IDisposable
{
    private const string TreeVariable = "HOSTING_TEST_TREE";

    private readonly string _tree = Guid.NewGuid().ToString("N");
    private readonly Process _process;

    public HostProcess(string temporaryDirectory, params string[] arguments)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var program = Path.Combine(AppContext.BaseDirectory, "..", "..", "TestAppHost", configuration, "CloudNativeAi.TestAppHost");
        var start = new ProcessStartInfo(program, ["--scenario", "tree", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [TreeVariable] = _tree, ["TMPDIR"] = temporaryDirectory },
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public Task WaitUntilUpAsync(params string[] commands) => TestApplication.EventuallyAsync(
        () =>
        {
            var running = Tree().Select(CommandLine).ToList();
            return commands.All(command => running.Any(line => line.Contains(command, StringComparison.Ordinal)));
        },
        TimeSpan.FromSeconds(30),
        $"the processes {string.Join(", ", commands)}");

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(TestApplication.Patience());
        return _process.ExitCode;
    }

    /// <summary>The host and everything it has started, as far as it lives.</summary>
    public List<int> Tree() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(directory => Path.GetFileName(directory).All(char.IsAsciiDigit) && Read(directory, "environ").Contains($"{TreeVariable}={_tree}", StringComparison.Ordinal))
            .Select(directory => int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture)),
    ];

    public void Dispose()
    {
        foreach (var processId in Tree())
        {
            Aspire.Hosting.Processes.Posix.Signal(processId, Aspire.Hosting.Processes.PosixSignalNumber.Kill);
        }

        _process.Dispose();
    }

    public static string CommandLine(int processId) => Read(FormattableString.Invariant($"/proc/{processId}"), "cmdline").Replace('\0', ' ');

    private static string Read(string directory, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
