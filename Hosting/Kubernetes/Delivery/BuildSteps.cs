namespace Aspire.Hosting.Kubernetes.Delivery;

/// <summary>The commands that every pipeline runs, with its own way of naming variables.</summary>
internal static class BuildSteps
{
    public static string PublishImage(string registry, string repository, string name, string project, string version) =>
        $"dotnet publish {project} --configuration Release -t:PublishContainer -p:ContainerRegistry={registry} -p:ContainerRepository={repository}/{name} -p:ContainerImageTag={version}";

    public static string ScanImage(string image) => $"trivy image --exit-code 1 --ignore-unfixed --severity HIGH,CRITICAL {image}";

    public static string Sbom(string image, string file) => $"trivy image --format cyclonedx --output {file} {image}";

    public static string Sign(string image) => $"cosign sign --yes {image}";

    public static string PublishChart(DeliveryPlan plan, string output) =>
        $"dotnet run --project {plan.AppHostPath} --configuration Release -- --operation publish --step publish --output-path {output}";

    public static string ScanChart(string directory) => $"trivy config --exit-code 1 --severity HIGH,CRITICAL {directory}";

    public static string PackageChart(string directory, string version) => $"helm package {directory} --version {version} --app-version {version} --destination dist";

    public static string PushChart(DeliveryPlan plan, string version, string registry, string repository) =>
        $"helm push dist/{plan.ChartName}-{version}.tgz oci://{registry}/{repository}/charts";
}
