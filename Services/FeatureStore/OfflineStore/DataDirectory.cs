namespace CloudNativeAi.FeatureStore.OfflineStore;

/// <summary>Where this service keeps files: <c>Data:Directory</c>, or data/feature-store below the current directory.</summary>
internal sealed class DataDirectory
{
    public const string ConfigurationKey = "Data:Directory";

    public DataDirectory(string? path)
    {
        Root = Path.GetFullPath(string.IsNullOrWhiteSpace(path) ? Path.Combine("data", "feature-store") : path);
        Directory.CreateDirectory(Root);
    }

    public string Root { get; }

    /// <summary>A folder below the root, made if need be.</summary>
    public string Folder(params string[] names)
    {
        var folder = Path.Combine([Root, .. names]);
        Directory.CreateDirectory(folder);
        return folder;
    }
}
