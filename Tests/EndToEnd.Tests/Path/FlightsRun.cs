using System.Collections.Concurrent;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Flights.Data;
using CloudNativeAi.Flights.Replay;
using CloudNativeAi.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudNativeAi.EndToEnd.Tests.Path;

/// <summary>The tests that look at one run of the whole path.</summary>
[CollectionDefinition(Name)]
public sealed class PathCollection : ICollectionFixture<FlightsRun>
{
    public const string Name = "Path";
}

/// <summary>A prediction that was asked for during the replay, with what the model saw.</summary>
internal sealed record AskedPrediction(Flight Flight, PredictRequest Request, PredictResponse Response);

/// <summary>
/// One run of the whole path that the tests look at: history, a batch sent twice, two trainings, a replayed slice during which each
/// service is killed once, the rest of the data, an evaluation on it.
/// </summary>
public sealed class FlightsRun : IAsyncLifetime
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(20);

    private readonly ConcurrentBag<AskedPrediction> _asked = [];

    internal FlightsApplication Application { get; private set; } = null!;

    internal FlightData Data { get; private set; } = null!;

    internal bool HasRealData { get; private set; }

    internal IReadOnlyCollection<AskedPrediction> Asked => _asked;

    internal IReadOnlyDictionary<string, int> EventsSent { get; private set; } = null!;

    internal long LabelsSent { get; private set; }

    internal IngestEventsResponse SentAgain { get; private set; } = null!;

    internal Job FirstTraining { get; private set; } = null!;

    internal Job SecondTraining { get; private set; } = null!;

    internal Job Evaluation { get; private set; } = null!;

    internal long ReplayBegin => Data.HistoryUntil;

    // More than a thousand flights in either case.
    internal long ReplayEnd => Data.HistoryUntil + ((HasRealData ? 3 : 8) * Instant.Day);

    public async ValueTask InitializeAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Longest);
        var cancellationToken = timeout.Token;

        HasRealData = Repository.HasSharedData("flights-pnw");
        Data = HasRealData ? CsvFlights.Read(Repository.SharedData("flights-pnw")) : GeneratedFlights.Generate(seed: 42);
        var timeline = new Timeline(Data);
        Application = await FlightsApplication.StartAsync(cancellationToken);

        var services = Application.Flights;
        var retry = new Retry(TimeProvider.System, NullLogger<Retry>.Instance);
        var sender = new EventSender(services, retry);
        var training = new ModelTraining(services, retry, TimeProvider.System, NullLogger<ModelTraining>.Instance);

        await new FlightDefinitions(services, retry).ApplyAsync(cancellationToken);
        await new HistoryLoader(services, sender, retry, NullLogger<HistoryLoader>.Instance).LoadAsync(timeline, Data.HistoryUntil, cancellationToken);
        SentAgain = await SendAgainAsync(timeline, cancellationToken);

        var from = Data.Flights[0].ScheduledDeparture - Timeline.PredictionLead;
        FirstTraining = await training.TrainAsync(from, Data.HistoryUntil, cancellationToken);
        await training.WaitUntilServedAsync(cancellationToken);
        SecondTraining = await training.TrainAsync(from, Data.HistoryUntil, cancellationToken, attempt: 2);

        LabelsSent = await ReplayAsync(timeline, sender, retry, cancellationToken);

        await sender.SendAsync(timeline.Events(ReplayEnd, timeline.End), progress: null, cancellationToken);
        await sender.WaitUntilMaterializedAsync(cancellationToken);
        EventsSent = timeline.Events(-1, timeline.End).CountBy(known => known.Source).ToDictionary();
        Evaluation = await training.RunJobAsync(
            new SubmitJobRequest
            {
                Evaluate = new EvaluateSpec
                {
                    ModelName = FlightDefinitions.ModelName,
                    Version = FirstTraining.ModelVersion,
                    FromMicros = Data.HistoryUntil,
                    ToMicros = timeline.End,
                },
                IdempotencyKey = "evaluate-on-the-rest",
                RequestedBy = "EndToEnd.Tests",
                Reason = "Quality on rows after the training range",
            },
            cancellationToken);
    }

    // Each service dies once, in turn, while a step is being played.
    private async Task<long> ReplayAsync(Timeline timeline, EventSender sender, Retry retry, CancellationToken cancellationToken)
    {
        var replayer = new Replayer(Application.Flights, sender, retry)
        {
            Begin = ReplayBegin,
            ReturnFeatures = true,
            Predicted = (flight, request, response) => _asked.Add(new AskedPrediction(flight, request, response)),
        };
        var steps = (ReplayEnd - ReplayBegin) / Replayer.Step;
        var killEvery = steps / (FlightsApplication.Services.Length + 1);
        long labels = 0;

        for (long step = 0; step < steps; step++)
        {
            var after = ReplayBegin + (step * Replayer.Step);
            var play = replayer.PlayStepAsync(timeline, after, after + Replayer.Step, cancellationToken);
            if (step > 0 && step % killEvery == 0 && (step / killEvery) - 1 < FlightsApplication.Services.Length)
            {
                var victim = FlightsApplication.Services[(step / killEvery) - 1];
                await Application.KillAsync(victim, cancellationToken);
                labels += (await play).Labels;
                await Application.WaitUntilHealthyAsync(victim, cancellationToken);
            }
            else
            {
                labels += (await play).Labels;
            }
        }

        return labels;
    }

    private async Task<IngestEventsResponse> SendAgainAsync(Timeline timeline, CancellationToken cancellationToken)
    {
        var request = new IngestEventsRequest { Source = FlightEvents.Arrivals };
        request.Events.AddRange(timeline.Events(-1, Data.HistoryUntil)
            .Where(known => known.Source == FlightEvents.Arrivals)
            .Take(5_000)
            .Select(known => known.Event));

        return await Application.Flights.Events.IngestEventsAsync(request, cancellationToken: cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Application is not null)
        {
            await Application.DisposeAsync();
        }
    }
}
