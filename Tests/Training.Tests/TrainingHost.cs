using CloudNativeAi.Contracts.Training;
using CloudNativeAi.TestSupport;
using CloudNativeAi.Training.Tests.Fakes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CloudNativeAi.Training.Tests;

/// <summary>The true host on a database that outlives it, with stand-ins for the services it calls.</summary>
internal sealed class TrainingHost : IAsyncDisposable
{
    private readonly WebApplicationFactory<Program> _factory;
    private readonly GrpcChannel _channel;
    private readonly string _dataDirectory = Directory.CreateTempSubdirectory("cnai-training-").FullName;

    private TrainingHost(string connectionString, FakeServices services, Action<IWebHostBuilder>? configure)
    {
        ConnectionString = connectionString;
        Services = services;
        _factory = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            builder.UseSetting("ConnectionStrings:training", connectionString);
            builder.UseSetting("Data:Directory", _dataDirectory);
            builder.UseSetting("Jobs:Heartbeat", "00:00:00.100");
            builder.UseSetting("Jobs:PollInterval", "00:00:00.100");
            builder.UseSetting("Jobs:RetryDelay", "00:00:00");
            builder.UseSetting("services:feature-store:grpc:0", services.Address);
            builder.UseSetting("services:model-registry:grpc:0", services.Address);
            configure?.Invoke(builder);
        });
        Http = _factory.CreateClient();
        _channel = GrpcChannel.ForAddress(Http.BaseAddress!, new GrpcChannelOptions { HttpHandler = _factory.Server.CreateHandler() });
        Jobs = new TrainingJobs.TrainingJobsClient(_channel);
    }

    public string ConnectionString { get; }

    public FakeServices Services { get; }

    public HttpClient Http { get; }

    public TrainingJobs.TrainingJobsClient Jobs { get; }

    public static async Task<TrainingHost> StartAsync(PostgresServer postgres, Action<IWebHostBuilder>? configure = null) =>
        new(await postgres.CreateDatabaseAsync(), await FakeServices.StartAsync(), configure);

    /// <summary>Another process, so to speak, on the same database and services.</summary>
    public TrainingHost StartAnother(Action<IWebHostBuilder>? configure = null) => new(ConnectionString, Services, configure);

    public static SubmitJobRequest Train(Action<TrainSpec>? change = null)
    {
        var spec = new TrainSpec
        {
            ModelName = "delay",
            FeatureService = "delays",
            Label = "late",
            FromMicros = 1_400_000_000_000_000,
            ToMicros = 1_400_000_000_000_000 + (3_000 * FakeFeatureStore.Minute),
            HyperParameters = { ["num_iterations"] = "40", ["num_leaves"] = "8", ["learning_rate"] = "0.2" },
            PromoteWhenBetter = true,
        };
        change?.Invoke(spec);
        return new SubmitJobRequest { Train = spec, RequestedBy = "tests", Reason = "to see it work" };
    }

    /// <summary>Submits a job and follows it to its end; the states it went through come along.</summary>
    public async Task<(Job Job, List<Job> Seen)> RunAsync(SubmitJobRequest request)
    {
        var submitted = await Jobs.SubmitJobAsync(request);
        return await FollowAsync(submitted.Id);
    }

    public async Task<(Job Job, List<Job> Seen)> FollowAsync(string id)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var call = Jobs.WatchJob(new GetJobRequest { Id = id }, cancellationToken: timeout.Token);
        var seen = new List<Job>();
        await foreach (var job in call.ResponseStream.ReadAllAsync(timeout.Token))
        {
            seen.Add(job);
        }

        return (seen[^1], seen);
    }

    /// <summary>Waits until the host decides to stop.</summary>
    public async Task WaitUntilStoppingAsync(CancellationToken cancellationToken)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = _factory.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        await stopping.Task.WaitAsync(TimeSpan.FromMinutes(2), cancellationToken);
    }

    /// <summary>Ends this host only.</summary>
    public async ValueTask StopAsync()
    {
        _channel.Dispose();
        await _factory.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Services.DisposeAsync();
        Directory.Delete(_dataDirectory, recursive: true);
    }
}
