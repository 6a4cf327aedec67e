using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Publishing;

/// <summary>Publish mode: finds who handles the asked step, lets it write, and ends the application.</summary>
internal sealed class PublishingService(
    IConfiguration configuration,
    IEnumerable<IApplicationPublisher> publishers,
    DistributedApplicationModel model,
    IDistributedApplicationEventing eventing,
    IServiceProvider services,
    IHostApplicationLifetime lifetime) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await eventing.PublishAsync(new BeforeStartEvent(services, model), cancellationToken);

        var step = configuration["Pipeline:Step"]
            ?? (string.Equals(configuration["Publishing:Publisher"], "manifest", StringComparison.OrdinalIgnoreCase) ? "publish-manifest" : "publish");
        var publisher = publishers.FirstOrDefault(candidate => candidate.Handles(step))
            ?? throw new DistributedApplicationException(
                $"The built-in host cannot publish the step '{step}'. Build the AppHost against the Aspire packages for it: dotnet run --project AppHost -p:AspireHosting=nuget -- --operation publish --step {step}.");

        await publisher.PublishAsync(model, new PublishRequest(step, configuration["Pipeline:OutputPath"]), cancellationToken);
        lifetime.StopApplication();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
