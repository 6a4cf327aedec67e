namespace Aspire.Hosting.Kubernetes.Delivery;

/// <summary>An Application that keeps the cluster as the repository says.</summary>
internal static class ArgoCd
{
    public static string Application(DeliveryPlan plan) => $"""
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata:
          name: {plan.ChartName}
          namespace: argocd
          finalizers:
            - resources-finalizer.argocd.argoproj.io
        spec:
          project: default
          source:
            repoURL: {DeliveryPlan.Repository}
            targetRevision: main
            path: {plan.ChartPath}
            helm:
              valuesObject:
                parameters:
                  image_registry: {DeliveryPlan.Registry}/{plan.ChartName}
                # Passwords that the chart makes up would be new at every synchronization.
                existingSecrets:
        {string.Join('\n', plan.SecretOwners.Select(owner => $"          {owner}: {owner.Replace('_', '-')}-connections"))}
                stores:
        {string.Join('\n', plan.Stores.Select(store => $"          {store}:\n            enabled: false"))}
          destination:
            server: https://kubernetes.default.svc
            namespace: {plan.ChartName}
          syncPolicy:
            automated:
              prune: true
              selfHeal: true
            syncOptions:
              - CreateNamespace=true
              - ServerSideApply=true
            retry:
              limit: 5
              backoff:
                duration: 10s
                factor: 2
                maxDuration: 5m

        """;
}
