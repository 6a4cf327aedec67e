using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Processes;
using Aspire.Hosting.Projects;
using Aspire.Hosting.Publishing;
using Aspire.Hosting.Publishing.Manifest;
using Aspire.Hosting.Terminal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Running;

internal static class HostingRegistration
{
    // Long enough for every service to drain and for the stores to write what they hold.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(60);

    public static void AddHosting(this IServiceCollection services, DistributedApplicationExecutionContext execution, DistributedApplicationOptions options, bool isTest)
    {
        services.AddSingleton<ResourceNotificationService>();
        services.AddSingleton<ResourceLoggerService>();
        services.AddSingleton<ResourceCommandService>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);

        if (execution.IsPublishMode)
        {
            services.AddSingleton<IApplicationPublisher, ManifestPublisher>();
            services.AddHostedService<PublishingService>();
            return;
        }

        services.AddSingleton<ProcessSupervisor>();
        services.AddSingleton<EndpointAllocation>();
        services.AddSingleton<ProjectTargets>();
        services.AddSingleton<InstanceServices>();
        services.AddSingleton<ApplicationRunner>();
        services.AddSingleton<ResourceServiceHost>();
        if (!isTest)
        {
            services.AddHostedService<TerminalOutput>();
        }

        services.AddHostedService(provider => provider.GetRequiredService<ApplicationRunner>());
    }
}
