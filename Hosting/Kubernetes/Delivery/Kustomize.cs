namespace Aspire.Hosting.Kubernetes.Delivery;

/// <summary>The chart for those who use Kustomize: rendered once into a base, changed by overlays.</summary>
internal static class Kustomize
{
    private const string Render = """
        #!/bin/sh
        # Renders the chart into the base: without stores and without a password, so that it can be checked in.
        set -eu
        cd "$(dirname "$0")"
        "${HELM:-helm}" template CHART ../.. --no-hooks --values base/values.yaml > base/chart.yaml

        """;

    public static IEnumerable<(string Path, string Text)> Files(DeliveryPlan plan)
    {
        yield return ("kustomize/render.sh", Render.Replace("CHART", plan.ChartName, StringComparison.Ordinal));
        yield return ("kustomize/base/values.yaml", $"""
            stores:
            {string.Join('\n', plan.Stores.Select(store => $"  {store}:\n    enabled: false"))}
            existingSecrets:
            {string.Join('\n', plan.SecretOwners.Select(owner => $"  {owner}: {owner.Replace('_', '-')}-connections"))}

            """);
        yield return ("kustomize/base/kustomization.yaml", """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources:
              - chart.yaml

            """);
        yield return ("kustomize/overlays/staging/kustomization.yaml", Overlay(plan, "staging", """
            patches:
              # One pod each.
              - target:
                  kind: HorizontalPodAutoscaler
                patch: |-
                  - op: replace
                    path: /spec/minReplicas
                    value: 1
            """));
        yield return ("kustomize/overlays/production/kustomization.yaml", Overlay(plan, "production", """
            patches:
              # Never two pods on one node.
              - target:
                  kind: Deployment
                patch: |-
                  - op: replace
                    path: /spec/template/spec/topologySpreadConstraints/0/whenUnsatisfiable
                    value: DoNotSchedule
            """));
    }

    private static string Overlay(DeliveryPlan plan, string name, string patches) => $"""
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        namespace: {plan.ChartName}-{name}
        resources:
          - ../../base
        images:
        {DeliveryFiles.EachImage(plan, image => $"  - name: {image.Name}\n    newName: {DeliveryPlan.Registry}/{plan.ChartName}/{image.Name}\n    newTag: {plan.Version}")}
        {patches}

        """;
}
