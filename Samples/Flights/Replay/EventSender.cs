using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using Grpc.Core;

namespace CloudNativeAi.Flights.Replay;

/// <summary>Sends events in batches and knows up to which position of each source they reached.</summary>
internal sealed class EventSender(FlightServices services, Retry retry)
{
    private const int BatchSize = 5_000;

    private readonly Dictionary<string, long> _positions = [];

    /// <summary>Sends events, in their order, a batch per source and <see cref="BatchSize"/> rows. Sending them again adds nothing.</summary>
    public async Task SendAsync(IEnumerable<KnownEvent> events, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        var pending = new Dictionary<string, IngestEventsRequest>();
        foreach (var known in events)
        {
            if (!pending.TryGetValue(known.Source, out var batch))
            {
                pending[known.Source] = batch = new IngestEventsRequest { Source = known.Source };
            }

            batch.Events.Add(known.Event);
            if (batch.Events.Count == BatchSize)
            {
                await SendBatchAsync(batch, progress, cancellationToken);
                pending.Remove(known.Source);
            }
        }

        foreach (var batch in pending.Values)
        {
            await SendBatchAsync(batch, progress, cancellationToken);
        }
    }

    /// <summary>Returns when the feature store holds everything that was sent.</summary>
    public async Task WaitUntilMaterializedAsync(CancellationToken cancellationToken)
    {
        foreach (var (source, position) in _positions)
        {
            await retry.RunAsync(
                $"waiting for the features of {source}",
                token => services.Materialization.WaitForPositionAsync(
                    new WaitForPositionRequest { Source = source, Position = position }, cancellationToken: token).ResponseAsync,
                cancellationToken);
        }

        _positions.Clear();
    }

    private async Task SendBatchAsync(IngestEventsRequest batch, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        var response = await retry.RunAsync(
            $"sending {batch.Events.Count} {batch.Source}",
            token => services.Events.IngestEventsAsync(batch, cancellationToken: token).ResponseAsync,
            cancellationToken);

        if (response.InvalidTotal > 0)
        {
            var first = response.Invalid[0];
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"{response.InvalidTotal} {batch.Source} were refused; row {first.Row}, field '{first.Field}': {first.Reason}"));
        }

        _positions[batch.Source] = Math.Max(_positions.GetValueOrDefault(batch.Source), response.LastPosition);
        progress?.Report(batch.Events.Count);
    }
}
