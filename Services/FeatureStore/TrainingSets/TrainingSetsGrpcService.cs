using System.Diagnostics;
using System.Threading.Channels;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Feast;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using Google.Protobuf;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.TrainingSets;

internal sealed class TrainingSetsGrpcService(
    DefinitionCatalog catalog, TrainingSetCreator creator, TrainingSetStore store, TrainingSetFiles files, HistoricalFeatures historical, FeastMetrics metrics)
    : Contracts.FeatureStore.TrainingSets.TrainingSetsBase
{
    private const int MaxHistoricalRows = 10_000;
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 500;
    private const int ChunkBytes = 512 * 1024;

    // Years 1 to 9999.
    private const long MinMicros = -62_135_596_800_000_000;
    private const long MaxMicros = 253_402_300_799_999_999;

    public override async Task CreateTrainingSet(
        CreateTrainingSetRequest request, IServerStreamWriter<CreateTrainingSetProgress> responseStream, ServerCallContext context)
    {
        var range = Range(request);
        // A training set is rare and weighty: it is made of the newest definitions, whoever applied them.
        var definitions = await catalog.RefreshAsync(context.CancellationToken);
        var service = Service(definitions, request.FeatureService);
        var label = definitions.Definitions.FindLabel(request.Label)
            ?? throw NotFound($"There is no label '{request.Label}'.");

        // Only the newest progress matters to a slow reader.
        var progress = Channel.CreateBounded<CreateTrainingSetProgress>(
            new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        var creation = CreateAsync(definitions, service, label, range, progress.Writer, context.CancellationToken);
        await foreach (var message in progress.Reader.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(message, context.CancellationToken);
        }

        var set = await creation;
        await responseStream.WriteAsync(
            new CreateTrainingSetProgress { Stage = "done", Fraction = 1, Result = ToMessage(set) }, context.CancellationToken);
    }

    public override async Task<TrainingSet> GetTrainingSet(GetTrainingSetRequest request, ServerCallContext context) =>
        ToMessage(await FindAsync(request.Digest, context.CancellationToken));

    public override async Task<ListTrainingSetsResponse> ListTrainingSets(ListTrainingSetsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPageSize)
        {
            throw Invalid($"page_size must be from 0 (meaning {DefaultPageSize}) to {MaxPageSize}, not {request.PageSize}.");
        }

        var sets = await store.ListAsync(request.PageSize == 0 ? DefaultPageSize : request.PageSize, context.CancellationToken);
        return new ListTrainingSetsResponse { TrainingSets = { sets.Select(ToMessage) } };
    }

    public override async Task ReadTrainingSet(
        ReadTrainingSetRequest request, IServerStreamWriter<ReadTrainingSetChunk> responseStream, ServerCallContext context)
    {
        var set = await FindAsync(request.Digest, context.CancellationToken);
        if (request.Offset < 0 || request.Offset > set.SizeBytes)
        {
            throw Invalid($"offset must be from 0 to {set.SizeBytes}, the size of the training set, not {request.Offset}.");
        }

        await using var file = files.Open(set.Digest)
            ?? throw new RpcException(new Status(StatusCode.DataLoss, $"The file of the training set '{set.Digest}' is gone. Create the set again."));
        file.Seek(request.Offset, SeekOrigin.Begin);
        while (true)
        {
            var buffer = new byte[ChunkBytes];
            var length = await file.ReadAtLeastAsync(buffer, ChunkBytes, throwOnEndOfStream: false, context.CancellationToken);
            if (length == 0)
            {
                return;
            }

            // The message owns the buffer from here on.
            await responseStream.WriteAsync(
                new ReadTrainingSetChunk { Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, length)) }, context.CancellationToken);
        }
    }

    public override async Task<GetOnlineFeaturesResponse> GetHistoricalFeatures(GetHistoricalFeaturesRequest request, ServerCallContext context)
    {
        var definitions = catalog.Current.Definitions.FindService(request.FeatureService) is null
            ? await catalog.RefreshAsync(context.CancellationToken)
            : catalog.Current;
        var service = Service(definitions, request.FeatureService);
        var rows = request.EntityTimestampsMicros.Count;
        if (rows is < 1 or > MaxHistoricalRows)
        {
            throw Invalid($"entity_timestamps_micros must have 1 to {MaxHistoricalRows} rows, not {rows}.");
        }

        for (var row = 0; row < rows; row++)
        {
            RequireInstant($"entity_timestamps_micros[{row}]", request.EntityTimestampsMicros[row]);
        }

        var keys = service.JoinKeys.Select(key => Keys(request, key, rows)).ToArray();
        var unknown = request.EntityKeys.FirstOrDefault(column => service.JoinKeys.All(key => key.Name != column.JoinKey));
        if (unknown is not null)
        {
            throw Invalid($"'{unknown.JoinKey}' is no join key of the feature service '{service.Name}', which has {string.Join(", ", service.JoinKeys.Select(key => key.Name))}.");
        }

        var columns = await RecordAsync(
            "get_historical_features",
            () => historical.GetAsync(definitions, service, keys, request.EntityTimestampsMicros, context.CancellationToken),
            _ => rows);
        var response = new GetOnlineFeaturesResponse();
        for (var index = 0; index < columns.Length; index++)
        {
            response.Columns.Add(FeatureColumns.Create(service.Features[index], columns[index]));
        }

        return response;
    }

    private async Task<T> RecordAsync<T>(string method, Func<Task<T>> join, Func<T, long> rowsOf)
    {
        var started = Stopwatch.GetTimestamp();
        long? rows = null;
        try
        {
            var result = await join();
            rows = rowsOf(result);
            return result;
        }
        finally
        {
            metrics.RecordOffline(method, rows, Stopwatch.GetElapsedTime(started));
        }
    }

    private async Task<TrainingSetRecord> CreateAsync(
        DefinitionSnapshot definitions, Definitions.FeatureService service, LabelDefinition label, TrainingSetRange range,
        ChannelWriter<CreateTrainingSetProgress> progress, CancellationToken cancellationToken)
    {
        try
        {
            var set = await RecordAsync(
                "create_training_set",
                () => creator.CreateAsync(
                    definitions, service, label, range,
                    (stage, fraction) => progress.TryWrite(new CreateTrainingSetProgress { Stage = stage, Fraction = fraction }),
                    cancellationToken),
                created => created.Rows);
            await store.AddAsync(set, cancellationToken);
            return set;
        }
        catch (TrainingSetException exception)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, exception.Message));
        }
        catch (TrainingSetQueueFullException exception)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, exception.Message));
        }
        catch (DeltaUnsupportedException exception)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, exception.Message));
        }
        finally
        {
            progress.Complete();
        }
    }

    private async Task<TrainingSetRecord> FindAsync(string digest, CancellationToken cancellationToken) =>
        digest.Length == 64 && digest.All(char.IsAsciiHexDigitLower)
            ? await store.FindAsync(digest, cancellationToken) ?? throw NotFound($"There is no training set '{digest}'.")
            : throw Invalid("digest must be a SHA-256 in lower-case hex, 64 characters.");

    private static TrainingSetRange Range(CreateTrainingSetRequest request)
    {
        RequireInstant("from_micros", request.FromMicros);
        RequireInstant("to_micros", request.ToMicros);
        RequireInstant("label_known_until_micros", request.LabelKnownUntilMicros);
        return request.FromMicros < request.ToMicros
            ? new TrainingSetRange(request.FromMicros, request.ToMicros, request.LabelKnownUntilMicros)
            : throw Invalid($"from_micros ({request.FromMicros}) must be before to_micros ({request.ToMicros}).");
    }

    private static KeyValues Keys(GetHistoricalFeaturesRequest request, EntityKey key, int rows)
    {
        var columns = request.EntityKeys.Where(column => column.JoinKey == key.Name).ToArray();
        if (columns.Length != 1)
        {
            throw Invalid($"entity_keys must have the join key '{key.Name}' once, not {columns.Length} times.");
        }

        if (columns[0].Values.Count != rows)
        {
            throw Invalid($"The join key '{key.Name}' has {columns[0].Values.Count} values for {rows} entity timestamps.");
        }

        var values = new KeyValues(key.Name, key.Type, columns[0].Values);
        return values.IsWellTyped ? values : throw Invalid($"The values of the join key '{key.Name}' must be {key.Type.ToString().ToLowerInvariant()}.");
    }

    private static Definitions.FeatureService Service(DefinitionSnapshot definitions, string name) =>
        definitions.Definitions.FindService(name) ?? throw NotFound($"There is no feature service '{name}'.");

    private static void RequireInstant(string field, long micros)
    {
        if (micros is < MinMicros or > MaxMicros)
        {
            throw Invalid($"{field} must be microseconds since 1970-01-01T00:00:00Z within the years 1 to 9999, not {micros}.");
        }
    }

    private static TrainingSet ToMessage(TrainingSetRecord set) => new()
    {
        Digest = set.Digest,
        FeatureService = set.FeatureService,
        Label = set.Label,
        FromMicros = set.FromMicros,
        ToMicros = set.ToMicros,
        Rows = set.Rows,
        SizeBytes = set.SizeBytes,
        DefinitionsVersion = set.DefinitionsVersion,
        SourcePositions = { set.SourcePositions.ToDictionary(source => source.Key, source => source.Value) },
        Columns = { set.Columns.Select(column => new Field { Name = column.Name, Type = column.Type }) },
        CreatedMicros = set.CreatedMicros,
    };

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));

    private static RpcException NotFound(string detail) => new(new Status(StatusCode.NotFound, detail));
}
