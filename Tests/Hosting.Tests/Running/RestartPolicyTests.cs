using Aspire.Hosting.Running;

namespace CloudNativeAi.Hosting.Tests;

public sealed class RestartPolicyTests
{
    private static readonly TimeSpan Briefly = TimeSpan.FromSeconds(2);

    [Fact]
    public void Delays_double_from_one_second_to_thirty()
    {
        var policy = new RestartPolicy();

        var delays = Enumerable.Range(0, 7).Select(_ => policy.Next(healthyFor: Briefly)!.Value.TotalSeconds);

        Assert.Equal([1, 2, 4, 8, 16, 30, 30], delays);
    }

    [Fact]
    public void Delay_is_the_first_again_after_a_good_run()
    {
        var policy = new RestartPolicy();
        policy.Next(Briefly);
        policy.Next(Briefly);

        Assert.Equal(TimeSpan.FromSeconds(1), policy.Next(RestartPolicy.RunsWell));
        Assert.Equal(TimeSpan.FromSeconds(2), policy.Next(Briefly));
    }

    [Fact]
    public void What_never_becomes_healthy_is_given_up()
    {
        var policy = new RestartPolicy();

        var delays = Enumerable.Range(0, RestartPolicy.MaxFailures).Select(_ => policy.Next(healthyFor: null)).ToList();

        Assert.All(delays[..^1], delay => Assert.NotNull(delay));
        Assert.Null(delays[^1]);
    }

    [Fact]
    public void Being_healthy_once_begins_the_count_anew()
    {
        var policy = new RestartPolicy();
        for (var failure = 1; failure < RestartPolicy.MaxFailures; failure++)
        {
            policy.Next(healthyFor: null);
        }

        Assert.NotNull(policy.Next(Briefly));
        Assert.NotNull(policy.Next(healthyFor: null));
    }
}
