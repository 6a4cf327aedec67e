using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>One thing that a platform team asks of every document, and ways to break it that must be noticed.</summary>
internal abstract class PolicyRule
{
    public string Name => GetType().Name;

    /// <summary>The variant of the chart that is broken.</summary>
    public virtual string Variant => PublishedChart.Default;

    public abstract IEnumerable<Mutation> Mutations { get; }

    public abstract IEnumerable<string> Violations(Rendering rendering);
}

/// <param name="What">In words, for the test's name.</param>
internal sealed record Mutation(string What, Action<Rendering> Break);
