using CloudNativeAi.Contracts.ModelRegistry;
using Grpc.Core;
using ExperimentsService = CloudNativeAi.Contracts.ModelRegistry.Experiments;

namespace CloudNativeAi.ModelRegistry.Experiments;

internal sealed class ExperimentsGrpcService(RunStore runs) : ExperimentsService.ExperimentsBase
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1_000;

    public override async Task<Run> CreateRun(CreateRunRequest request, ServerCallContext context)
    {
        ThrowIfWrong(RunLimits.Check(request));
        return await runs.CreateAsync(request, context.CancellationToken);
    }

    public override async Task<LogRunResponse> LogRun(LogRunRequest request, ServerCallContext context)
    {
        ThrowIfWrong(RunLimits.Check(request));
        var (found, conflict) = await runs.LogAsync(request, context.CancellationToken);
        if (!found)
        {
            throw NotFound(request.RunId);
        }

        return conflict is null
            ? new LogRunResponse()
            : throw new RpcException(new Status(
                StatusCode.InvalidArgument, $"Parameter '{conflict}' of run '{request.RunId}' already has another value; parameters are written once. Nothing was logged."));
    }

    public override async Task<Run> FinishRun(FinishRunRequest request, ServerCallContext context)
    {
        if (request.Status is not (RunStatus.Finished or RunStatus.Failed or RunStatus.Killed))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"A run ends as FINISHED, FAILED or KILLED, not {request.Status}."));
        }

        var run = await runs.FinishAsync(request.RunId, request.Status, context.CancellationToken) ?? throw NotFound(request.RunId);
        return run.Status == request.Status
            ? run
            : throw new RpcException(new Status(StatusCode.FailedPrecondition, $"Run '{request.RunId}' has already ended as {run.Status}."));
    }

    public override async Task<Run> GetRun(GetRunRequest request, ServerCallContext context) =>
        await runs.FindAsync(request.RunId, context.CancellationToken) ?? throw NotFound(request.RunId);

    public override async Task<ListRunsResponse> ListRuns(ListRunsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPageSize)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"The page size is {request.PageSize}; 1 to {MaxPageSize} are allowed, 0 means {DefaultPageSize}."));
        }

        var response = new ListRunsResponse();
        response.Runs.Add(await runs.ListAsync(request.Experiment, request.PageSize == 0 ? DefaultPageSize : request.PageSize, context.CancellationToken));
        return response;
    }

    private static void ThrowIfWrong(string? problem)
    {
        if (problem is not null)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, problem));
        }
    }

    private static RpcException NotFound(string runId) => new(new Status(StatusCode.NotFound, $"There is no run '{runId}'."));
}
