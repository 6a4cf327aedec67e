using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CloudNativeAi.Hosting.Tests.Support;

/// <summary>A health check that says what the test wants.</summary>
internal sealed class ManualHealth(bool isHealthy) : IHealthCheck
{
    private int _checks;

    public bool IsHealthy { get; set; } = isHealthy;

    public int Checks => _checks;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _checks);
        return Task.FromResult(IsHealthy ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("told to be"));
    }
}

internal static class ManualHealthExtensions
{
    public static IResourceBuilder<T> WithHealth<T>(this IResourceBuilder<T> builder, ManualHealth health)
        where T : IResource
    {
        var key = $"{builder.Resource.Name}-manual";
        builder.ApplicationBuilder.Services.AddHealthChecks().AddCheck(key, health);
        return builder.WithHealthCheck(key);
    }
}
