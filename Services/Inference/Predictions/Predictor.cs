using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Inference.Features;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.Inference.PredictionLog;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>A prediction by entity keys, from request to answer: route, features, model, decision, log.</summary>
internal sealed class Predictor(
    ServedModels served,
    FeatureAssembler assembler,
    OnlineFeatures features,
    PredictionLogger log,
    RecentPredictions recent,
    InferenceMetrics metrics,
    TimeProvider timeProvider)
{
    public const string ShadowRole = "shadow";

    // Two requests of one id at the same time are one prediction as well.
    private readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);

    /// <exception cref="InferenceException">There is no prediction; nothing was logged.</exception>
    public async Task<PredictResponse> PredictAsync(PredictionCall call, CancellationToken cancellationToken)
    {
        var request = call.Request;
        PredictionLimits.Check(request);
        var hasOwnId = request.PredictionId.Length > 0;
        if (!hasOwnId)
        {
            return await PredictNewAsync(call, Guid.CreateVersion7().ToString(), cancellationToken);
        }

        while (true)
        {
            if (recent.Find(request.PredictionId) is { } known)
            {
                return await AnswerAgainAsync(known, request, cancellationToken);
            }

            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var underWay = _underWay.GetOrAdd(request.PredictionId, started.Task);
            if (underWay == started.Task)
            {
                return await PredictOnceAsync(call, started, cancellationToken);
            }

            // Whatever became of it: look again.
            call.LookUp.StepAside();
            await underWay.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The challenger's prediction for a request that the champion has answered; logged in the role "shadow".</summary>
    public async Task PredictShadowAsync(ShadowRequest shadow, CancellationToken cancellationToken)
    {
        using var lease = await served.LeaseByAliasAsync(shadow.Request.ModelName, ServedModels.ChallengerAlias, cancellationToken);
        if (lease.Model.Version == shadow.AnsweredByVersion)
        {
            return;
        }

        var deadline = timeProvider.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(30);
        var call = new PredictionCall(shadow.Request, Version: "", deadline, features, TraceId: "", _ => { });
        await PredictWithAsync(lease, ShadowRole, call, shadow.PredictionIdFor(lease.Model.Version), shadow.AsOfMicros, cancellationToken);
    }

    private async Task<PredictResponse> PredictOnceAsync(PredictionCall call, TaskCompletionSource started, CancellationToken cancellationToken)
    {
        var request = call.Request;
        try
        {
            // Between the look and the claim another request of the id may have been answered.
            return recent.Find(request.PredictionId) is { } known
                ? await AnswerAgainAsync(known, request, cancellationToken)
                : await PredictNewAsync(call, request.PredictionId, cancellationToken);
        }
        finally
        {
            _underWay.TryRemove(request.PredictionId, out _);
            started.SetResult();
        }
    }

    private async Task<PredictResponse> PredictNewAsync(PredictionCall call, string predictionId, CancellationToken cancellationToken)
    {
        var request = call.Request;
        using var lease = await LeaseAsync(call, cancellationToken);
        var response = await PredictWithAsync(lease, lease.Role, call, predictionId, request.HasAsOfMicros ? request.AsOfMicros : null, cancellationToken);

        if (lease.Role == ServedModels.DefaultAlias
            && served.Find(request.ModelName) is { ShadowChallenger: true } model && model.Aliases.ContainsKey(ServedModels.ChallengerAlias))
        {
            call.Mirror(new ShadowRequest(request, predictionId, response.AsOfMicros, lease.Model.Version));
        }

        return response.Answer;
    }

    // An alias or version that is named is what answers; only a request that names none is split.
    private async ValueTask<ModelLease> LeaseAsync(PredictionCall call, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (request.WhichCase == PredictRequest.WhichOneofCase.Version)
        {
            return await served.LeaseByVersionAsync(request.ModelName, request.Version, cancellationToken);
        }

        var named = request.Alias.Length > 0 ? request.Alias : call.Version;
        if (named.Length == 0)
        {
            var alias = served.Find(request.ModelName) is { } model ? TrafficRouter.ChooseAlias(model, request.EntityKeys) : ServedModels.DefaultAlias;
            return await served.LeaseByAliasAsync(request.ModelName, alias, cancellationToken);
        }

        return request.Alias.Length == 0 && int.TryParse(named, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? await served.LeaseByVersionAsync(request.ModelName, version, cancellationToken)
            : await served.LeaseByAliasAsync(request.ModelName, named, cancellationToken);
    }

    private async Task<(PredictResponse Answer, long AsOfMicros)> PredictWithAsync(
        ModelLease lease, string role, PredictionCall call, string predictionId, long? asOfMicros, CancellationToken cancellationToken)
    {
        var request = call.Request;
        var started = timeProvider.GetTimestamp();
        var model = lease.Model;
        using var activity = InferenceMetrics.Activities.StartActivity("predict");
        activity?.SetTag("model.name", model.ModelName).SetTag("model.version", model.Version).SetTag("model.role", role);
        try
        {
            var encoder = model.Encoder ?? throw new InferenceException(
                InferenceErrorKind.FailedPrecondition,
                $"Model '{model.ModelName}' version {model.Version} has no {ModelFiles.Signature} with features, so nothing says what its features are; ask it with tensors over the Open Inference Protocol.");
            var vector = await assembler.AssembleAsync(encoder, call, asOfMicros, cancellationToken);
            var score = await ScoreAsync(model, vector.Encoded, cancellationToken);
            var duration = timeProvider.GetElapsedTime(started);

            var record = ToRecord(model, role, call, predictionId, vector, score, duration, activity);
            await log.LogAsync(record);

            var answer = ToAnswer(record);
            answer.MaxFeatureAgeSeconds = vector.MaxAgeSeconds();
            if (request.ReturnFeatures)
            {
                answer.Features.Add(vector.Describe());
                answer.ExpressionInputs.Add(vector.DescribeExpressionInputs());
            }

            if (request.TopClasses > 0)
            {
                answer.Classes.Add(RankClasses(encoder.Signature, record.Score, request.TopClasses));
            }

            if (request.ReturnContributions && role != ShadowRole)
            {
                Explain(answer, model, vector.Encoded);
            }

            recent.Add(new RecentPrediction(record, answer));
            var total = timeProvider.GetElapsedTime(started);
            model.Succeeded(total, record.CreatedTimestampMicros);
            metrics.RecordPrediction(model.ModelName, model.Version, role, total);
            return (answer, vector.AsOfMicros);
        }
        catch
        {
            model.Failed(timeProvider.GetElapsedTime(started));
            activity?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
    }

    private static async ValueTask<double> ScoreAsync(LoadedModel model, double[] encoded, CancellationToken cancellationToken)
    {
        var input = new Tensor(ModelSignature.InputName, Datatype.Fp64, [1, encoded.Length], InputBinding.ToRaw<double>(encoded));
        var outputs = InputBinding.BindOutputs(model, [new RequestedOutput(ModelSignature.OutputName)]);
        var answer = await model.Batcher!.RunAsync([input], outputs, rows: 1, default, cancellationToken);
        return BinaryPrimitives.ReadDoubleLittleEndian(answer[0].Raw.Span);
    }

    private PredictionRecord ToRecord(
        LoadedModel model, string role, PredictionCall call, string predictionId, FeatureVector vector, double score, TimeSpan duration, Activity? activity)
    {
        var record = new PredictionRecord
        {
            PredictionId = predictionId,
            ModelName = model.ModelName,
            ModelVersion = model.Version,
            Score = score,
            Label = vector.Encoder.Signature.Decide(score),
            PredictionTimestampMicros = vector.AsOfMicros,
            CreatedTimestampMicros = timeProvider.UnixMicroseconds(),
            Role = role,
            LatencySeconds = duration.TotalSeconds,
            TraceId = activity?.TraceId.ToString() ?? call.TraceId,
        };
        record.EntityKeys.Add(call.Request.EntityKeys);
        record.Features.AddRange(vector.Encoded);
        return record;
    }

    private static PredictResponse ToAnswer(PredictionRecord record) => new()
    {
        PredictionId = record.PredictionId,
        ModelName = record.ModelName,
        ModelVersion = record.ModelVersion,
        Score = record.Score,
        Label = record.Label,
    };

    private static IEnumerable<ClassProbability> RankClasses(ModelSignature signature, double score, int count) =>
        signature.RankClasses(score).Take(count).Select(ranked => new ClassProbability { Label = ranked.Label, Probability = ranked.Probability });

    private static void Explain(PredictResponse answer, LoadedModel model, double[] encoded)
    {
        if (!model.Explainer.TryExplain(encoded, answer.Score, out var explanation, out var reason))
        {
            answer.NotExplained = reason;
            return;
        }

        answer.BaseValue = explanation.BaseValue;
        answer.Contributions.Add(model.Encoder!.Signature.Features.Zip(
            explanation.Contributions, (feature, contribution) => new FeatureContribution { Name = feature.Name, Contribution = contribution }));
    }

    // After a restart only what was logged is known of it: the numbers, but neither raw values nor ages.
    private async ValueTask<PredictResponse> AnswerAgainAsync(RecentPrediction known, PredictRequest request, CancellationToken cancellationToken)
    {
        var record = known.Record;
        if (record.ModelName != request.ModelName || !record.EntityKeys.Equals(request.EntityKeys))
        {
            throw new InferenceException(
                InferenceErrorKind.FailedPrecondition, $"prediction_id '{request.PredictionId}' was already used for another model or other entity keys.");
        }

        var answer = known.Answer ?? ToAnswer(record);
        var lacksFeatures = request.ReturnFeatures && answer.Features.Count == 0;
        var lacksContributions = request.ReturnContributions && answer.Contributions.Count == 0;
        if (!lacksFeatures && !lacksContributions && request.TopClasses == 0)
        {
            return answer;
        }

        answer = answer.Clone();
        if (lacksFeatures)
        {
            var names = NamesOf(record);
            answer.Features.Add(record.Features.Select((encoded, index) => new PredictedFeature { Name = index < names.Count ? names[index] : "", Encoded = encoded }));
        }

        if (request.TopClasses > 0 || lacksContributions)
        {
            // The version that answered, whatever serves by now.
            using var lease = await served.LeaseByVersionAsync(record.ModelName, record.ModelVersion, cancellationToken);
            answer.Classes.Clear();
            answer.Classes.Add(RankClasses(lease.Model.Encoder!.Signature, record.Score, request.TopClasses));
            if (lacksContributions)
            {
                Explain(answer, lease.Model, [.. record.Features]);
            }
        }

        return answer;
    }

    private IReadOnlyList<string> NamesOf(PredictionRecord record)
    {
        var model = served.Find(record.ModelName)?.Aliases.Values.FirstOrDefault(slot => slot.Version == record.ModelVersion)?.Loaded;
        return model?.Encoder is { Signature: var signature } ? [.. signature.Features.Select(feature => feature.Name)] : [];
    }
}
