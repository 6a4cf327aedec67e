using CloudNativeAi.Inference.Features;
using CloudNativeAi.Modeling;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Tests.Features;

public sealed class SharedLookUpsTests
{
    private static readonly string[] Names = ["activity:first"];

    private readonly HeldFeatureStore _store = new();
    private readonly SharedLookUps _lookUps;

    public SharedLookUpsTests() => _lookUps = new SharedLookUps(new OnlineFeatures(_store, Options.Create(new FeatureOptions()), TimeProvider.System));

    [Fact]
    public async Task What_comes_while_calls_are_under_way_shares_the_next_one()
    {
        var answers = Enumerable.Range(0, 10).Select(entity => LookUp(entity)).ToArray();

        Assert.Equal([["0"], ["1"]], _store.Calls);
        _store.Answer(0);
        Assert.Equal(ModelValue.Of(2.0 * 0), (await answers[0]).ValueOf(0));
        await UntilCallsAsync(3);
        Assert.Equal(["2", "3", "4", "5", "6", "7", "8", "9"], _store.Calls[2]);
        _store.Answer(1);
        _store.Answer(2);
        for (var entity = 1; entity < 10; entity++)
        {
            Assert.Equal(ModelValue.Of(2.0 * entity), (await answers[entity]).ValueOf(0));
        }

        var later = LookUp(11);
        Assert.Equal(["11"], _store.Calls[3]);
        _store.Answer(3);
        Assert.Equal(ModelValue.Of(22.0), (await later).ValueOf(0));
    }

    [Fact]
    public async Task A_call_has_a_bounded_number_of_rows()
    {
        var answers = Enumerable.Range(0, 302).Select(entity => LookUp(entity)).ToArray();

        _store.Answer(0);
        await UntilCallsAsync(3);
        _store.Answer(1);
        await UntilCallsAsync(4);
        _store.Answer(2);
        _store.Answer(3);
        await Task.WhenAll(answers);

        Assert.Equal([1, 1, 256, 44], _store.Calls.Select(entities => entities.Length));
    }

    [Fact]
    public async Task Refused_call_is_made_again_row_by_row()
    {
        var answers = Enumerable.Range(0, 4).Select(entity => LookUp(entity)).ToArray();
        _store.Answer(0);
        await UntilCallsAsync(3);

        _store.Refuse(2);
        await UntilCallsAsync(5);
        Assert.Equal([["2"], ["3"]], _store.Calls.Skip(3));
        _store.Refuse(3);
        _store.Answer(4);

        Assert.Equal(InferenceErrorKind.InvalidArgument, (await Assert.ThrowsAsync<InferenceException>(() => answers[2])).Kind);
        Assert.Equal(ModelValue.Of(6.0), (await answers[3]).ValueOf(0));
    }

    [Fact]
    public async Task Who_gives_up_waiting_ends_nobody_elses_call()
    {
        using var gaveUp = new CancellationTokenSource();
        var first = LookUp(0);
        _ = LookUp(1);
        var given = LookUp(2, givesUp: gaveUp.Token);
        var kept = LookUp(3);

        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        _store.Answer(0);
        await first;
        await UntilCallsAsync(3);
        _store.Answer(2);

        Assert.Equal(ModelValue.Of(6.0), (await kept).ValueOf(0));
    }

    [Fact]
    public void Look_ups_of_other_instants_or_other_features_wait_for_nobody()
    {
        string[] others = ["activity:first"];

        _ = LookUp(0);
        _ = LookUp(1);
        _ = LookUp(2, asOfMicros: 1);
        _ = LookUp(3, asOfMicros: 1);
        _ = LookUp(4, names: others);

        Assert.Equal([["0"], ["1"], ["2"], ["3"], ["4"]], _store.Calls);
    }

    private Task<FetchedFeatures> LookUp(int entity, string[]? names = null, long? asOfMicros = null, CancellationToken? givesUp = null) =>
        _lookUps.GetAsync(names ?? Names, HeldFeatureStore.Entity(entity), asOfMicros, DateTime.MaxValue, givesUp ?? TestContext.Current.CancellationToken);

    // An answered call's successor is made on the pool.
    private async Task UntilCallsAsync(int count)
    {
        while (_store.Calls.Count < count)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
