using CloudNativeAi.Deployment.Tests.Support;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Every workload has exactly one budget, which neither takes all pods at once nor keeps a node from being emptied.</summary>
internal sealed class DisruptionBudgets : PolicyRule
{
    public override IEnumerable<Mutation> Mutations =>
    [
        new("no budget", rendering => rendering.Documents.Remove(rendering.Get("PodDisruptionBudget", "inference-pdb"))),
        new("a budget of nothing", rendering => rendering.Get("PodDisruptionBudget", "inference-pdb").Spec["maxUnavailable"] = 0),
    ];

    public override IEnumerable<string> Violations(Rendering rendering) =>
        from workload in rendering.Workloads
        let pod = PodTemplate.Of(workload)!
        let budgets = rendering.Of("PodDisruptionBudget").Where(budget => Json.Selects(budget.Spec.At("selector.matchLabels"), pod.Labels)).ToList()
        where budgets.Count != 1 || budgets[0].Spec.Text("maxUnavailable") is null or "0"
        select $"{workload}: {budgets.Count} budgets, or one that blocks";
}
