using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.DataDirectories;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Processes;
using Aspire.Hosting.Projects;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Running;

/// <summary>What every instance of a resource works with.</summary>
internal sealed record InstanceServices(
    ResourceNotificationService Notifications,
    ResourceLoggerService Loggers,
    IDistributedApplicationEventing Eventing,
    ProcessSupervisor Processes,
    ProjectTargets Projects,
    DataDirectory Data,
    HealthCheckService HealthChecks,
    DistributedApplicationExecutionContext Execution,
    IConfiguration Configuration,
    TimeProvider Time,
    IServiceProvider Provider);
