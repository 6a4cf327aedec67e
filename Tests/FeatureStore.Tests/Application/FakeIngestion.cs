using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using Grpc.Core;
using CloudNativeAi.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.FeatureStore.Tests.Application;

/// <summary>Stands in for the Ingestion process: its contract, over a real port, with a log that the test writes.</summary>
internal sealed class FakeIngestion : IAsyncDisposable
{
    private readonly Dictionary<string, FakeSource> _sources = [];
    private GrpcTestServer _server = null!;

    public string Address => _server.Address;

    public static async Task<FakeIngestion> StartAsync()
    {
        var ingestion = new FakeIngestion();
        ingestion._server = await GrpcTestServer.StartAsync(
            services => services.AddSingleton(ingestion),
            routes =>
            {
                routes.MapGrpcService<EventLogService>();
                routes.MapGrpcService<SourcesService>();
                routes.MapGrpcService<EventIngestionService>();
            });
        return ingestion;
    }

    public FakeSource Put(Source declaration)
    {
        lock (_sources)
        {
            if (!_sources.TryGetValue(declaration.Name, out var source))
            {
                _sources[declaration.Name] = source = new FakeSource();
            }

            source.Declaration = declaration;
            return source;
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private FakeSource Find(string name)
    {
        lock (_sources)
        {
            return _sources.TryGetValue(name, out var source) ? source : throw new RpcException(new Status(StatusCode.NotFound, $"There is no source '{name}'."));
        }
    }

    private sealed class EventLogService(FakeIngestion ingestion) : EventLog.EventLogBase
    {
        public override async Task ReadEvents(ReadEventsRequest request, IServerStreamWriter<EventBatch> responseStream, ServerCallContext context)
        {
            var source = ingestion.Find(request.Source);
            var after = request.AfterPosition;
            while (true)
            {
                var change = source.NextChange;
                var (events, head) = source.Read(after, request.BatchSize);
                if (events.Count > 0)
                {
                    var batch = new EventBatch { HeadPosition = head };
                    batch.Events.AddRange(events);
                    await responseStream.WriteAsync(batch, context.CancellationToken);
                    after = events[^1].Position;
                }
                else if (request.Follow)
                {
                    await change.WaitAsync(context.CancellationToken);
                }
                else
                {
                    return;
                }
            }
        }
    }

    private sealed class EventIngestionService(FakeIngestion ingestion) : EventIngestion.EventIngestionBase
    {
        public override Task<IngestEventsResponse> IngestEvents(IngestEventsRequest request, ServerCallContext context) =>
            Task.FromResult(ingestion.Find(request.Source).Ingest(request));
    }

    private sealed class SourcesService(FakeIngestion ingestion) : Sources.SourcesBase
    {
        public override Task<SourceStatus> GetSource(GetSourceRequest request, ServerCallContext context) =>
            Task.FromResult(ingestion.Find(request.Name).Status);

        public override Task<ListSourcesResponse> ListSources(ListSourcesRequest request, ServerCallContext context)
        {
            lock (ingestion._sources)
            {
                return Task.FromResult(new ListSourcesResponse { Sources = { ingestion._sources.Values.Select(source => source.Status) } });
            }
        }
    }
}

/// <summary>One source: its declaration and its log.</summary>
internal sealed class FakeSource
{
    private readonly List<LoggedEvent> _log = [];
    private volatile TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Source Declaration { get; set; } = new();

    public Task NextChange => _change.Task;

    public SourceStatus Status
    {
        get
        {
            lock (_log)
            {
                return new SourceStatus { Source = Declaration, Version = 1, HeadPosition = _log.Count == 0 ? 0 : _log[^1].Position };
            }
        }
    }

    /// <summary>As Ingestion does: all rows or none, each id once.</summary>
    public IngestEventsResponse Ingest(IngestEventsRequest request)
    {
        foreach (var (row, item) in request.Events.Index())
        {
            using var payload = JsonDocument.Parse(item.Payload.Memory);
            if (payload.RootElement.EnumerateObject().FirstOrDefault(member => Declaration.Fields.All(field => field.Name != member.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, $"Nothing was written: row {row}, field '{unknown.Name}': is not a field of source '{request.Source}' version 1."));
            }
        }

        lock (_log)
        {
            var known = _log.Select(item => item.Id).ToHashSet(StringComparer.Ordinal);
            var added = request.Events.Where(item => known.Add(item.Id)).Select((item, index) => new LoggedEvent
            {
                Position = _log.Count + 1 + index,
                Id = item.Id,
                EventTimestampMicros = item.EventTimestampMicros,
                CreatedTimestampMicros = item.EventTimestampMicros,
                Payload = item.Payload,
            }).ToList();
            Append(added);
            return new IngestEventsResponse { Accepted = added.Count, Duplicates = request.Events.Count - added.Count, LastPosition = _log.Count };
        }
    }

    public void Append(IEnumerable<LoggedEvent> events)
    {
        lock (_log)
        {
            _log.AddRange(events);
        }

        Interlocked.Exchange(ref _change, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    public (IReadOnlyList<LoggedEvent> Events, long Head) Read(long after, int limit)
    {
        lock (_log)
        {
            var first = _log.FindIndex(item => item.Position > after);
            return (first < 0 ? [] : _log.GetRange(first, Math.Min(limit, _log.Count - first)), _log.Count == 0 ? 0 : _log[^1].Position);
        }
    }
}
