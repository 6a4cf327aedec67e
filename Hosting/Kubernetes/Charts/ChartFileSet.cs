namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>The files of a chart; two documents of one name would overwrite each other and are an error.</summary>
internal sealed class ChartFileSet
{
    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string> Files => _files;

    public void Add(string path, string text)
    {
        if (!_files.TryAdd(path, text))
        {
            throw new DistributedApplicationException($"Two documents of the chart would be '{path}'. Give one of them another metadata.name.");
        }
    }
}
