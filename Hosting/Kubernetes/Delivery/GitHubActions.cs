namespace Aspire.Hosting.Kubernetes.Delivery;

/// <summary>A workflow that tests, builds, scans, signs and publishes images and chart for every version tag.</summary>
internal static class GitHubActions
{
    private const string Version = "${{ github.ref_name }}";
    private const string Registry = "${{ env.REGISTRY }}";
    private const string Repository = "${{ github.repository }}";
    private const string Service = "${{ matrix.service }}";
    private const string Image = $"{Registry}/{Repository}/{Service}:{Version}";

    public static string Workflow(DeliveryPlan plan) => $$$"""
        name: deliver
        on:
          push:
            tags: ["[0-9]+.[0-9]+.[0-9]+"]
        permissions:
          contents: read
        env:
          REGISTRY: ghcr.io
          DOTNET_NOLOGO: "1"
          DOTNET_CLI_TELEMETRY_OPTOUT: "1"
        jobs:
          test:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
              - uses: actions/setup-dotnet@v4
                with:
                  global-json-file: global.json
              - run: {{{plan.TestCommand}}}
          image:
            needs: test
            runs-on: ubuntu-latest
            permissions:
              contents: read
              packages: write
              id-token: write
            strategy:
              matrix:
                include:
        {{{DeliveryFiles.EachImage(plan, image => $"          - service: {image.Name}\n            project: {image.Project}")}}}
            steps:
              - uses: actions/checkout@v4
              - uses: actions/setup-dotnet@v4
                with:
                  global-json-file: global.json
              - uses: docker/login-action@v3
                with:
                  registry: {{{Registry}}}
                  username: ${{ github.actor }}
                  password: ${{ github.token }}
              - run: {{{BuildSteps.PublishImage(Registry, Repository, Service, "${{ matrix.project }}", Version)}}}
              - uses: aquasecurity/setup-trivy@v0.2.4
              - run: {{{BuildSteps.ScanImage(Image)}}}
              - run: {{{BuildSteps.Sbom(Image, $"{Service}.cdx.json")}}}
              - uses: sigstore/cosign-installer@v3
              - run: {{{BuildSteps.Sign(Image)}}}
              - run: cosign attest --yes --type cyclonedx --predicate {{{Service}}}.cdx.json {{{Image}}}
          chart:
            needs: image
            runs-on: ubuntu-latest
            permissions:
              contents: read
              packages: write
              id-token: write
            steps:
              - uses: actions/checkout@v4
              - uses: actions/setup-dotnet@v4
                with:
                  global-json-file: global.json
              - uses: azure/setup-helm@v4
              - uses: docker/login-action@v3
                with:
                  registry: {{{Registry}}}
                  username: ${{ github.actor }}
                  password: ${{ github.token }}
              - run: {{{BuildSteps.PublishChart(plan, "dist/helm")}}}
              - uses: aquasecurity/setup-trivy@v0.2.4
              - run: {{{BuildSteps.ScanChart("dist/helm")}}}
              - run: {{{BuildSteps.PackageChart("dist/helm", Version)}}}
              - run: {{{BuildSteps.PushChart(plan, Version, Registry, Repository)}}}
              - uses: sigstore/cosign-installer@v3
              - run: {{{BuildSteps.Sign($"{Registry}/{Repository}/charts/{plan.ChartName}:{Version}")}}}

        """;
}
