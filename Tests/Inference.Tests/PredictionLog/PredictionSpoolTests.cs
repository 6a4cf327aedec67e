using System.Diagnostics.Metrics;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Inference.PredictionLog;
using CloudNativeAi.Inference.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Tests.PredictionLog;

public sealed class PredictionSpoolTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cnai-spool-").FullName;
    private readonly PredictionLogOptions _options = new();

    private string SpoolDirectory => Path.Combine(_directory, "prediction-log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Records_come_back_in_order_until_they_are_acknowledged()
    {
        using var spool = Open();
        for (var i = 0; i < 5; i++)
        {
            Assert.True(await spool.AppendAsync(Record(i)));
        }

        var first = spool.Peek(2)!;
        var again = spool.Peek(2)!;
        spool.Acknowledge(first);
        var rest = spool.Peek(100)!;

        Assert.Equal(["p0", "p1"], Ids(first));
        Assert.Equal(Ids(first), Ids(again));
        Assert.Equal(["p2", "p3", "p4"], Ids(rest));
        Assert.Equal(3, spool.SpooledPredictions);
        spool.Acknowledge(rest);
        Assert.Null(spool.Peek(1));
        Assert.Equal(0, spool.SpooledPredictions);
    }

    [Fact]
    public async Task What_was_not_acknowledged_is_there_after_a_restart()
    {
        using (var spool = Open())
        {
            await spool.AppendAsync(Record(1));
            await spool.AppendAsync(Record(2));
        }

        using var reopened = Open();
        await reopened.AppendAsync(Record(3));

        Assert.Equal(["p1", "p2", "p3"], Drain(reopened));
    }

    [Fact]
    public async Task Torn_last_record_is_ignored_and_the_others_are_kept()
    {
        using (var spool = Open())
        {
            await spool.AppendAsync(Record(1));
            await spool.AppendAsync(Record(2));
        }

        var segment = Assert.Single(Directory.GetFiles(SpoolDirectory, "*.log"));
        var bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        for (var length = bytes.Length - 1; length > bytes.Length / 2; length--)
        {
            await File.WriteAllBytesAsync(segment, bytes[..length], TestContext.Current.CancellationToken);
            using var torn = Open();
            Assert.Equal(["p1"], Ids(torn.Peek(10)!));
        }

        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);
        using var flipped = Open();
        Assert.Equal(["p1"], Drain(flipped));
    }

    [Fact]
    public async Task Concurrent_appends_are_all_there_and_in_few_writes()
    {
        using var spool = Open();

        await Parallel.ForEachAsync(Enumerable.Range(0, 5_000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) => Assert.True(await spool.AppendAsync(Record(i))));

        Assert.Equal(5_000, spool.SpooledPredictions);
        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => $"p{i}").Order(), Drain(spool).Order());
    }

    [Fact]
    public async Task Full_spool_takes_no_more_until_something_was_shipped()
    {
        _options.MaxSpoolBytes = 1_024;
        using var spool = Open();
        var taken = 0;
        while (await spool.AppendAsync(Record(taken)))
        {
            taken++;
        }

        Assert.InRange(taken, 2, 100);
        spool.Acknowledge(spool.Peek(2)!);
        Assert.True(await spool.AppendAsync(Record(taken)));
    }

    [Fact]
    public async Task Segments_roll_and_shipped_ones_are_kept_up_to_the_limit()
    {
        _options.SegmentBytes = 1_024;
        _options.RecentBytes = 3_000;
        using var spool = Open();
        for (var i = 0; i < 200; i++)
        {
            await spool.AppendAsync(Record(i));
        }

        Assert.True(Directory.GetFiles(SpoolDirectory, "*.log").Length > 5);
        Assert.Equal(200, Drain(spool).Count);

        Assert.Single(Directory.GetFiles(SpoolDirectory, "*.log"));
        Assert.InRange(Directory.GetFiles(SpoolDirectory, "*.done").Sum(path => new FileInfo(path).Length), 1, 3_000);
        Assert.Equal("p199", spool.ReadRecent().Last().PredictionId);
    }

    [Fact]
    public async Task Numbers_of_segments_go_on_after_a_restart()
    {
        using (var spool = Open())
        {
            await spool.AppendAsync(Record(1));
            Drain(spool);
        }

        using (var spool = Open())
        {
            Drain(spool);
            await spool.AppendAsync(Record(2));
        }

        using var last = Open();
        Assert.Equal(["p1", "p2"], last.ReadRecent().Select(record => record.PredictionId));
    }

    [Fact]
    public void Second_process_on_the_same_directory_is_refused()
    {
        using var spool = Open();

        Assert.Throws<InvalidOperationException>(Open);
    }

    private static List<string> Drain(PredictionSpool spool)
    {
        var ids = new List<string>();
        while (spool.Peek(1_000) is { } batch)
        {
            ids.AddRange(Ids(batch));
            spool.Acknowledge(batch);
        }

        return ids;
    }

    private static IEnumerable<string> Ids(SpoolBatch batch) => batch.Records.Select(record => record.PredictionId);

    private static PredictionRecord Record(int number) => new() { PredictionId = $"p{number}", ModelName = "churn", Features = { 1, 2, 3 } };

    private PredictionSpool Open()
    {
        var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        return new PredictionSpool(
            new ConfigurationBuilder().AddInMemoryCollection([new("Data:Directory", _directory)]).Build(),
            Options.Create(_options), new InferenceMetrics(services.GetRequiredService<IMeterFactory>()), NullLogger<PredictionSpool>.Instance);
    }
}
