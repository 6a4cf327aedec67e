using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Validation;
using Grpc.Core;

namespace CloudNativeAi.Monitoring.PredictionLog;

internal sealed class PredictionLogGrpcService(PredictionLogStore log, PredictionReader predictions)
    : Contracts.Monitoring.PredictionLog.PredictionLogBase
{
    public override async Task<LogPredictionsResponse> LogPredictions(LogPredictionsRequest request, ServerCallContext context)
    {
        if (request.Predictions.Count > Admission<PredictionRecord>.MaxRecords)
        {
            throw GrpcErrors.Invalid(
                $"predictions: at most {Admission<PredictionRecord>.MaxRecords} in one call, got {request.Predictions.Count}.");
        }

        var latest = log.LatestMicros;
        var admission = Admission<PredictionRecord>.Of(request.Predictions, prediction => PredictionValidation.Check(prediction, latest));
        if (admission.InvalidTotal > 0 && !request.SkipInvalid)
        {
            throw GrpcErrors.Invalid(admission.Describe("predictions"));
        }

        var response = await log.AppendAsync(admission.Valid, context.CancellationToken);
        response.Invalid.AddRange(admission.Invalid);
        response.InvalidTotal = admission.InvalidTotal;
        return response;
    }

    public override async Task<LoggedPrediction> GetPrediction(GetPredictionRequest request, ServerCallContext context)
    {
        GrpcErrors.ThrowIf(Rules.Id("prediction_id", request.PredictionId));

        return await predictions.FindAsync(request.PredictionId, context.CancellationToken)
            ?? throw GrpcErrors.NotFound($"The prediction '{request.PredictionId}' is not in the log.");
    }

    public override async Task<ListPredictionsResponse> ListPredictions(ListPredictionsRequest request, ServerCallContext context)
    {
        GrpcErrors.ThrowIf(Rules.ModelName("model_name", request.ModelName));
        var pageSize = PageSize.Of(request.PageSize);
        var before = PagePosition.Parse(request.PageToken)
            ?? throw GrpcErrors.Invalid("page_token: is not one that this service returned.");

        // One more than asked for tells whether there is a next page.
        var rows = await predictions.ListAsync(request.ModelName, before, pageSize + 1, request.LabelledOnly, context.CancellationToken);
        var response = new ListPredictionsResponse();
        response.Predictions.AddRange(rows.Take(pageSize));
        if (rows.Count > pageSize)
        {
            var last = rows[pageSize - 1].Prediction;
            response.NextPageToken = new PagePosition(last.CreatedTimestampMicros, last.PredictionId).ToToken();
        }

        return response;
    }
}
