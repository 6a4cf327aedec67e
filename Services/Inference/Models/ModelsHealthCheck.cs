using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// Ready as soon as the last known models serve, with or without the registry. Without either it is unhealthy, as
/// <c>ServerReady</c> says too: a replica that knows no model must get no traffic, and gRPC health counts a degraded one as
/// serving. A model that cannot be served degrades the service: the others go on.
/// </summary>
internal sealed class ModelsHealthCheck(ServedModels served, ExecutionProvider provider) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (provider.UnmetRequirement is { } reason)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy(reason));
        }

        if (!served.IsInitialized)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy("The model registry was not reached yet, and no model is served from the cache yet."));
        }

        var failing = served.All.SelectMany(model => model.Pending.Where(pending => pending.Value.Reason.Length > 0).Select(pending => $"{model.Name}/{pending.Key}: {pending.Value.Reason}"));
        var description = string.Join("; ", failing);
        return Task.FromResult(description.Length == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(description));
    }
}
