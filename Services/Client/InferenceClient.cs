using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.OpenInference;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;

namespace CloudNativeAi.Client;

/// <summary>
/// Calls an inference service over gRPC. One client for a whole process: calls share its connections, and it is safe from any thread.
/// Every call has a deadline; while the server is unavailable a call is made again within it, and within a budget of retries
/// (gRFC A6, https://github.com/grpc/proposal/blob/master/A6-client-retries.md).
/// </summary>
public sealed class InferenceClient : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _inference;
    private readonly Prediction.PredictionClient _predictions;
    private readonly InferenceClientOptions _options;

    /// <param name="address">Such as <c>http://localhost:8081</c>; https for TLS.</param>
    public InferenceClient(Uri address, InferenceClientOptions? options = null)
    {
        _options = options ?? new InferenceClientOptions();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_options.Timeout, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNotEqual(Math.Clamp(_options.MaxAttempts, 1, 5), _options.MaxAttempts, nameof(options));
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = _options.MaxMessageBytes,
            MaxSendMessageSize = _options.MaxMessageBytes,
            ServiceConfig = ServiceConfig(_options),
            HttpHandler = new SocketsHttpHandler
            {
                // A connection carries 100 calls at a time at most.
                EnableMultipleHttp2Connections = true,
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                KeepAlivePingDelay = TimeSpan.FromSeconds(60),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
            },
            DisposeHttpClient = true,
        });
        _inference = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
        _predictions = new Prediction.PredictionClient(_channel);
    }

    /// <summary>Whether the model can answer.</summary>
    /// <param name="version">A number or, with CloudNativeAi, an alias; null for the server's choice.</param>
    public async Task<bool> IsReadyAsync(string model, string? version = null, CancellationToken cancellationToken = default)
    {
        var response = await _inference.ModelReadyAsync(new ModelReadyRequest { Name = model, Version = version ?? "" }, Call(cancellationToken));
        return response.Ready;
    }

    /// <summary>Runs the model on the tensors.</summary>
    /// <param name="version">A number or, with CloudNativeAi, an alias; null for the server's choice.</param>
    /// <exception cref="RpcException">
    /// INVALID_ARGUMENT says what is wrong with the tensors, NOT_FOUND that there is no such model, DEADLINE_EXCEEDED and UNAVAILABLE that no
    /// answer came in time.
    /// </exception>
    public async Task<InferResult> InferAsync(string model, IReadOnlyCollection<InferTensor> inputs, string? version = null, CancellationToken cancellationToken = default)
    {
        var request = new ModelInferRequest { ModelName = model, ModelVersion = version ?? "" };
        foreach (var input in inputs)
        {
            request.Inputs.Add(input.Description);
            request.RawInputContents.Add(input.Contents);
        }

        return new InferResult(await _inference.ModelInferAsync(request, Call(cancellationToken)));
    }

    /// <summary>Predicts for an entity: the service fetches its features, runs the champion and logs the prediction.</summary>
    /// <param name="entity">Join keys by name.</param>
    /// <param name="fields">What only the caller knows, by name.</param>
    /// <param name="predictionId">Names the prediction, for its label later; made up when it is null. Retries are the same prediction.</param>
    /// <exception cref="RpcException">As <see cref="InferAsync"/>.</exception>
    public async Task<PredictResponse> PredictAsync(
        string model,
        IReadOnlyDictionary<string, FieldValue> entity,
        IReadOnlyDictionary<string, FieldValue>? fields = null,
        string? predictionId = null,
        CancellationToken cancellationToken = default)
    {
        var request = new PredictRequest { ModelName = model, PredictionId = predictionId ?? Guid.CreateVersion7().ToString() };
        foreach (var (name, value) in entity)
        {
            request.EntityKeys[name] = value.ToValue();
        }

        foreach (var (name, value) in fields ?? new Dictionary<string, FieldValue>())
        {
            request.RequestFields[name] = value.ToValue();
        }

        return await _predictions.PredictAsync(request, Call(cancellationToken));
    }

    public void Dispose() => _channel.Dispose();

    private CallOptions Call(CancellationToken cancellationToken) =>
        new(deadline: (TimeProvider.System.GetUtcNow() + _options.Timeout).UtcDateTime, cancellationToken: cancellationToken);

    private static ServiceConfig? ServiceConfig(InferenceClientOptions options) => options.MaxAttempts == 1 ? null : new ServiceConfig
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { MethodName.Default },
                RetryPolicy = new RetryPolicy
                {
                    MaxAttempts = options.MaxAttempts,
                    InitialBackoff = options.RetryDelay,
                    MaxBackoff = options.RetryDelay * 16,
                    BackoffMultiplier = 2,
                    RetryableStatusCodes = { StatusCode.Unavailable },
                },
            },
        },
        RetryThrottling = new RetryThrottlingPolicy { MaxTokens = options.RetryBudget, TokenRatio = 0.1 },
    };
}
