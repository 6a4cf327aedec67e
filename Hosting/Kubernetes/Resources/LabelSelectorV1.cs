namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class LabelSelectorV1
{
    public LabelSelectorV1()
    {
    }

    public LabelSelectorV1(Dictionary<string, string> matchLabels)
    {
        MatchLabels = matchLabels;
    }

    public Dictionary<string, string> MatchLabels { get; set; } = [];

    public List<LabelSelectorRequirementV1> MatchExpressions { get; set; } = [];
}

public sealed class LabelSelectorRequirementV1
{
    public string Key { get; set; } = null!;

    public string Operator { get; set; } = null!;

    public List<string> Values { get; } = [];
}
