namespace CloudNativeAi.Deployment.Tests.Policies;

internal static class PolicyRules
{
    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        .. typeof(PolicyRule).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(PolicyRule)) && !type.IsAbstract)
            .OrderBy(type => type.Name, StringComparer.Ordinal)
            .Select(type => (PolicyRule)Activator.CreateInstance(type)!),
    ];

    public static PolicyRule Get(string name) => All.Single(rule => rule.Name == name);
}
