using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CloudNativeAi.Inference.Models;

/// <summary>Ready once it is known what to serve. A single model that cannot be served is that model's matter.</summary>
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
            return Task.FromResult(HealthCheckResult.Unhealthy("The model registry was not reached yet, and nothing is cached."));
        }

        var failing = served.All.SelectMany(model => model.Pending.Where(pending => pending.Value.Reason.Length > 0).Select(pending => $"{model.Name}/{pending.Key}: {pending.Value.Reason}"));
        var description = string.Join("; ", failing);
        return Task.FromResult(description.Length == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(description));
    }
}
