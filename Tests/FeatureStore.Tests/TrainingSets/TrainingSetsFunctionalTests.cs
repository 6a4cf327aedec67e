using System.Security.Cryptography;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.FeatureStore.Tests.Transformations;
using CloudNativeAi.FeatureStore.Transformations;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.FeatureStore.Tests.TrainingSets;

public sealed class TrainingSetsFunctionalTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Same_request_gives_the_same_bytes_whatever_became_known_afterwards()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var departures = ingestion.Put(Departures.Declaration());
        var arrivals = ingestion.Put(Arrivals.Declaration);
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await application.ApplyAsync(Arrivals.Yaml);
        var events = Departures.Random(1_500, seed: 21);
        departures.Append(events.ToLog());
        arrivals.Append(Arrivals.Of(events));
        await application.WaitAsync(Departures.Source, 1_500);
        await application.WaitAsync(Arrivals.Source, 1_500);
        var request = Arrivals.Request(events);

        var first = await CreateAsync(application, request);
        var again = await CreateAsync(application, request);
        // What happens from now on, and labels that come too late for the request.
        var later = Departures.Random(300, seed: 22, firstPosition: 1_501)
            .Select(item => item with { EventTimestamp = item.EventTimestamp + Durations.Day, Created = item.Created + Durations.Day }).ToArray();
        departures.Append(later.ToLog());
        arrivals.Append(Arrivals.Of(later));
        await application.WaitAsync(Departures.Source, 1_800);
        await application.WaitAsync(Arrivals.Source, 1_800);
        var afterwards = await CreateAsync(application, request);
        var bytes = await ReadAsync(application, first.Digest, 0);

        Assert.Equal(first.Digest, again.Digest);
        Assert.Equal(first.Digest, afterwards.Digest);
        Assert.Equal(first.Rows, afterwards.Rows);
        Assert.Equal(first.Digest, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Equal(first.SizeBytes, bytes.Length);
        Assert.Equal(bytes[100..], await ReadAsync(application, first.Digest, 100));
        Assert.Empty(await ReadAsync(application, first.Digest, first.SizeBytes));
        Assert.Equal(first, await application.TrainingSets.GetTrainingSetAsync(new GetTrainingSetRequest { Digest = first.Digest }, cancellationToken: CancellationToken));
        Assert.Equal(first, Assert.Single((await application.TrainingSets.ListTrainingSetsAsync(new ListTrainingSetsRequest(), cancellationToken: CancellationToken)).TrainingSets));
    }

    [Fact]
    public async Task Labels_known_after_the_cut_off_are_left_out_and_all_others_are_there()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var departures = ingestion.Put(Departures.Declaration());
        var arrivals = ingestion.Put(Arrivals.Declaration);
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await application.ApplyAsync(Arrivals.Yaml);
        var events = Departures.Random(600, seed: 23);
        departures.Append(events.ToLog());
        arrivals.Append(Arrivals.Of(events));
        await application.WaitAsync(Departures.Source, 600);
        await application.WaitAsync(Arrivals.Source, 600);
        var known = events.Select(Arrivals.KnownMicros).Order().ToArray();
        var cutOff = known[known.Length / 2];

        var request = Arrivals.Request(events);
        request.LabelKnownUntilMicros = cutOff;
        var atTheCutOff = await CreateAsync(application, request);
        request.LabelKnownUntilMicros = cutOff - 1;
        var justBefore = await CreateAsync(application, request);
        request.LabelKnownUntilMicros = 0;
        var without = await CreateAsync(application, request);

        Assert.Equal(Expected(item => Arrivals.KnownMicros(item) <= cutOff), await IdsAsync(application, atTheCutOff));
        Assert.Equal(Expected(item => Arrivals.KnownMicros(item) < cutOff), await IdsAsync(application, justBefore));
        Assert.Equal(Expected(_ => true), await IdsAsync(application, without));

        // A label is null, and no label, where the delay is.
        List<string> Expected(Func<FeatureEvent, bool> isKnown) =>
            [.. events.Where(item => item.Delay is not null && isKnown(item)).OrderBy(item => (item.EventTimestamp, $"e{item.Position}"), Arrivals.RowOrder).Select(item => $"e{item.Position}")];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Features_joined_from_the_offline_store_are_those_served_online(bool backfilled)
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration(backfilled));
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion, ("OnlineStore:History", "30.00:00:00"));
        await application.ApplyAsync(Departures.Yaml);
        // Keys of a live source expire by the clock, so the events are of last week; moved by whole days, windows are cut as ever.
        var days = ((DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000) - FeatureEvents.Start) / Durations.Day * Durations.Day;
        var moved = days - (7 * Durations.Day);
        var events = Departures.Random(1_500, seed: 24)
            .Select(item => item with { EventTimestamp = item.EventTimestamp + moved, Created = item.Created + moved }).ToArray();
        source.Append(events.ToLog());
        await application.WaitAsync(Departures.Source, 1_500);
        string?[] keys = [.. events.Select(item => item.Key).Distinct(), "never seen"];

        var newest = events.Max(item => Math.Max(item.Created, item.EventTimestamp + Departures.Schema.AvailabilityDelayMicros));
        foreach (var instant in new[] { newest, newest + Durations.Minute, newest + (3 * Durations.Hour), newest + (80 * Durations.Hour) })
        {
            var online = await application.Retrieval.GetOnlineFeaturesAsync(Departures.Request(keys, instant), cancellationToken: CancellationToken);
            var offline = await application.TrainingSets.GetHistoricalFeaturesAsync(Historical(keys, instant), cancellationToken: CancellationToken);

            // Doubles are compared by their bits.
            Assert.Equal(online.Columns, offline.Columns);
            Assert.Equal(16, offline.Columns.Count);
        }
    }

    [Fact]
    public async Task Online_read_of_the_past_never_tells_what_the_history_does_not()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration(backfilled: false));
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion, ("OnlineStore:History", "30.00:00:00"));
        await application.ApplyAsync(Departures.Yaml);
        var moved = ((DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000) - FeatureEvents.Start) / Durations.Day * Durations.Day;
        var noon = FeatureEvents.Start + moved - Durations.Day;
        // Both are of the same hour; the second arrives half a day later.
        FeatureEvent[] events =
        [
            new(1, noon, noon, "SEA", 5, null, null),
            new(2, noon + Durations.Minute, noon + (12 * Durations.Hour), "SEA", 50, null, null),
        ];
        source.Append(events.ToLog());
        await application.WaitAsync(Departures.Source, 2);

        var before = await OnlineAsync(noon + Durations.Hour - Durations.Minute);
        var after = await OnlineAsync(noon + (12 * Durations.Hour));
        var now = await application.Retrieval.GetOnlineFeaturesAsync(Departures.Request(["SEA"], asOf: null), cancellationToken: CancellationToken);

        Assert.Equal(FeatureStatus.Invalid, before.Status);
        Assert.Equal((FeatureStatus.OutsideMaxAge, 55.0), (after.Status, after.Double));
        Assert.DoesNotContain(now.Columns, column => column.Statuses[0] == (byte)FeatureStatus.Invalid);
        var history = await application.TrainingSets.GetHistoricalFeaturesAsync(
            Historical(["SEA"], noon + Durations.Hour - Durations.Minute), cancellationToken: CancellationToken);
        Assert.Equal(5, Departures.ValueOf(history.Columns.Single(column => column.Name == "origin_windows:dep_delay_sum_12h"), 0).Double);

        async Task<FeatureValue> OnlineAsync(long asOf)
        {
            var response = await application.Retrieval.GetOnlineFeaturesAsync(Departures.Request(["SEA"], asOf), cancellationToken: CancellationToken);
            return Departures.ValueOf(response.Columns.Single(column => column.Name == "origin_windows:dep_delay_sum_12h"), 0);
        }
    }

    [Fact]
    public async Task Wrong_requests_are_refused_and_told_why()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        ingestion.Put(Departures.Declaration());
        ingestion.Put(Arrivals.Declaration);
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await application.ApplyAsync(Arrivals.Yaml);

        await CreationRefusedAsync(request => request.FeatureService = "nothing", StatusCode.NotFound, "no feature service 'nothing'");
        await CreationRefusedAsync(request => request.Label = "nothing", StatusCode.NotFound, "no label 'nothing'");
        await CreationRefusedAsync(request => request.ToMicros = request.FromMicros, StatusCode.InvalidArgument, "must be before to_micros");
        await CreationRefusedAsync(request => request.ToMicros = long.MaxValue, StatusCode.InvalidArgument, "to_micros must be microseconds");
        await CreationRefusedAsync(request => request.FromMicros = long.MinValue, StatusCode.InvalidArgument, "from_micros must be microseconds");
        await CreationRefusedAsync(request => request.LabelKnownUntilMicros = long.MaxValue, StatusCode.InvalidArgument, "label_known_until_micros must be");

        await HistoryRefusedAsync(request => request.FeatureService = "nothing", StatusCode.NotFound, "no feature service 'nothing'");
        await HistoryRefusedAsync(request => request.EntityTimestampsMicros.Clear(), StatusCode.InvalidArgument, "1 to 10000 rows, not 0");
        await HistoryRefusedAsync(request => request.EntityTimestampsMicros.Add(5), StatusCode.InvalidArgument, "2 values for 3 entity timestamps");
        await HistoryRefusedAsync(request => request.EntityTimestampsMicros[1] = long.MaxValue, StatusCode.InvalidArgument, "entity_timestamps_micros[1]");
        await HistoryRefusedAsync(request => request.EntityKeys.Clear(), StatusCode.InvalidArgument, "'origin' once, not 0 times");
        await HistoryRefusedAsync(request => request.EntityKeys.Add(request.EntityKeys[0]), StatusCode.InvalidArgument, "'origin' once, not 2 times");
        await HistoryRefusedAsync(request => request.EntityKeys.Add(new KeyColumn { JoinKey = "dest" }), StatusCode.InvalidArgument, "'dest' is no join key");
        await HistoryRefusedAsync(request => request.EntityKeys[0].Values[0] = new Value { Int64Value = 1 }, StatusCode.InvalidArgument, "must be string");

        var unread = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(application, new string('0', 64), 0));
        var malformed = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(application, "ABC", 0));
        var page = await Assert.ThrowsAsync<RpcException>(
            () => application.TrainingSets.ListTrainingSetsAsync(new ListTrainingSetsRequest { PageSize = 501 }, cancellationToken: CancellationToken).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, unread.StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, malformed.StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, page.StatusCode);

        async Task CreationRefusedAsync(Action<CreateTrainingSetRequest> spoil, StatusCode code, string says)
        {
            var request = new CreateTrainingSetRequest { FeatureService = "delays", Label = "late", FromMicros = 1, ToMicros = 2 };
            spoil(request);
            AssertRefused(await Assert.ThrowsAsync<RpcException>(() => CreateAsync(application, request)), code, says);
        }

        async Task HistoryRefusedAsync(Action<GetHistoricalFeaturesRequest> spoil, StatusCode code, string says)
        {
            var request = Historical(["SEA", null], FeatureEvents.Start);
            spoil(request);
            AssertRefused(
                await Assert.ThrowsAsync<RpcException>(() => application.TrainingSets.GetHistoricalFeaturesAsync(request, cancellationToken: CancellationToken).ResponseAsync),
                code,
                says);
        }
    }

    private static void AssertRefused(RpcException refusal, StatusCode code, string says)
    {
        Assert.Equal(code, refusal.StatusCode);
        Assert.Contains(says, refusal.Status.Detail, StringComparison.Ordinal);
    }

    private static GetHistoricalFeaturesRequest Historical(string?[] keys, long instant) => new()
    {
        FeatureService = "delays",
        EntityKeys = { Departures.Request(keys, asOf: null).EntityKeys },
        EntityTimestampsMicros = { Enumerable.Repeat(instant, keys.Length) },
    };

    private static async Task<TrainingSet> CreateAsync(FeatureStoreApplication application, CreateTrainingSetRequest request)
    {
        using var call = application.TrainingSets.CreateTrainingSet(request, cancellationToken: CancellationToken);
        CreateTrainingSetProgress? last = null;
        await foreach (var progress in call.ResponseStream.ReadAllAsync(CancellationToken))
        {
            Assert.InRange(progress.Fraction, last?.Fraction ?? 0, 1);
            last = progress;
        }

        return last!.Result;
    }

    private static async Task<byte[]> ReadAsync(FeatureStoreApplication application, string digest, long offset)
    {
        using var call = application.TrainingSets.ReadTrainingSet(new ReadTrainingSetRequest { Digest = digest, Offset = offset }, cancellationToken: CancellationToken);
        using var bytes = new MemoryStream();
        await foreach (var chunk in call.ResponseStream.ReadAllAsync(CancellationToken))
        {
            chunk.Data.WriteTo(bytes);
        }

        return bytes.ToArray();
    }

    private static async Task<List<string>> IdsAsync(FeatureStoreApplication application, TrainingSet set)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, await ReadAsync(application, set.Digest, 0), CancellationToken);
            var ids = new List<string>();
            await application.Services.GetRequiredService<DuckDb>().QueryAsync(
                $"SELECT event_id FROM read_parquet({Sql.Text(path)}, file_row_number = true) ORDER BY file_row_number", reader => ids.Add(reader.GetString(0)), CancellationToken);
            Assert.Equal(set.Rows, ids.Count);
            return ids;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
