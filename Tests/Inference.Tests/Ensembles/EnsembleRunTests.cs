using System.Collections.Concurrent;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Ensembles;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Tests.Ensembles;

public sealed class EnsembleRunTests
{
    private static readonly EnsembleGraph Diamond = EnsembleGraph.Create(EnsembleGraphTests.Signature(
        EnsembleGraphTests.Step("first", "in", "middle"), EnsembleGraphTests.Step("left", "middle", "left"), EnsembleGraphTests.Step("right", "middle", "right"),
        EnsembleGraphTests.Step("last", "left right", "out")));

    private static readonly Tensor Input = new("in", Datatype.Fp32, [1, 2], new byte[8]);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Independent_steps_run_beside_each_other()
    {
        var left = new TaskCompletionSource();
        var right = new TaskCompletionSource();

        // Each blocks its thread until the other has begun.
        await RunAsync((model, call) =>
        {
            if (model is "left" or "right")
            {
                var (own, other) = model == "left" ? (left, right) : (right, left);
                own.SetResult();
                Assert.True(other.Task.Wait(Support.InferenceHost.Patience, Cancelled));
            }

            return ValueTask.FromResult(Echo(call));
        });
    }

    [Fact]
    public async Task Tensors_are_handed_on_without_a_copy()
    {
        var seen = new ConcurrentDictionary<string, Tensor>();

        var answer = await RunAsync((model, call) =>
        {
            seen[model] = call.Inputs[0];
            return ValueTask.FromResult(Echo(call));
        });

        Assert.Equal(("IN", "MIDDLE", "MIDDLE", "LEFT"), (seen["first"].Name, seen["left"].Name, seen["right"].Name, seen["last"].Name));
        Assert.All(seen.Values.Append(Assert.Single(answer)), tensor => Assert.True(tensor.Raw.Equals(Input.Raw)));
        Assert.Equal("out", answer[0].Name);
    }

    [Fact]
    public async Task Failure_of_a_step_cancels_those_beside_it_and_is_the_answer()
    {
        var rightRuns = new TaskCompletionSource();
        var askedOfLast = false;

        var failed = await Assert.ThrowsAsync<InferenceException>(() => RunAsync(async (model, call, token) =>
        {
            switch (model)
            {
                case "left":
                    await rightRuns.Task.WaitAsync(token);
                    throw InferenceException.Invalid("the text is too long");
                case "right":
                    rightRuns.SetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, token);
                    break;
                case "last":
                    askedOfLast = true;
                    break;
            }

            return Echo(call);
        }));

        Assert.Equal(InferenceErrorKind.InvalidArgument, failed.Kind);
        Assert.Equal("in ensemble 'chain', the step of model 'left': the text is too long", failed.Message);
        Assert.False(askedOfLast);
    }

    [Fact]
    public async Task Cancellation_reaches_the_steps()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            async (model, call, token) =>
            {
                if (model == "first")
                {
                    await source.CancelAsync();
                    await Task.Delay(Timeout.InfiniteTimeSpan, token);
                }

                return Echo(call);
            },
            source.Token));
    }

    [Fact]
    public async Task Step_that_is_not_served_is_unavailable()
    {
        var failed = await Assert.ThrowsAsync<InferenceException>(() => RunAsync((model, call) =>
            model == "right" ? throw new InferenceException(InferenceErrorKind.NotFound, "'right' is not found") : ValueTask.FromResult(Echo(call))));

        Assert.Equal((InferenceErrorKind.Unavailable, "in ensemble 'chain', the step of model 'right': 'right' is not found"), (failed.Kind, failed.Message));
    }

    [Fact]
    public async Task Steps_wait_as_the_request_may_and_know_how_deep_they_are()
    {
        var calls = new ConcurrentBag<InferCall>();
        var queueing = new Queueing(TimeSpan.FromSeconds(3), Priority: 1, IsFollowed: true);

        await new EnsembleRun(Ask, "chain", Diamond, new InferCall([Input], [], queueing, Nesting: 2)).RunAsync([Input], [0], Cancelled);

        Assert.Equal(4, calls.Count);
        Assert.All(calls, call => Assert.Equal((3, TimeSpan.FromSeconds(3), 1), (call.Nesting, call.Queueing.Timeout, call.Queueing.Priority)));

        ValueTask<InferAnswer> Ask(string model, string version, InferCall call, CancellationToken token)
        {
            calls.Add(call);
            return ValueTask.FromResult(Echo(call));
        }
    }

    [Fact]
    public async Task Ensembles_in_one_another_have_a_limit()
    {
        var run = new EnsembleRun((_, _, call, _) => ValueTask.FromResult(Echo(call)), "chain", Diamond, new InferCall([Input], [], default, EnsembleCheck.MaxNesting));

        var failed = await Assert.ThrowsAsync<InferenceException>(() => run.RunAsync([Input], [0], Cancelled));

        Assert.Contains("more than 4 ensembles are inside one another", failed.Message, StringComparison.Ordinal);
    }

    private static InferAnswer Echo(InferCall call) => new("", 1, [.. call.Outputs.Select(output => call.Inputs[0] with { Name = output.Name })]);

    private static Task<Tensor[]> RunAsync(Func<string, InferCall, ValueTask<InferAnswer>> ask) => RunAsync((model, call, _) => ask(model, call));

    private static Task<Tensor[]> RunAsync(Func<string, InferCall, CancellationToken, ValueTask<InferAnswer>> ask, CancellationToken? cancellationToken = null) =>
        new EnsembleRun((model, _, call, token) => ask(model, call, token), "chain", Diamond, new InferCall([Input], [])).RunAsync([Input], [0], cancellationToken ?? Cancelled);
}
