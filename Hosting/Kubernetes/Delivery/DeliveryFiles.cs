namespace Aspire.Hosting.Kubernetes.Delivery;

/// <summary>Files that bring images and chart into a cluster by the tools of others. To copy from: registry and repository are examples.</summary>
internal static class DeliveryFiles
{
    public static IEnumerable<(string Path, string Text)> For(DeliveryPlan plan) =>
    [
        .. Kustomize.Files(plan),
        ("argocd/application.yaml", ArgoCd.Application(plan)),
        ("tekton/pipeline.yaml", Tekton.Pipeline(plan)),
        ("tekton/pipelinerun.yaml", Tekton.PipelineRun(plan)),
        ("jenkins/Jenkinsfile", Jenkins.Pipeline(plan)),
        ("github/deliver.yaml", GitHubActions.Workflow(plan)),
    ];

    /// <summary>One line an image.</summary>
    public static string EachImage(DeliveryPlan plan, Func<DeliveredImage, string> line) => string.Join('\n', plan.Images.Select(line));
}
