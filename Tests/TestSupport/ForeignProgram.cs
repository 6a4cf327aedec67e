using System.ComponentModel;
using System.Diagnostics;

namespace CloudNativeAi.TestSupport;

/// <summary>Runs clients that share nothing with this repository: scripts in the folder <c>foreign</c> of a test project.</summary>
public static class ForeignProgram
{
    private const int PackageMissing = 77;

    /// <summary>What the script wrote; fails the test when it failed, skips it where what it needs is not installed.</summary>
    /// <param name="project">The test project's folder.</param>
    public static async Task<string> RunAsync(string project, string program, string script, params string[] arguments)
    {
        var path = Path.Combine(Repository.Root, "Tests", project, "foreign", script);
        Process? process = null;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, [path, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true });
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed.");
        }

        using (process)
        {
            var error = process!.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.SkipWhen(process.ExitCode == PackageMissing, (await error).Trim());
            Assert.SkipWhen((await error).Contains("curl: not found", StringComparison.Ordinal), "curl is not installed.");
            Assert.True(process.ExitCode == 0, await error);
            return output;
        }
    }
}
