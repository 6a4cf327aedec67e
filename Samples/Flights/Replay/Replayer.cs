using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Flights.Data;

namespace CloudNativeAi.Flights.Replay;

/// <summary>
/// Plays the outside world in steps of simulated time: sends the events that became known, waits until the feature store has them,
/// asks for the predictions that fall due (each as of its own instant), sends the labels that became known.
/// A step that is repeated after a crash adds nothing: events, predictions and labels carry their own ids.
/// </summary>
internal sealed class Replayer(FlightServices services, EventSender sender, Retry retry)
{
    private const int ConcurrentPredictions = 8;

    /// <summary>Simulated time of one step.</summary>
    public const long Step = 15 * Instant.Minute;

    /// <summary>Called with each answered prediction; several at a time.</summary>
    public Action<Flight, PredictRequest, PredictResponse>? Predicted { get; init; }

    public bool ReturnFeatures { get; init; }

    /// <summary>Where the replay began: flights whose prediction fell due before it were never predicted and get no label.</summary>
    public required long Begin { get; init; }

    public static string PredictionId(Flight flight) => $"flight-{flight.Id}";

    /// <summary>Plays (after, until] and returns what was sent in it.</summary>
    public async Task<ReplayState> PlayStepAsync(Timeline timeline, long after, long until, CancellationToken cancellationToken)
    {
        var events = timeline.Events(after, until).ToList();
        if (events.Count > 0)
        {
            await sender.SendAsync(events, progress: null, cancellationToken);
            await sender.WaitUntilMaterializedAsync(cancellationToken);
        }

        var predictions = timeline.Predictions(after, until).ToList();
        await Parallel.ForEachAsync(
            predictions,
            new ParallelOptions { MaxDegreeOfParallelism = ConcurrentPredictions, CancellationToken = cancellationToken },
            async (moment, token) => await PredictAsync(moment, token));

        var labels = timeline.Labels(after, until).Where(moment => moment.Flight.ScheduledDeparture - Timeline.PredictionLead > Begin).ToList();
        await SendLabelsAsync(labels, cancellationToken);

        return new ReplayState(until, events.Count, predictions.Count, labels.Count);
    }

    private async Task PredictAsync(FlightMoment moment, CancellationToken cancellationToken)
    {
        var request = RequestFor(moment);
        var response = await retry.RunAsync(
            $"predicting {moment.Flight.Id}",
            token => services.Predictions.PredictAsync(request, cancellationToken: token).ResponseAsync,
            cancellationToken);
        Predicted?.Invoke(moment.Flight, request, response);
    }

    private PredictRequest RequestFor(FlightMoment moment)
    {
        var flight = moment.Flight;
        return new PredictRequest
        {
            ModelName = FlightDefinitions.ModelName,
            PredictionId = PredictionId(flight),
            AsOfMicros = moment.At,
            ReturnFeatures = ReturnFeatures,
            EntityKeys =
            {
                ["origin"] = new Value { StringValue = flight.Origin },
                ["dest"] = new Value { StringValue = flight.Destination },
                ["carrier"] = Text(flight.Carrier),
                ["flight_number"] = Text(flight.FlightNumber),
                ["tailnum"] = Text(flight.TailNumber),
            },
            RequestFields =
            {
                ["sched_dep_utc"] = new Value { TimestampMicros = flight.ScheduledDeparture },
                ["distance"] = new Value { DoubleValue = flight.Distance },
            },
        };
    }

    private async Task SendLabelsAsync(List<FlightMoment> labels, CancellationToken cancellationToken)
    {
        foreach (var batch in labels.Chunk(5_000))
        {
            var request = new LogLabelsRequest
            {
                Labels =
                {
                    batch.Select(moment => new LabelRecord
                    {
                        PredictionId = PredictionId(moment.Flight),
                        Value = moment.Flight.IsLate is true ? 1 : 0,
                        LabelTimestampMicros = moment.At,
                    }),
                },
            };
            await retry.RunAsync(
                $"sending {batch.Length} labels",
                token => services.Labels.LogLabelsAsync(request, cancellationToken: token).ResponseAsync,
                cancellationToken);
        }
    }

    private static Value Text(string? text) => text is null ? new Value() : new Value { StringValue = text };
}
