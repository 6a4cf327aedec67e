using System.Runtime.CompilerServices;

namespace CloudNativeAi.TestSupport;

/// <summary>Where the repository is, and the real data beside it.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Full path of a file or folder of the data beside the repository; skips the test when it is absent.</summary>
    public static string SharedData(string relativePath)
    {
        var path = Path.GetFullPath(Path.Combine(Root, "..", "shared", "data", relativePath));
        Assert.SkipUnless(Path.Exists(path), $"The data '../shared/data/{relativePath}' is not beside the repository.");
        return path;
    }

    public static bool HasSharedData(string relativePath) =>
        Path.Exists(Path.Combine(Root, "..", "shared", "data", relativePath));

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "CloudNativeAi.sln")))
            {
                return directory.FullName;
            }
        }

        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));
    }
}
