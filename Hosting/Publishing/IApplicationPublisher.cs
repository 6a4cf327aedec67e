using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>Writes the application model as something another tool deploys. Steps are Aspire's: <c>publish-manifest</c>, <c>publish</c>, <c>publish-{environment}</c>.</summary>
internal interface IApplicationPublisher
{
    bool Handles(string step);

    Task PublishAsync(DistributedApplicationModel model, PublishRequest request, CancellationToken cancellationToken);
}

/// <param name="Step">What to do, such as <c>publish-manifest</c>.</param>
/// <param name="OutputPath">File or directory that the caller asked for; null for the step's default.</param>
internal sealed record PublishRequest(string Step, string? OutputPath);
