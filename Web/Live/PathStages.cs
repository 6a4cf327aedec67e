using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Web.Display;

namespace CloudNativeAi.Web.Live;

/// <summary>The six hops with their rate, lag, age and error.</summary>
public static class PathStages
{
    /// <summary>Features older than this behind the event log are late.</summary>
    public static readonly TimeSpan LateFeatures = TimeSpan.FromSeconds(10);

    public static IReadOnlyList<Stage> From(PathSnapshot snapshot, PathFigures figures, DateTimeOffset now) =>
    [
        Ingestion(snapshot, now),
        FeatureStore(snapshot, figures, now),
        Training(snapshot, now),
        ModelRegistry(snapshot, now),
        Inference(snapshot, figures, now),
        Monitoring(snapshot, figures, now),
    ];

    private static Stage Ingestion(PathSnapshot snapshot, DateTimeOffset now)
    {
        if (snapshot.Ingestion.Value is not { } status)
        {
            return Silent("Ingestion", "sources", snapshot.Ingestion, now);
        }

        var deadLetters = status.Sources.Sum(source => source.DeadLetters);
        var growing = snapshot.Rate(RateNames.DeadLetters) > 0;
        var rate = snapshot.Rate(RateNames.Events);

        return Judge(snapshot.Ingestion, now, new Stage(
            "Ingestion", "sources",
            growing ? Level.Warning : Level.Good,
            Format.Rate(rate, "events").ToString(),
            $"{Format.Figure(status.Sources.Sum(source => source.HeadPosition), "")} in the log",
            Last(status.Sources.Select(source => source.LastCreatedTimestampMicros), now),
            deadLetters == 0 ? "no dead letters" : $"{Format.Figure(deadLetters, "")} dead letters")
        { Flows = rate > 0 });
    }

    private static Stage FeatureStore(PathSnapshot snapshot, PathFigures figures, DateTimeOffset now)
    {
        if (snapshot.FeatureStore.Value is not { } status)
        {
            return Silent("Feature store", "features", snapshot.FeatureStore, now);
        }

        var failing = status.Sources.Count(source => source.Error.Length > 0);
        var rate = snapshot.Rate(RateNames.Materialized);
        var late = figures.FreshnessSeconds > LateFeatures.TotalSeconds;

        return Judge(snapshot.FeatureStore, now, new Stage(
            "Feature store", "features",
            failing > 0 ? Level.Bad : late ? Level.Warning : Level.Good,
            Format.Rate(rate, "events").ToString(),
            figures.EventsBehind > 0
                ? $"{Format.Figure(figures.EventsBehind, "")} behind"
                : $"lag {Format.Latency(figures.FreshnessSeconds)}",
            Last(status.Sources.Select(source => source.LastMaterializedMicros), now),
            failing == 0 ? "no errors" : failing == 1 ? "1 source fails" : $"{failing} sources fail")
        { Flows = rate > 0 });
    }

    private static Stage Training(PathSnapshot snapshot, DateTimeOffset now)
    {
        if (snapshot.Training.Value is not { } status)
        {
            return Silent("Training", "training", snapshot.Training, now);
        }

        var running = status.Jobs.Where(job => job.State == JobState.Running).ToList();
        var queued = status.Jobs.Count(job => job.State == JobState.Queued);
        var newestEnd = status.Jobs.Where(job => job.EndedMicros > 0).MaxBy(job => job.EndedMicros);
        var failed = newestEnd?.State == JobState.Failed;

        return Judge(snapshot.Training, now, new Stage(
            "Training", "training",
            failed ? Level.Warning : Level.Good,
            $"{running.Count} running",
            running.FirstOrDefault() is { } job ? $"{job.Stage} {job.Progress * 100:0} %" : $"{queued} queued",
            newestEnd is null ? "none ended yet" : Ended(newestEnd.EndedMicros, now),
            failed ? "last job failed" : newestEnd is null ? "no errors" : "last job succeeded")
        { Flows = running.Count > 0 });
    }

