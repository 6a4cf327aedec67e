using CloudNativeAi.Contracts.Feast;
using CloudNativeAi.FeatureStore.OnlineStore;
using CloudNativeAi.FeatureStore.Retrieval;
using CloudNativeAi.FeatureStore.Transformations;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using FeastValue = CloudNativeAi.Contracts.Feast.Value;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>Feast's <c>feast.serving.ServingService</c>: the reads of <c>/get-online-features</c> over gRPC.</summary>
internal sealed class FeastServingGrpcService(OnlineFeatures features) : ServingService.ServingServiceBase
{
    private static readonly Timestamp Epoch = new();
    private static readonly string Version = typeof(FeastServingGrpcService).Assembly.GetName().Version!.ToString(3);

    public override Task<GetFeastServingInfoResponse> GetFeastServingInfo(GetFeastServingInfoRequest request, ServerCallContext context) =>
        Task.FromResult(new GetFeastServingInfoResponse { Version = Version });

    public override async Task<GetOnlineFeaturesResponse> GetOnlineFeatures(GetOnlineFeaturesRequest request, ServerCallContext context)
    {
        try
        {
            var wanted = request.KindCase switch
            {
                GetOnlineFeaturesRequest.KindOneofCase.FeatureService => features.FindService(request.FeatureService),
                GetOnlineFeaturesRequest.KindOneofCase.Features when request.Features.Val.Count > 0 => features.FindFeatures(request.Features.Val),
                _ => throw RetrievalException.Invalid("Give either feature_service or features."),
            };
            var names = FeastResponse.NamesOf(wanted, request.FullFeatureNames);
            var rows = new EntityRows();
            foreach (var (joinKey, values) in request.Entities)
            {
                rows.Add(joinKey, new FeastKeyValues(values.Val));
            }

            foreach (var (name, values) in request.RequestContext)
            {
                rows.Add(name, new FeastKeyValues(values.Val));
            }

            var table = await features.GetAsync(wanted, rows, asOfMicros: null, context.CancellationToken);
            var given = request.Entities.Concat(request.RequestContext).ToList();
            var response = new GetOnlineFeaturesResponse { Metadata = new() { FeatureNames = new() }, Status = true };
            response.Metadata.FeatureNames.Val.AddRange(given.Select(column => column.Key).Concat(names));
            response.Results.AddRange(given.Select(column => Given(column.Value.Val)));
            response.Results.AddRange(table.Columns.Select(column => ToMessage(column, table.Rows)));
            return response;
        }
        catch (RetrievalException exception)
        {
            throw exception.ToRpcException();
        }
    }

    private static GetOnlineFeaturesResponse.Types.FeatureVector Given(RepeatedField<FeastValue> values)
    {
        var vector = new GetOnlineFeaturesResponse.Types.FeatureVector();
        vector.Values.AddRange(values);
        vector.Statuses.AddRange(Enumerable.Repeat(FieldStatus.Present, values.Count));
        vector.EventTimestamps.AddRange(Enumerable.Repeat(Epoch, values.Count));
        return vector;
    }

    private static GetOnlineFeaturesResponse.Types.FeatureVector ToMessage(FeatureTableColumn column, int rows)
    {
        var vector = new GetOnlineFeaturesResponse.Types.FeatureVector();
        for (var row = 0; row < rows; row++)
        {
            var value = column[row];
            vector.Values.Add(ToMessage(value));
            vector.Statuses.Add((FieldStatus)(int)value.Status);
            vector.EventTimestamps.Add(Timestamp.FromDateTimeOffset(Micros.ToInstant(value.EventTimestampMicros)));
        }

        return vector;
    }

    private static FeastValue ToMessage(FeatureValue value) => (value.HasValue, value.Type) switch
    {
        (false, _) => new FeastValue(),
        (_, ValueType.Double) => new FeastValue { DoubleVal = value.Double },
        (_, ValueType.Int64) => new FeastValue { Int64Val = value.Int64 },
        (_, ValueType.Bool) => new FeastValue { BoolVal = value.Int64 != 0 },
        (_, ValueType.Timestamp) => new FeastValue { UnixTimestampVal = Micros.ToInstant(value.Int64).ToUnixTimeSeconds() },
        _ => new FeastValue { StringVal = value.Text },
    };

    private sealed class FeastKeyValues(RepeatedField<FeastValue> values) : IKeyValues
    {
        public int Count => values.Count;

        public string? Read(int row, string joinKey, ValueType type) => (values[row].ValCase, type) switch
        {
            (FeastValue.ValOneofCase.None or FeastValue.ValOneofCase.NullVal, _) => null,
            (FeastValue.ValOneofCase.StringVal, ValueType.String) => KeyValues.OfText(values[row].StringVal, row, joinKey),
            (FeastValue.ValOneofCase.Int64Val, ValueType.Int64) => EntityKeyText.Escape(values[row].Int64Val),
            (FeastValue.ValOneofCase.Int32Val, ValueType.Int64) => EntityKeyText.Escape(values[row].Int32Val),
            var (kind, _) => throw KeyValues.WrongType(row, joinKey, type, kind.ToString()),
        };
    }
}
