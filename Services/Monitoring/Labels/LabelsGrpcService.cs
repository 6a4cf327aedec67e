using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Validation;
using Grpc.Core;

namespace CloudNativeAi.Monitoring.Labels;

internal sealed class LabelsGrpcService(LabelStore labels) : Contracts.Monitoring.Labels.LabelsBase
{
    public override async Task<LogLabelsResponse> LogLabels(LogLabelsRequest request, ServerCallContext context)
    {
        if (request.Labels.Count > Admission<LabelRecord>.MaxRecords)
        {
            throw GrpcErrors.Invalid($"labels: at most {Admission<LabelRecord>.MaxRecords} in one call, got {request.Labels.Count}.");
        }

        var latest = labels.LatestMicros;
        var admission = Admission<LabelRecord>.Of(request.Labels, label => LabelValidation.Check(label, latest));
        if (admission.InvalidTotal > 0 && !request.SkipInvalid)
        {
            throw GrpcErrors.Invalid(admission.Describe("labels"));
        }

        var response = await labels.AppendAsync(admission.Valid, context.CancellationToken);
        response.Invalid.AddRange(admission.Invalid);
        response.InvalidTotal = admission.InvalidTotal;
        return response;
    }
}
