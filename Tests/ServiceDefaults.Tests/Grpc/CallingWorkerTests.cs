using CloudNativeAi.ServiceDefaults.Grpc;
using Grpc.Core;

namespace CloudNativeAi.ServiceDefaults.Tests.Grpc;

public sealed class CallingWorkerTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_that_is_cancelled_by_the_stop_is_no_failure()
    {
        using var worker = new Worker(StatusCode.Cancelled);
        await worker.StartAsync(CancellationToken);
        await worker.Calling;

        await worker.StopAsync(CancellationToken);

        Assert.True(worker.ExecuteTask!.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Another_fault_is_one_even_then()
    {
        using var worker = new Worker(StatusCode.Internal);
        await worker.StartAsync(CancellationToken);
        await worker.Calling;

        await worker.StopAsync(CancellationToken);

        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => worker.ExecuteTask!)).StatusCode);
    }

    [Fact]
    public async Task Call_that_somebody_else_cancelled_is_a_failure()
    {
        using var worker = new Worker(StatusCode.Cancelled, atOnce: true);
        await worker.StartAsync(CancellationToken);

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => worker.ExecuteTask!)).StatusCode);
    }

    private sealed class Worker(StatusCode status, bool atOnce = false) : CallingWorker
    {
        private readonly TaskCompletionSource _calling = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Calling => _calling.Task;

        protected override async Task RunAsync(CancellationToken stoppingToken)
        {
            _calling.SetResult();
            if (!atOnce)
            {
                await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            throw new RpcException(new Status(status, "as a call ends"));
        }
    }
}
