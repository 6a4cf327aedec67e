using System.ComponentModel;
using System.Diagnostics;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.FeatureStore.Tests.Feast;

/// <summary>Runs a program of the folder <c>foreign</c>; skips the test where what it needs is not installed.</summary>
internal static class ForeignProgram
{
    private const int PackageMissing = 77;

    public static async Task<string> RunAsync(string program, string script, params string[] arguments)
    {
        var path = Path.Combine(Repository.Root, "Tests", "FeatureStore.Tests", "foreign", script);
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
