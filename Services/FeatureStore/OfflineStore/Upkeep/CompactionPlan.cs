using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

namespace CloudNativeAi.FeatureStore.OfflineStore.Upkeep;

/// <summary>Which small files of a table become one.</summary>
internal static class CompactionPlan
{
    /// <summary>
    /// Runs of small files that follow each other by position, each at most a target file large. A file is only rewritten together with
    /// at least as many bytes of others, so that a row is rewritten a logarithmic number of times, not at every round.
    /// </summary>
    public static IReadOnlyList<LiveFile[]> For(DeltaSnapshot snapshot, OfflineStoreOptions options)
    {
        var files = snapshot.Files.Values
            .Select(file => (File: file, IsOurs: file.Statistics.NumRecords is not null & file.Statistics.Integers.TryGetValue(SourceTableSchema.Position, out var range), Range: range))
            .OrderBy(file => file.Range.Min)
            .ToArray();
        if (files.Any(file => !file.IsOurs) || files.Skip(1).Zip(files).Any(pair => pair.First.Range.Min <= pair.Second.Range.Max))
        {
            // Another writer's files: what may be put together is not known.
            return [];
        }

        var plan = new List<LiveFile[]>();
        var run = new List<LiveFile>();
        long bytes = 0;
        foreach (var (file, _, _) in files)
        {
            if (bytes + file.Add.Size > options.TargetFileBytes || run.Count == options.CompactionMaxFiles)
            {
                Take();
            }

            if (file.Add.Size <= options.TargetFileBytes / 2)
            {
                run.Add(file);
                bytes += file.Add.Size;
            }
        }

        Take();
        return plan;

        void Take()
        {
            var first = 0;
            while (first < run.Count && 2 * run[first].Add.Size > bytes)
            {
                bytes -= run[first++].Add.Size;
            }

            if (run.Count - first >= options.CompactionMinFiles)
            {
                plan.Add([.. run.Skip(first)]);
            }

            run.Clear();
            bytes = 0;
        }
    }
}
