using CloudNativeAi.Benchmarks.FeatureStore;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Modeling;
using Grpc.Net.Client;
using Value = CloudNativeAi.Contracts.Common.Value;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>
/// Predictions a second by entity key (20 features from Redis through FeatureStore, the model, the prediction log), 64 in flight, against
/// tensor requests to the same model in the same process. Client, Inference, FeatureStore and Redis are four processes.
/// </summary>
internal sealed class PredictEntityBenchmark : IBenchmark
{
    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var plane = await FeaturePlane.StartAsync(cancellationToken);
        using var features = GrpcChannel.ForAddress(plane.FeatureStore.Grpc);
        var signature = await SignatureAsync(new FeatureRetrieval.FeatureRetrievalClient(features), cancellationToken);
        await using var server = await InferenceServer.StartAsync(signature, [("services__feature-store__grpc__0", plane.FeatureStore.Grpc.ToString())], cancellationToken);
        using var channel = GrpcChannel.ForAddress(server.Process.Grpc);
        var client = new Prediction.PredictionClient(channel);
        var requests = Enumerable.Range(0, FeaturePlane.Entities).Select(entity => Request(entity)).ToArray();
        var duration = InferBenchmark.Duration(quick);
        using var tensors = new InferLoad(server.Process.Grpc, duration);
        await CheckAsync(client, cancellationToken);
        await tensors.CheckAsync(cancellationToken);

        await WarmUp.RunAsync(
            [server.Process, plane.FeatureStore],
            async time =>
            {
                using var warmUp = new InferLoad(server.Process.Grpc, time);
                await Task.WhenAll(PredictAsync(client, requests, time, cancellationToken), warmUp.UnaryAsync(InferBenchmark.InFlight, cancellationToken));
            },
            cancellationToken);

        Console.WriteLine($"{FeaturePlane.Features} features by entity key, {InferBenchmark.InFlight} in flight; requests/s:");
        var result = await Pairs.MeasureAsync(
            quick ? 5 : 11,
            async token => (await PredictAsync(client, requests, duration, token)).Count / duration.TotalSeconds,
            token => tensors.UnaryAsync(InferBenchmark.InFlight, token),
            cancellationToken);

        var (inference, store) = (server.Process.ProcessorTime, plane.FeatureStore.ProcessorTime);
        var allocated = await server.AllocatedBytesAsync(cancellationToken);
        var latencies = await PredictAsync(client, requests, duration, cancellationToken);
        var inferenceMicroseconds = (server.Process.ProcessorTime - inference).TotalMicroseconds / latencies.Count;
        var storeMicroseconds = (plane.FeatureStore.ProcessorTime - store).TotalMicroseconds / latencies.Count;
        var bytes = (await server.AllocatedBytesAsync(cancellationToken) - allocated) / latencies.Count;
        latencies.Sort();
        var p99 = latencies[latencies.Count * 99 / 100];
        await CheckAsync(client, cancellationToken);

        Console.WriteLine($"Per prediction: {inferenceMicroseconds:N0} us of processor time in Inference and {storeMicroseconds:N0} in FeatureStore; {bytes:N0} bytes allocated in Inference; p99 {p99:N0} us.");
        return new Dictionary<string, double>
        {
            ["ratio"] = result.Ratio, ["predictions_per_s"] = result.Ours, ["infer_requests_per_s"] = result.Ceiling, ["p99_us"] = p99,
            ["inference_processor_us"] = inferenceMicroseconds, ["feature_store_processor_us"] = storeMicroseconds, ["allocated_bytes_per_prediction"] = bytes,
        };
    }

    private static Task<List<double>> PredictAsync(Prediction.PredictionClient client, PredictRequest[] requests, TimeSpan duration, CancellationToken cancellationToken) =>
        InferLoad.ClosedLoopAsync(
            InferBenchmark.InFlight, duration, i => client.PredictAsync(requests[i * 7 % requests.Length], cancellationToken: cancellationToken).ResponseAsync, cancellationToken);

    private static PredictRequest Request(int entity, bool returnFeatures = false)
    {
        var request = new PredictRequest { ModelName = BenchmarkModel.Name, ReturnFeatures = returnFeatures };
        var key = FeaturePlane.Request([entity]).EntityKeys.Single();
        request.EntityKeys[key.JoinKey] = new Value(key.Values.Single());
        return request;
    }

    // As training writes it, of the features that the service has.
    private static async Task<ModelSignature> SignatureAsync(FeatureRetrieval.FeatureRetrievalClient retrieval, CancellationToken cancellationToken)
    {
        var request = FeaturePlane.Request([0]);
        var answer = await retrieval.GetOnlineFeaturesAsync(request, cancellationToken: cancellationToken);
        return ModelSignature.Create(
            request.FeatureService, 1, [new SignatureField(request.EntityKeys.Single().JoinKey, ModelType.String)], [], [],
            [
                .. answer.Columns.Select(column => new SignatureFeature(
                    column.Name, FeatureOrigin.Online, column.Type == ValueType.Int64 ? ModelType.Int64 : ModelType.Double, FeatureKind.Numeric)),
            ],
            "label", threshold: 0.5);
    }

    // The score is the model's of what the feature store answers; every feature is there.
    private static async Task CheckAsync(Prediction.PredictionClient client, CancellationToken cancellationToken)
    {
        foreach (var entity in (int[])[0, 1, FeaturePlane.Entities - 1])
        {
            var answer = await client.PredictAsync(Request(entity, returnFeatures: true), cancellationToken: cancellationToken);
            var expected = BenchmarkModel.Ensemble.Score([.. answer.Features.Select(feature => feature.Encoded)]);
            if (answer.Features.Count != FeaturePlane.Features || answer.Features.Any(feature => feature.Status != FeatureStatus.Present) || !(Math.Abs(answer.Score - expected) < 1e-9))
            {
                throw new InvalidOperationException($"Entity {entity}: {answer}, but the model gives {expected}.");
            }
        }
    }
}
