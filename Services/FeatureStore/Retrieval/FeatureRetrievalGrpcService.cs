using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.OnlineStore;
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
        message.EventTimestampsMicros.Capacity = rows;
        var statuses = new byte[rows];
        for (var row = 0; row < rows; row++)
        {
            var value = column[row];
            statuses[row] = (byte)value.Status;
            message.EventTimestampsMicros.Add(value.EventTimestampMicros);
            switch (column.Feature.Type)
            {
                case ValueType.Double:
                    message.Doubles.Add(value.HasValue ? value.Double : double.NaN);
                    break;
                case ValueType.Int64:
                    message.Int64S.Add(value.Int64);
                    break;
                case ValueType.Bool:
                    message.Bools.Add(value.Int64 != 0);
                    break;
                case ValueType.Timestamp:
                    message.TimestampsMicros.Add(value.Int64);
                    break;
                default:
                    message.Strings.Add(value.Text ?? "");
                    break;
            }
        }

        message.Statuses = UnsafeByteOperations.UnsafeWrap(statuses);
        return message;
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
