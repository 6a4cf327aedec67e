using System.Diagnostics;
using System.Runtime.InteropServices;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Inference.Features;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.PredictionLog;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>From entity keys to an answer: version, online features, encoding, model, prediction log.</summary>
internal sealed class Predictor(
    ServedModels models, OnlineFeatures features, PredictionSpool spool, ShadowPredictions shadows, InferenceMetrics metrics, TimeProvider timeProvider)
{
    private const int MaxIdLength = 128;
    private const string ShadowRole = "shadow";

    public async Task<PredictResponse> PredictAsync(PredictRequest request, CancellationToken cancellationToken)
    {
        Check(request);
        using var activity = InferenceMetrics.Activities.StartActivity("predict");
        var started = timeProvider.GetTimestamp();
        var model = models.Find(request.ModelName);
        using var lease = request.WhichCase == PredictRequest.WhichOneofCase.Version
            ? await models.AcquireAsync(request.ModelName, request.Version, cancellationToken)
            : models.Acquire(request.ModelName, TrafficRouter.Choose(model, request));

        try
        {
            var response = await PredictAsync(lease, request, started, cancellationToken);
            var duration = timeProvider.GetElapsedTime(started);
            lease.Version.Record(duration, succeeded: true);
            metrics.RecordPrediction(request.ModelName, lease.Version.Version, lease.Role, duration);
            if (model is { ShadowChallenger: true } && lease.Role == ServedModels.Champion)
            {
                shadows.Mirror(request, response.PredictionId);
            }

            return response;
        }
        catch (Exception)
        {
            lease.Version.Record(timeProvider.GetElapsedTime(started), succeeded: false);
            throw;
        }
    }

    /// <summary>The challenger's score for a request that the champion has answered; logged, never answered.</summary>
    public async Task ShadowAsync(PredictRequest request, string predictionId, CancellationToken cancellationToken)
    {
        using var lease = models.Acquire(request.ModelName, ServedModels.Challenger);
        var mirrored = request.Clone();
        mirrored.PredictionId = $"{predictionId}~shadow";
        mirrored.ReturnFeatures = false;
        await PredictAsync(new VersionLease(lease.Version, ShadowRole), mirrored, timeProvider.GetTimestamp(), cancellationToken);
    }

    private async Task<PredictResponse> PredictAsync(VersionLease lease, PredictRequest request, long started, CancellationToken cancellationToken)
    {
        var version = lease.Version;
        if (version.Encoder is not { } encoder)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"'{version.ModelName}' version {version.Version} came without {ModelFiles.Signature}: it takes tensors (ModelInfer), not entity keys.");
        }

        var now = Micros(timeProvider.GetUtcNow());
        var asOf = request.HasAsOfMicros ? request.AsOfMicros : now;
        var vector = new FeatureVector(encoder);
        vector.ReadRequest(request);
        vector.ReadOnline(await features.ReadAsync(encoder.Signature, request, asOf, cancellationToken));
        vector.Encode();

        var score = await ScoreAsync(version, vector.Encoded, cancellationToken);
        var response = new PredictResponse
        {
            PredictionId = request.PredictionId.Length > 0 ? request.PredictionId : Guid.CreateVersion7().ToString(),
            ModelName = version.ModelName,
            ModelVersion = version.Version,
            Score = score,
            Label = encoder.Signature.Decide(score),
            MaxFeatureAgeSeconds = vector.MaxAgeSeconds(asOf),
        };
        if (request.ReturnFeatures)
        {
            vector.Describe(response);
        }

        await spool.AppendAsync(ToRecord(response, request, vector, lease.Role, asOf, now, timeProvider.GetElapsedTime(started)), cancellationToken);
        return response;
    }

    private static async Task<double> ScoreAsync(LoadedVersion version, double[] encoded, CancellationToken cancellationToken)
    {
        var output = version.Onnx.Outputs.Select((info, index) => (info.Name, Index: index)).First(candidate => candidate.Name == ModelSignature.OutputName).Index;
        var input = new Tensor(ModelSignature.InputName, Datatype.Fp64, [1, encoded.Length], MemoryMarshal.AsBytes(encoded.AsSpan()).ToArray());
        var answer = await version.Batcher.RunAsync([input], [output], rows: 1, queueTimeout: null, cancellationToken);
        return MemoryMarshal.Read<double>(answer[0].Raw.Span);
    }

    private static PredictionRecord ToRecord(
        PredictResponse response, PredictRequest request, FeatureVector vector, string role, long asOf, long now, TimeSpan latency)
    {
        var record = new PredictionRecord
        {
            PredictionId = response.PredictionId,
            ModelName = response.ModelName,
            ModelVersion = response.ModelVersion,
            Score = response.Score,
            Label = response.Label,
            PredictionTimestampMicros = asOf,
            CreatedTimestampMicros = now,
            Role = role,
            LatencySeconds = latency.TotalSeconds,
            TraceId = Activity.Current?.TraceId.ToString() ?? "",
            EntityKeys = { request.EntityKeys },
        };
        record.Features.AddRange(vector.Encoded);
        return record;
    }

    private static void Check(PredictRequest request)
    {
        if (request.ModelName.Length == 0)
        {
            throw InferenceException.Invalid("model_name is missing.");
        }

        if (request.PredictionId.Length > MaxIdLength)
        {
            throw InferenceException.Invalid($"prediction_id has {request.PredictionId.Length} characters; at most {MaxIdLength} are allowed.");
        }
    }

    private static long Micros(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
