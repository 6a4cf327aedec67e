using System.Diagnostics;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;

namespace CloudNativeAi.Inference.Tests.Predictions;

/// <summary>The service as a process of its own, ended as kill -9 ends it.</summary>
public sealed class KilledProcessFunctionalTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_answered_prediction_reaches_monitoring_although_the_process_was_killed()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Registry.Add(TestModels.Name, TestModels.Signed());
        platform.Registry.SetAlias(TestModels.Name, "champion", 1);
        platform.Monitoring.IsDown = true;
        var directory = Directory.CreateTempSubdirectory("cnai-inference-").FullName;
        try
        {
            var answered = new List<PredictResponse>();
            using (var process = await ServiceProcess.StartAsync(platform, directory))
            {
                var requests = Enumerable.Range(0, 4).Select(async worker =>
                {
                    try
                    {
                        for (var i = 0; ; i++)
                        {
                            var answer = await process.Client.PredictAsync(TestModels.Request($"u{i}", id: $"p-{worker}-{i}"), cancellationToken: Cancelled);
                            lock (answered)
                            {
                                answered.Add(answer);
                            }
                        }
                    }
                    catch (RpcException)
                    {
                        // Killed.
                    }
                }).ToList();
                while (answered.Count < 100)
                {
                    await Task.Delay(5, Cancelled);
                }

                process.Kill();
                await Task.WhenAll(requests);
            }

            // The registry is down as well: what was served goes on.
            platform.Registry.GoDown();
            using (var restarted = await ServiceProcess.StartAsync(platform, directory))
            {
                platform.Features.Read = (_, _) => (42, Contracts.FeatureStore.FeatureStatus.Present, 1);
                var again = await restarted.Client.PredictAsync(TestModels.Request("u0", id: "p-0-0"), cancellationToken: Cancelled);
                Assert.Equal(answered.Single(answer => answer.PredictionId == "p-0-0").Score, again.Score);

                platform.Monitoring.IsDown = false;
                // What was logged but not answered before the end comes as well, so a number says nothing.
                await platform.Monitoring.WaitForAsync(logged => answered.All(answer => logged.ContainsKey(answer.PredictionId)));
            }

            Assert.All(answered, answer => Assert.Equal(answer.Score, platform.Monitoring.Logged[answer.PredictionId].Score));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private sealed class ServiceProcess : IDisposable
    {
        private const string Listening = "Now listening on: ";

        private readonly Process _process;
        private readonly GrpcChannel _channel;

        private ServiceProcess(Process process, GrpcChannel channel)
        {
            _process = process;
            _channel = channel;
            Client = new Prediction.PredictionClient(channel);
        }

        public Prediction.PredictionClient Client { get; }

        public static async Task<ServiceProcess> StartAsync(FakePlatform platform, string directory)
        {
            var start = new ProcessStartInfo("dotnet", [typeof(InferenceException).Assembly.Location]) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["Kestrel__Endpoints__grpc__Url"] = "http://127.0.0.1:0";
            start.Environment["Kestrel__Endpoints__grpc__Protocols"] = "Http2";
            start.Environment["Kestrel__Endpoints__http__Url"] = "http://127.0.0.1:0";
            start.Environment["Data__Directory"] = directory;
            start.Environment["PredictionLog__MaxRetryDelay"] = "00:00:00.100";
            foreach (var service in (string[])["model-registry", "feature-store", "monitoring"])
            {
                start.Environment[$"services__{service}__grpc__0"] = platform.Address;
            }

            var process = Process.Start(start)!;
            // It chooses its ports itself: one chosen here could be another's by then. The first it says is that of gRPC.
            var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            process.OutputDataReceived += (_, output) =>
            {
                if (output.Data is null)
                {
                    address.TrySetException(new InvalidOperationException("The service ended before it listened."));
                }
                else if (output.Data.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var found)
                {
                    address.TrySetResult(output.Data[(found + Listening.Length)..]);
                }
            };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            var started = new ServiceProcess(process, GrpcChannel.ForAddress(await address.Task.WaitAsync(Cancelled)));
            await started.WaitUntilServingAsync();
            return started;
        }

        public void Kill() => _process.Kill();

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            _process.WaitForExit();
            _process.Dispose();
            _channel.Dispose();
        }

        private async Task WaitUntilServingAsync()
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            timeout.CancelAfter(InferenceHost.Patience);
            while (true)
            {
                try
                {
                    var status = await Client.GetServingStatusAsync(new GetServingStatusRequest(), cancellationToken: timeout.Token);
                    if (status.Models.Any(model => model.State == "READY"))
                    {
                        return;
                    }
                }
                catch (RpcException) when (!timeout.IsCancellationRequested && !_process.HasExited)
                {
                    // Not listening yet.
                }

                await Task.Delay(50, timeout.Token);
            }
        }
    }
}
