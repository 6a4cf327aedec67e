using CloudNativeAi.FeatureStore.OfflineStore;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.Tests.OfflineStore.Delta;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudNativeAi.FeatureStore.Tests.OfflineStore;

/// <summary>An offline store in a directory of its own. Every table in it is held against the protocol when the test ends.</summary>
internal sealed class OfflineStoreDirectory : IDisposable
{
    private static readonly Lazy<DuckDb> SharedDuckDb = new(() => new DuckDb(2, 512L * 1024 * 1024, System.IO.Path.Combine(System.IO.Path.GetTempPath(), "cnai-duckdb")));

    public OfflineStoreDirectory()
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"cnai-offline-{Guid.NewGuid():N}");
        DataDirectory = new DataDirectory(Path);
    }

    public string Path { get; }

    public DataDirectory DataDirectory { get; }

    public DuckDb DuckDb => SharedDuckDb.Value;

    public OfflineStoreOptions Options { get; } = new() { CheckpointInterval = 10 };

    /// <summary>False where a test breaks a table on purpose.</summary>
    public bool CheckAtEnd { get; set; } = true;

    /// <summary>A store as another process would open it: nothing in memory is shared but DuckDB.</summary>
    public SourceTableStore OpenStore(TimeProvider? timeProvider = null) => new(
        DataDirectory, DuckDb, Microsoft.Extensions.Options.Options.Create(Options), timeProvider ?? TimeProvider.System, NullLogger<SourceTableStore>.Instance);

    public string TablePath(string source) => System.IO.Path.Combine(Path, "offline", source);

    public LocalTableStorage Storage(string source) => new(TablePath(source));

    public void Dispose()
    {
        try
        {
            var tables = System.IO.Path.Combine(Path, "offline");
            if (CheckAtEnd && Directory.Exists(tables))
            {
                foreach (var table in Directory.EnumerateDirectories(tables).Where(table => Directory.Exists(System.IO.Path.Combine(table, "_delta_log"))))
                {
                    Assert.Empty(DeltaProtocolChecker.Check(table));
                }
            }
        }
        finally
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
