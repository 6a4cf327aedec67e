using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests;

/// <summary>The command of the README.</summary>
public sealed class PublishCommandTests(PublishedChart chart)
{
    [Fact]
    public async Task Publishing_again_writes_the_same_bytes()
    {
        var (exitCode, _, _) = await PublishedChart.PublishAsync(Path.Combine(chart.Directory, "..", "again", "helm"));

        Assert.Equal(0, exitCode);
        Assert.Equal(Files(chart.Directory), Files(Path.Combine(chart.Directory, "..", "again", "helm")));

        static SortedDictionary<string, string> Files(string directory) => new(Directory.GetFiles(directory, "*", SearchOption.AllDirectories)
            .ToDictionary(path => Path.GetRelativePath(directory, path), File.ReadAllText), StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_failed_publication_says_so_and_ends_with_an_error()
    {
        var occupied = Directory.CreateTempSubdirectory("occupied-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(occupied.FullName, "notes.txt"), "mine", TestContext.Current.CancellationToken);

            var (exitCode, output, error) = await PublishedChart.PublishAsync(occupied.FullName);

            Assert.NotEqual(0, exitCode);
            Assert.Contains("not a chart", output + error, StringComparison.Ordinal);
        }
        finally
        {
            occupied.Delete(recursive: true);
        }
    }
}
