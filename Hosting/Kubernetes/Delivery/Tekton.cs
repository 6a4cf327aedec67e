namespace Aspire.Hosting.Kubernetes.Delivery;

/// <summary>A pipeline and a run of it, for tekton.dev/v1.</summary>
internal static class Tekton
{
    private const string Registry = "$(params.registry)";
    private const string Repository = "$(params.repository)";
    private const string Version = "$(params.version)";
    private const string Service = "$(params.service)";
    private const string Image = $"{Registry}/{Repository}/{Service}:{Version}";

    public static string Pipeline(DeliveryPlan plan) => $"""
        apiVersion: tekton.dev/v1
        kind: Pipeline
        metadata:
          name: {plan.ChartName}-deliver
        spec:
          description: Tests, builds, scans, signs and publishes images and chart.
          params:
            - name: url
              type: string
              default: {DeliveryPlan.Repository}
            - name: revision
              type: string
              default: main
            - name: version
              type: string
              default: {plan.Version}
            - name: registry
              type: string
              default: {DeliveryPlan.Registry}
            - name: repository
              type: string
              default: {plan.ChartName}
          workspaces:
            - name: source
          tasks:
            - name: fetch
              workspaces:
                - name: source
              params:
                - name: url
                  value: $(params.url)
                - name: revision
                  value: $(params.revision)
              taskSpec:
                params:
                  - name: url
                    type: string
                  - name: revision
                    type: string
                workspaces:
                  - name: source
                steps:
                  - name: clone
                    image: docker.io/alpine/git:2.49.1
                    script: |
                      git clone --depth 1 --branch $(params.revision) $(params.url) $(workspaces.source.path)
            - name: test
              runAfter: [fetch]
              workspaces:
                - name: source
              taskSpec:
                workspaces:
                  - name: source
                steps:
        {Step("test", Sdk, plan.TestCommand)}
            - name: image
              runAfter: [test]
              workspaces:
                - name: source
              matrix:
                include:
        {DeliveryFiles.EachImage(plan, image => $"          - name: {image.Name}\n            params:\n              - name: service\n                value: {image.Name}\n              - name: project\n                value: {image.Project}")}
              params:
        {Passed}
              taskSpec:
                params:
                  - name: service
                    type: string
                  - name: project
                    type: string
        {Declared}
                workspaces:
                  - name: source
                steps:
        {Step("publish", Sdk, BuildSteps.PublishImage(Registry, Repository, Service, "$(params.project)", Version))}
        {Step("scan", Trivy, BuildSteps.ScanImage(Image))}
        {Step("sbom", Trivy, BuildSteps.Sbom(Image, $"{Service}.cdx.json"))}
        {Step("sign", Cosign, BuildSteps.Sign(Image))}
            - name: chart
              runAfter: [image]
              workspaces:
                - name: source
              params:
        {Passed}
              taskSpec:
                params:
        {Declared}
                workspaces:
                  - name: source
                steps:
        {Step("publish", Sdk, BuildSteps.PublishChart(plan, "dist/helm"))}
        {Step("scan", Trivy, BuildSteps.ScanChart("dist/helm"))}
        {Step("package", Helm, $"{BuildSteps.PackageChart("dist/helm", Version)}\n              {BuildSteps.PushChart(plan, Version, Registry, Repository)}")}
        {Step("sign", Cosign, BuildSteps.Sign($"{Registry}/{Repository}/charts/{plan.ChartName}:{Version}"))}

        """;

    public static string PipelineRun(DeliveryPlan plan) => $"""
        apiVersion: tekton.dev/v1
        kind: PipelineRun
        metadata:
          generateName: {plan.ChartName}-deliver-
        spec:
          pipelineRef:
            name: {plan.ChartName}-deliver
          params:
            - name: version
              value: {plan.Version}
          taskRunTemplate:
            serviceAccountName: {plan.ChartName}-deliver
            podTemplate:
              securityContext:
                runAsNonRoot: true
                runAsUser: 65532
                fsGroup: 65532
                seccompProfile:
                  type: RuntimeDefault
          timeouts:
            pipeline: 2h0m0s
          workspaces:
            - name: source
              volumeClaimTemplate:
                spec:
                  accessModes: [ReadWriteOnce]
                  resources:
                    requests:
                      storage: 20Gi

        """;

    private const string Sdk = "mcr.microsoft.com/dotnet/sdk:10.0";
    private const string Trivy = "docker.io/aquasec/trivy:0.67.2";
    private const string Cosign = "gcr.io/projectsigstore/cosign:v2.6.1";
    private const string Helm = "docker.io/alpine/helm:3.19.0";

    private const string Passed = """
                - name: registry
                  value: $(params.registry)
                - name: repository
                  value: $(params.repository)
                - name: version
                  value: $(params.version)
        """;

    private const string Declared = """
                  - name: registry
                    type: string
                  - name: repository
                    type: string
                  - name: version
                    type: string
        """;

    private static string Step(string name, string image, string script) => $"""
                  - name: {name}
                    image: {image}
                    workingDir: $(workspaces.source.path)
                    env:
                      - name: HOME
                        value: $(workspaces.source.path)
                    script: |
                      {script}
        """;
}
