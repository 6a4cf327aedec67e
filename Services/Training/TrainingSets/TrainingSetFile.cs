using System.Security.Cryptography;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Training.Jobs;
using Grpc.Core;
using Microsoft.Extensions.Options;
using TrainingSetsClient = CloudNativeAi.Contracts.FeatureStore.TrainingSets.TrainingSetsClient;

namespace CloudNativeAi.Training.TrainingSets;

/// <summary>Has the feature store make a training set, and fetches its file.</summary>
internal sealed class TrainingSetFile(TrainingSetsClient trainingSets, IOptions<TrainingSetOptions> options)
{
    /// <summary>The same request on the same data gives the same set.</summary>
    public async Task<TrainingSet> CreateAsync(CreateTrainingSetRequest request, Action<double> progress, CancellationToken cancellationToken)
    {
        using var call = trainingSets.CreateTrainingSet(request, cancellationToken: cancellationToken);
        TrainingSet? result = null;
        await foreach (var message in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            progress(message.Fraction);
            result = message.Result ?? result;
        }

        return result ?? throw new InvalidDataException("The feature store ended the stream without a training set.");
    }

    /// <summary>A set by its digest; null when the feature store no longer has it.</summary>
    public async Task<TrainingSet?> FindAsync(string digest, CancellationToken cancellationToken)
    {
        try
        {
            return await trainingSets.GetTrainingSetAsync(new GetTrainingSetRequest { Digest = digest }, cancellationToken: cancellationToken);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Writes the Parquet file to a path and checks its digest.</summary>
    public async Task DownloadAsync(TrainingSet set, string path, Action<double> progress, CancellationToken cancellationToken)
    {
        if (set.SizeBytes > options.Value.MaxBytes)
        {
            throw new JobFailedException($"The training set has {set.SizeBytes} bytes; this service takes up to {options.Value.MaxBytes} (TrainingSets:MaxBytes).");
        }

        using var call = trainingSets.ReadTrainingSet(new ReadTrainingSetRequest { Digest = set.Digest }, cancellationToken: cancellationToken);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = File.Create(path);
        await foreach (var chunk in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            hash.AppendData(chunk.Data.Span);
            await file.WriteAsync(chunk.Data.Memory, cancellationToken);
            if (file.Length > options.Value.MaxBytes)
            {
                throw new JobFailedException($"The training set is larger than {options.Value.MaxBytes} bytes (TrainingSets:MaxBytes).");
            }

            progress(set.SizeBytes == 0 ? 1 : (double)file.Length / set.SizeBytes);
        }

        var digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (digest != set.Digest)
        {
            // A broken transfer: worth another attempt.
            throw new InvalidDataException($"The training set {set.Digest} arrived with the digest {digest}.");
        }
    }
}
