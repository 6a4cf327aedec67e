using CloudNativeAi.Inference.Models;
using static CloudNativeAi.Inference.Tests.Batching.Columns;

namespace CloudNativeAi.Inference.Tests.Models;

/// <summary>More versions than the memory budget holds, counted load by load.</summary>
public sealed class MemoryBudgetTests : IDisposable
{
    private readonly FakeVersions _versions = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _versions.Dispose();

    [Fact]
    public async Task Least_recently_used_goes_and_is_loaded_again_when_it_is_asked_for()
    {
        using var pool = _versions.CreatePool(budgetBytes: 3 * FakeVersions.VersionBytes);
        foreach (var model in (string[])["a", "b", "c", "a", "d"])
        {
            await UseAsync(pool, model);
        }

        Assert.Equal(["a", "c", "d"], InMemory(pool));
        await UseAsync(pool, "b");

        Assert.Equal(["a", "b", "d"], InMemory(pool));
        Assert.Equal(["a/1", "b/1", "c/1", "d/1", "b/1"], _versions.Loads);
        Assert.Equal((300, 300), (pool.Memory.Reserved, pool.Memory.HighestReserved));
    }

    [Fact]
    public async Task Large_version_takes_the_room_of_as_many_as_it_needs_and_of_no_more()
    {
        _versions.SizeOf = model => model == "large" ? 250 : 100;
        using var pool = _versions.CreatePool(budgetBytes: 400);
        foreach (var model in (string[])["a", "b", "c", "d", "large"])
        {
            await UseAsync(pool, model);
        }

        Assert.Equal(["d", "large"], InMemory(pool));
        Assert.Equal((350, 400), (pool.Memory.Reserved, pool.Memory.HighestReserved));
    }

    [Fact]
    public async Task Version_with_an_alias_stays_longer_than_one_without()
    {
        using var pool = _versions.CreatePool(budgetBytes: 200);
        pool.SetAliased("champion", new HashSet<int> { 1 });
        foreach (var model in (string[])["champion", "b", "c"])
        {
            await UseAsync(pool, model);
        }

        Assert.Equal(["c", "champion"], InMemory(pool));
    }

    [Fact]
    public async Task Version_in_use_stays_while_an_idle_one_can_go()
    {
        using var pool = _versions.CreatePool(budgetBytes: 200);
        var inUse = await pool.LeaseAsync("a", 1, Token);
        _versions.Time.Advance(TimeSpan.FromMinutes(1));
        await UseAsync(pool, "b");
        await UseAsync(pool, "c");

        Assert.Equal(["a", "c"], InMemory(pool));
        Assert.Equal<float[]>([7], Values(_versions.SessionOf(inUse).Run([Column(7)], inUse.AllOutputs)));
        inUse.EndLease();
    }

    [Fact]
    public async Task Request_of_a_version_that_is_let_go_ends_and_only_then_is_its_memory_anothers()
    {
        using var pool = _versions.CreatePool(budgetBytes: 100);
        var inUse = await pool.LeaseAsync("a", 1, Token);

        var next = pool.LeaseAsync("b", 1, Token).AsTask();
        await UntilAsync(() => pool.Loaded.Count == 0);

        Assert.False(next.IsCompleted);
        Assert.Equal(["a/1"], _versions.Loads);
        Assert.Equal(100, pool.Memory.Reserved);
        Assert.Equal<float[]>([7], Values(_versions.SessionOf(inUse).Run([Column(7)], inUse.AllOutputs)));

        inUse.EndLease();
        (await next).EndLease();
        Assert.Equal(["a/1", "b/1"], _versions.Loads);
        Assert.Equal((100, 100), (pool.Memory.Reserved, pool.Memory.HighestReserved));
    }

