using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Pulls;
using CloudNativeAi.Ingestion.Sources;
using CloudNativeAi.Ingestion.UploadJobs;
using CloudNativeAi.Ingestion.Uploads;
using CloudNativeAi.Ingestion.Tests.Uploads;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Ingestion.Tests.Pulls;

public sealed class DirectoryPullFunctionalTests(PostgresServer postgres) : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pull-");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_of_every_kind_are_read_once_and_moved_away()
    {
        await using var host = await StartAsync();
        Write("1.csv", Encoding.UTF8.GetBytes(Csv(1, 20)));
        Write("2.ndjson.gz", Gzip(string.Join('\n', Enumerable.Range(21, 20).Select(number => Flights.Row(number)))));
        Write("3.parquet", ParquetFile.Write(
            $"SELECT printf('f%08d', i) AS flight_id, make_timestamp({Flights.NewYearMicros} + i) AS departed FROM range(41, 61) r (i)"));
        Write("4.csv", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Csv(61, 20))).ToArray());
        Write(".5.csv", "not yet"u8.ToArray());
        Write("6.csv.tmp", "not yet"u8.ToArray());

        await PullAsync(host);
        await PullAsync(host);

        Assert.Equal([".5.csv", "6.csv.tmp"], Names());
        Assert.Equal(["1.csv", "2.ndjson.gz", "3.parquet", "4.csv"], Names("done"));
        var events = await host.ReadAllAsync();
        Assert.Equal(Enumerable.Range(1, 80).Select(number => $"f{number:D8}"), events.Select(e => e.Id));
        Flights.AssertReconciled(await host.StatusAsync(), events);
        Assert.Equal(0, (await host.StatusAsync()).Duplicates);
    }

    [Fact]
    public async Task A_file_that_differs_from_its_manifest_is_set_aside_with_the_reason()
    {
        await using var host = await StartAsync();
        var text = Encoding.UTF8.GetBytes(Csv(1, 5));
        Write("good.csv", text);
        Write("good.csv.sha256", Encoding.UTF8.GetBytes($"{Convert.ToHexStringLower(SHA256.HashData(text))}  good.csv\n"));
        Write("cut.csv", text[..^9]);
        Write("cut.csv.sha256", Encoding.UTF8.GetBytes($"{Convert.ToHexStringLower(SHA256.HashData(text))}  cut.csv\n"));
        Write("waits.csv", Encoding.UTF8.GetBytes(Csv(6, 5)));

        await PullAsync(host, new DirectoryPullOptions { RequireManifest = true });

        Assert.Equal(["waits.csv"], Names());
        Assert.Equal(["good.csv", "good.csv.sha256"], Names("done"));
        Assert.Equal(["cut.csv", "cut.csv.reason.txt", "cut.csv.sha256"], Names("quarantine"));
        Assert.Contains("its manifest says", File.ReadAllText(Path.Combine(_directory.FullName, "quarantine", "cut.csv.reason.txt")), StringComparison.Ordinal);
        Assert.Equal(5, (await host.ReadAllAsync()).Count);
    }

    [Theory]
    [InlineData("a.csv", "flight_id,departed,colour\na,0,red\n", "column 'colour' is not a field")]
    [InlineData("a.csv", "", "there is no header row")]
    [InlineData("a.csv.gz", "not gzip", "compressed data is corrupt")]
    [InlineData("a.parquet", "not parquet", "the Parquet file cannot be read")]
    public async Task A_file_that_cannot_be_read_is_set_aside(string name, string content, string reason)
    {
        await using var host = await StartAsync();
        Write(name, Encoding.UTF8.GetBytes(content));

        await PullAsync(host);

        Assert.Empty(Names());
        Assert.Contains(reason, File.ReadAllText(Path.Combine(_directory.FullName, "quarantine", name + ".reason.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_rows_of_a_file_are_dead_letters_and_the_file_is_done()
    {
        await using var host = await StartAsync();
        Write("a.csv", Encoding.UTF8.GetBytes("flight_id,departed,delay\na,0,1\nb,0,late\n"));

        await PullAsync(host);

        Assert.Equal(["a.csv"], Names("done"));
        var status = await host.StatusAsync();
        Assert.Equal((2, 1, 1), (status.Received, status.HeadPosition, status.DeadLetters));
    }

    [Fact]
    public async Task A_file_that_was_read_but_not_moved_before_a_crash_is_not_read_again()
    {
        await using var host = await StartAsync();
        Write("a.csv", Encoding.UTF8.GetBytes(Csv(1, 5)));
        await PullAsync(host);
        File.Move(Path.Combine(_directory.FullName, "done", "a.csv"), Path.Combine(_directory.FullName, "a.csv"));

        await PullAsync(host);

        Assert.Equal(["a.csv"], Names("done"));
        var status = await host.StatusAsync();
        Assert.Equal((5, 5, 0), (status.Received, status.HeadPosition, status.Duplicates));
    }

    [Theory]
    [InlineData("a.csv")]
    [InlineData("a.csv.gz")]
    [InlineData("a.parquet")]
    public async Task A_crash_in_the_middle_of_a_file_reads_no_row_twice_and_leaves_none_out(string name)
    {
        var text = Csv(1, 100);
        var content = Path.GetExtension(name) switch
        {
            ".gz" => Gzip(text),
            ".parquet" => ParquetFile.Write(
                $"SELECT printf('f%08d', i) AS flight_id, make_timestamp({Flights.NewYearMicros} + i) AS departed FROM range(1, 101) r (i)"),
            _ => Encoding.UTF8.GetBytes(text),
        };
        await using var crashed = await StartAsync("Ingestion:UploadBatchRows=7");
        await ReadHalfAsync(crashed, name, content, text);
        var before = (await crashed.StatusAsync()).HeadPosition;
        Assert.InRange(before, 1, 99);

        await using var host = await IngestionHost.StartAsync(postgres, crashed.ConnectionString);
        Write(name, content);
        await PullAsync(host);

        Assert.Equal([name], Names("done"));
        var status = await host.StatusAsync();
        Assert.Equal((100, 100, 0), (status.Received, status.HeadPosition, status.Duplicates));
        Flights.AssertReconciled(status, await host.ReadAllAsync());
    }

    [Fact]
    public async Task Two_replicas_read_a_directory_together_without_reading_a_row_twice()
    {
        await using var first = await StartAsync("Ingestion:UploadBatchRows=7");
        await using var second = await IngestionHost.StartAsync(postgres, first.ConnectionString, settings: "Ingestion:UploadBatchRows=7");
        for (var file = 0; file < 10; file++)
        {
            Write($"{file}.csv", Encoding.UTF8.GetBytes(Csv(file * 30, 30)));
        }

        // Whoever comes second finds the turn taken; both have looked when both have returned.
        await Task.WhenAll(PullAsync(first), PullAsync(second));
        await PullAsync(second);

        var status = await first.StatusAsync();
        Assert.Equal((300, 300, 0), (status.Received, status.HeadPosition, status.Duplicates));
        Assert.Equal(10, Names("done").Length);
    }

    [Fact]
    public async Task Configured_directories_are_read_by_the_worker_and_bad_configuration_is_refused_at_start()
    {
        Write("a.csv", Encoding.UTF8.GetBytes(Csv(1, 5)));
        var connectionString = await postgres.CreateDatabaseAsync();
        await using (var declared = await IngestionHost.StartAsync(postgres, connectionString))
        {
            await declared.DeclareAsync();
        }

        await using var host = await IngestionHost.StartAsync(
            postgres, connectionString, settings: [$"Pulls:Directories:0:Source={Flights.Name}", $"Pulls:Directories:0:Path={_directory.FullName}"]);
        using var follow = host.Log.ReadEvents(new ReadEventsRequest { Source = Flights.Name, Follow = true, UntilPosition = 5 }, cancellationToken: CancellationToken);
        var seen = 0;
        while (await follow.ResponseStream.MoveNext(CancellationToken))
        {
            seen += follow.ResponseStream.Current.Events.Count;
        }

        Assert.Equal(5, seen);
        await Assert.ThrowsAnyAsync<Exception>(() => IngestionHost.StartAsync(postgres, settings: [$"Pulls:Directories:0:Source={Flights.Name}"]));
        await Assert.ThrowsAnyAsync<Exception>(() => IngestionHost.StartAsync(postgres, settings: ["Pulls:Tables:0:Source=x"]));
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private async Task<IngestionHost> StartAsync(params string[] settings)
    {
        var host = await IngestionHost.StartAsync(postgres, settings: settings);
        await host.DeclareAsync();
        return host;
    }

    private Task PullAsync(IngestionHost host, DirectoryPullOptions? options = null)
    {
        options ??= new DirectoryPullOptions();
        (options.Source, options.Path) = (Flights.Name, _directory.FullName);
        return host.Get<DirectoryPuller>().RunOnceAsync(options, CancellationToken);
    }

    /// <summary>Reads as the puller does, and loses the file in the middle.</summary>
    private static async Task ReadHalfAsync(IngestionHost host, string name, byte[] content, string text)
    {
        var schema = (await host.Get<SourceCatalog>().FindAsync(Flights.Name, CancellationToken))!;
        var file = PulledFile.From($"/{name}")!;
        var query = UploadQuery.Parse("dead-letter", null, null, null, out _)!;
        var job = (await host.Get<UploadJobStore>().CreateAsync(
            schema.SourceId, new UploadDefinition($"file:{name}:{Convert.ToHexStringLower(SHA256.HashData(content))}", file.Format, query, null), CancellationToken))!;
        if (file.Format == UploadFormat.Parquet)
        {
            var half = new UploadProgress(new UploadPlace(49, 0), null, new(49, 0, 0, 0));
            await host.IngestAsync(Flights.Batch(1, 49));
            await host.Get<UploadJobStore>().SaveAsync(job.Id, job.Progress, half, CancellationToken);
            return;
        }

        await using var breaking = new BreakingStream(Encoding.UTF8.GetBytes(text)[..(text.Length / 2)]);
        await Assert.ThrowsAsync<IOException>(() => host.Get<UploadJobRunner>().ReadAsync(job, schema, breaking, () => true, CancellationToken));
    }

    private void Write(string name, byte[] content) => File.WriteAllBytes(Path.Combine(_directory.FullName, name), content);

    private string[] Names(string folder = "") =>
        new DirectoryInfo(Path.Combine(_directory.FullName, folder)) is { Exists: true } directory
            ? [.. directory.GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal)]
            : [];

    private static string Csv(int first, int count) => "flight_id,departed,carrier\n" + string.Concat(
        Enumerable.Range(first, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"f{number:D8},{Flights.NewYearMicros + number},Zürich\n")));

    private static byte[] Gzip(string text)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return target.ToArray();
    }

    private sealed class BreakingStream(byte[] content) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is var read and > 0 ? read : throw new IOException("The disk went away.");
    }
}