    private static Stage ModelRegistry(PathSnapshot snapshot, DateTimeOffset now)
    {
        if (snapshot.ModelRegistry.Value is not { } status)
        {
            return Silent("Model registry", "models", snapshot.ModelRegistry, now);
        }

        var versions = status.Models.Sum(model => model.VersionCount);
        var without = status.Models.Count(model => !model.Aliases.ContainsKey(PathFigures.Champion));
        var changed = status.Models.Select(model => model.UpdatedMicros).DefaultIfEmpty().Max();

        return Judge(snapshot.ModelRegistry, now, new Stage(
            "Model registry", "models",
            without > 0 ? Level.Warning : Level.Good,
            Plural(status.Models.Count, "model"),
            Plural(versions, "version"),
            Instants.FromMicros(changed) is { } at ? $"changed {Format.Ago(now - at)}" : "never changed",
            status.Models.Count == 0 ? "nothing registered" : without > 0 ? $"{without} without champion" : "champions set")
        { Flows = false });
    }

    private static Stage Inference(PathSnapshot snapshot, PathFigures figures, DateTimeOffset now)
    {
        if (snapshot.Inference.Value is not { } status)
        {
            return Silent("Inference", "endpoints", snapshot.Inference, now);
        }

        var unavailable = status.Models.Count(model => model.State == "UNAVAILABLE");
        var failures = snapshot.Rate(RateNames.Failures);
        var attempts = figures.PredictionsPerSecond + failures;

        return Judge(snapshot.Inference, now, new Stage(
            "Inference", "endpoints",
            unavailable > 0 ? Level.Bad : failures > 0 || status.SpooledPredictions > 0 ? Level.Warning : Level.Good,
            // Short: "predictions" does not fit a node beside a number with a prefix.
            Format.Rate(figures.PredictionsPerSecond, "pred").ToString(),
            $"p99 {Format.Latency(figures.LatencyP99Seconds)}",
            status.SpooledPredictions > 0
                ? $"{Format.Figure(status.SpooledPredictions, "")} spooled"
                : Plural(status.Models.Count(model => model.State == "READY"), "version") + " ready",
            unavailable > 0 ? $"{unavailable} unavailable"
                : failures > 0 && attempts > 0 ? $"{Format.Share(failures / attempts)} fail" : "no failures")
        { Flows = figures.PredictionsPerSecond > 0 });
    }

    private static Stage Monitoring(PathSnapshot snapshot, PathFigures figures, DateTimeOffset now)
    {
        if (snapshot.Monitoring.Value is not { } status)
        {
            return Silent("Monitoring", "monitoring", snapshot.Monitoring, now);
        }

        var rate = snapshot.Rate(RateNames.Logged);
        var labels = status.Models.Sum(model => model.LabelsJoined);
        var predictions = status.Models.Sum(model => model.Predictions);

        return Judge(snapshot.Monitoring, now, new Stage(
            "Monitoring", "monitoring",
            figures.DriftingCount > 0 ? Level.Warning : Level.Good,
            Format.Rate(rate, "logged").ToString(),
            predictions > 0 ? $"{Format.Share((double)labels / predictions)} labelled" : "no predictions",
            $"{Format.Figure(predictions, "")} kept",
            figures.DriftScores == 0 ? "no drift scores" : $"{figures.DriftingCount} of {figures.DriftScores} drift")
        { Flows = rate > 0 });
    }

    private static Stage Silent(string name, string href, ServiceReading reading, DateTimeOffset now) =>
        reading.FailingSince is { } since
            ? new Stage(name, href, Level.Bad, "down", $"since {Instants.Clock(since)}", Format.Ago(now - since), "no answer")
            : new Stage(name, href, Level.Unknown, Format.Unknown, "not asked yet", "", "");

    // A service that stopped answering keeps its last numbers, marked as what they are.
    private static Stage Judge(ServiceReading reading, DateTimeOffset now, Stage stage) =>
        reading.FailingSince is { } since
            ? stage with { Level = Level.Bad, Flows = false, Age = $"down {Format.Ago(now - since)}", Error = "no answer" }
            : stage;

    private static string Last(IEnumerable<long> micros, DateTimeOffset now) =>
        Instants.FromMicros(micros.DefaultIfEmpty().Max()) is { } at ? $"last {Format.Ago(now - at)}" : "none yet";

    private static string Ended(long micros, DateTimeOffset now) =>
        Instants.FromMicros(micros) is { } at ? $"ended {Format.Ago(now - at)}" : "";

    private static string Plural(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
