using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.OnlineStore;
using CloudNativeAi.FeatureStore.Transformations;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Retrieval;

internal sealed class FeatureRetrievalGrpcService(OnlineFeatures features) : FeatureRetrieval.FeatureRetrievalBase
{
    public override async Task<GetOnlineFeaturesResponse> GetOnlineFeatures(GetOnlineFeaturesRequest request, ServerCallContext context)
    {
        try
        {
            if ((request.FeatureService.Length > 0) == (request.Features.Count > 0))
            {
                throw RetrievalException.Invalid("Give either feature_service or features.");
            }

            var wanted = request.FeatureService.Length > 0 ? features.FindService(request.FeatureService) : features.FindFeatures(request.Features);
            var rows = new EntityRows();
            foreach (var column in request.EntityKeys)
            {
                rows.Add(column.JoinKey, new MessageKeyValues(column.Values));
            }

            var table = await features.GetAsync(wanted, rows, request.HasAsOfMicros ? request.AsOfMicros : null, context.CancellationToken);
            var response = new GetOnlineFeaturesResponse { AsOfMicros = table.AsOfMicros };
            response.Columns.AddRange(table.Columns.Select(column => ToMessage(column, table.Rows)));
            return response;
        }
        catch (RetrievalException exception)
        {
            throw exception.ToRpcException();
        }
    }

    private static FeatureColumn ToMessage(FeatureTableColumn column, int rows)
    {
        var message = new FeatureColumn { Name = column.Feature.FullName, Type = column.Feature.Type };
        var statuses = new byte[rows];
        message.EventTimestampsMicros.Capacity = rows;
        for (var row = 0; row < rows; row++)
        {
            ref readonly var value = ref column[row];
            statuses[row] = (byte)value.Status;
            message.EventTimestampsMicros.Add(value.EventTimestampMicros);
        }

        message.Statuses = UnsafeByteOperations.UnsafeWrap(statuses);
        switch (column.Feature.Type)
        {
            case ValueType.Double:
                Fill(message.Doubles, column, rows, static (in value) => value.HasValue ? value.Double : double.NaN);
                break;
            case ValueType.Int64:
                Fill(message.Int64S, column, rows, static (in value) => value.Int64);
                break;
            case ValueType.Bool:
                Fill(message.Bools, column, rows, static (in value) => value.Int64 != 0);
                break;
            case ValueType.Timestamp:
                Fill(message.TimestampsMicros, column, rows, static (in value) => value.Int64);
                break;
            default:
                Fill(message.Strings, column, rows, static (in value) => value.Text ?? "");
                break;
        }

        return message;
    }

    private delegate T ReadValue<T>(in FeatureValue value);

    private static void Fill<T>(RepeatedField<T> field, FeatureTableColumn column, int rows, ReadValue<T> read)
    {
        field.Capacity = rows;
        for (var row = 0; row < rows; row++)
        {
            field.Add(read(in column[row]));
        }
    }

    private sealed class MessageKeyValues(RepeatedField<Value> values) : IKeyValues
    {
        public int Count => values.Count;

        public string? Read(int row, string joinKey, ValueType type) => (values[row].KindCase, type) switch
        {
            (Value.KindOneofCase.None, _) => null,
            (Value.KindOneofCase.StringValue, ValueType.String) => KeyValues.OfText(values[row].StringValue, row, joinKey),
            (Value.KindOneofCase.Int64Value, ValueType.Int64) => EntityKeyText.Escape(values[row].Int64Value),
            var (kind, _) => throw KeyValues.WrongType(row, joinKey, type, kind.ToString()),
        };
    }
}

internal static class RetrievalStatus
{
    public static RpcException ToRpcException(this RetrievalException exception) => new(new Status(
        exception.Fault switch
        {
            RetrievalFault.NotFound => StatusCode.NotFound,
            RetrievalFault.NotReady => StatusCode.Unavailable,
            _ => StatusCode.InvalidArgument,
        },
        exception.Message));
}