    [Fact]
    public async Task Many_at_once_fail_no_request_and_never_take_more_than_the_budget()
    {
        const int Workers = 8;
        const int RequestsEach = 100;
        using var pool = _versions.CreatePool(budgetBytes: 250);
        pool.SetAliased("m0", new HashSet<int> { 1 });

        var answered = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(
            async () =>
            {
                var random = new Random(worker);
                var right = 0;
                for (var i = 0; i < RequestsEach; i++)
                {
                    var model = $"m{random.Next(6)}";
                    var leased = await pool.LeaseAsync(model, 1, Token);
                    // A session that was disposed would fail here.
                    right += leased.ModelName == model && Values(_versions.SessionOf(leased).Run([Column(i)], leased.AllOutputs)) is [var value] && value == i ? 1 : 0;
                    leased.EndLease();
                }

                return right;
            },
            Token)));

        Assert.Equal(Workers * RequestsEach, answered.Sum());
        Assert.Equal(200, pool.Memory.HighestReserved);
        await UntilAsync(() => pool.Loaded.Count * FakeVersions.VersionBytes == pool.Memory.Reserved);
    }

    [Fact]
    public async Task Everyone_who_asks_while_it_is_loaded_shares_the_load()
    {
        using var pool = _versions.CreatePool(budgetBytes: 100);

        var leases = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => pool.LeaseAsync("a", 1, Token).AsTask()));

        Assert.Equal(["a/1"], _versions.Loads);
        Assert.Single(leases.Distinct());
        foreach (var lease in leases)
        {
            lease.EndLease();
        }
    }

    [Fact]
    public async Task Version_larger_than_the_budget_is_refused_with_the_reason_and_unloads_nothing()
    {
        _versions.SizeOf = model => model == "huge" ? 201 : 100;
        using var pool = _versions.CreatePool(budgetBytes: 200);
        await UseAsync(pool, "a");

        var refused = await Assert.ThrowsAsync<InferenceException>(() => pool.LeaseAsync("huge", 1, Token).AsTask());

        Assert.Equal(InferenceErrorKind.FailedPrecondition, refused.Kind);
        Assert.Equal("Model 'huge' version 1 needs about 201 bytes of memory, and Models:MemoryBudgetBytes has 200 for all models.", refused.Message);
        Assert.Equal(["a"], InMemory(pool));
        Assert.Equal(["a/1"], _versions.Loads);
    }

    [Fact]
    public async Task Version_that_cannot_be_loaded_gives_its_memory_back()
    {
        _versions.Broken.Add("broken");
        using var pool = _versions.CreatePool(budgetBytes: 100);

        await Assert.ThrowsAsync<InferenceException>(() => pool.LeaseAsync("broken", 1, Token).AsTask());
        Assert.Equal(0, pool.Memory.Reserved);
        await UseAsync(pool, "a");

        Assert.Equal(["a"], InMemory(pool));
    }

    [Fact]
    public async Task Waiting_for_memory_ends_when_the_caller_gives_up_and_nothing_is_lost()
    {
        using var pool = _versions.CreatePool(budgetBytes: 100);
        var inUse = await pool.LeaseAsync("a", 1, Token);
        using var impatient = new CancellationTokenSource();
        var gaveUp = pool.LeaseAsync("b", 1, impatient.Token).AsTask();
        await UntilAsync(() => pool.Loaded.Count == 0);

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gaveUp);
        inUse.EndLease();

        // The load went on without it, for whoever asks next.
        await UntilAsync(() => pool.Loaded.Count == 1);
        await UseAsync(pool, "b");
        Assert.Equal(["a/1", "b/1"], _versions.Loads);
        await UseAsync(pool, "a");
        Assert.Equal(["a"], InMemory(pool));
    }

    [Fact]
    public async Task Unloaded_model_gives_its_memory_back()
    {
        using var pool = _versions.CreatePool(budgetBytes: 300);
        await UseAsync(pool, "a");
        await UseAsync(pool, "b");

        pool.Unload("a");

        Assert.Equal(["b"], InMemory(pool));
        Assert.Equal(100, pool.Memory.Reserved);
    }

    private async Task UseAsync(VersionPool pool, string model)
    {
        _versions.Time.Advance(TimeSpan.FromSeconds(1));
        var leased = await pool.LeaseAsync(model, 1, Token);
        leased.EndLease();
    }

    private static IEnumerable<string> InMemory(VersionPool pool) => pool.Loaded.Select(model => model.ModelName).Order(StringComparer.Ordinal);

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
