using Aspire.Hosting.ApplicationModel;
using CloudNativeAi.Contracts.Hosting;
using Grpc.Core;

namespace Aspire.Hosting.Dashboard;

internal sealed class DashboardGrpcService(
    ResourceNotificationService notifications, ResourceLoggerService loggers, ResourceCommandService commands, ApplicationName applicationName)
    : DashboardService.DashboardServiceBase
{
    public override Task<ApplicationInformationResponse> GetApplicationInformation(ApplicationInformationRequest request, ServerCallContext context) =>
        Task.FromResult(new ApplicationInformationResponse { ApplicationName = applicationName.Value });

    public override async Task WatchResources(WatchResourcesRequest request, IServerStreamWriter<WatchResourcesUpdate> responseStream, ServerCallContext context)
    {
        var initial = new InitialResourceData();
        initial.Resources.AddRange(notifications.Current().Select(ResourceMessages.Create));
        await responseStream.WriteAsync(new WatchResourcesUpdate { InitialData = initial }, context.CancellationToken);

        await foreach (var change in notifications.WatchAsync(context.CancellationToken))
        {
            var update = new WatchResourcesUpdate { Changes = new WatchResourcesChanges() };
            update.Changes.Value.Add(new WatchResourcesChange { Upsert = ResourceMessages.Create(change) });
            await responseStream.WriteAsync(update, context.CancellationToken);
        }
    }

    public override async Task WatchResourceConsoleLogs(
        WatchResourceConsoleLogsRequest request, IServerStreamWriter<WatchResourceConsoleLogsUpdate> responseStream, ServerCallContext context)
    {
        if (!notifications.TryGetCurrentState(request.ResourceName, out _))
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"There is no resource '{request.ResourceName}'."));
        }

        if (request.SuppressFollow)
        {
            await responseStream.WriteAsync(Lines(loggers.Kept(request.ResourceName)), context.CancellationToken);
            return;
        }

        await foreach (var batch in loggers.WatchAsync(request.ResourceName, context.CancellationToken))
        {
            await responseStream.WriteAsync(Lines(batch), context.CancellationToken);
        }
    }

    public override async Task<ResourceCommandResponse> ExecuteResourceCommand(ResourceCommandRequest request, ServerCallContext context)
    {
        var result = await commands.ExecuteCommandAsync(request.ResourceName, request.CommandName, context.CancellationToken);
        var response = new ResourceCommandResponse
        {
            Kind = result.Success ? ResourceCommandResponseKind.Succeeded : result.Canceled ? ResourceCommandResponseKind.Cancelled : ResourceCommandResponseKind.Failed,
        };
        if (result.ErrorMessage is { } message)
        {
            response.ErrorMessage = message;
        }

        return response;
    }

    private static WatchResourceConsoleLogsUpdate Lines(IReadOnlyList<LogLine> lines)
    {
        var update = new WatchResourceConsoleLogsUpdate();
        update.LogLines.AddRange(lines.Select(line => new ConsoleLogLine { Text = line.Content, IsStdErr = line.IsErrorMessage, LineNumber = line.LineNumber }));
        return update;
    }
}
