using System.Collections.Concurrent;
using CloudNativeAi.Contracts.ModelRegistry;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// The registry's models as this process follows them. A model can be unloaded here, until it is loaded again or the process
/// restarts; what its aliases are, the registry alone decides.
/// </summary>
internal sealed partial class ModelRepository(
    VersionPool pool, ServedModels served, ModelCache cache, IOptions<ModelOptions> options, TimeProvider timeProvider, ILogger<ModelRepository> logger)
{
    private readonly ConcurrentDictionary<string, (ModelFollower Follower, Task Running)> _followers = new(StringComparer.Ordinal);

    /// <summary>Takes notice of a model's newest state. Called by one worker.</summary>
    public void Follow(ModelState state, CancellationToken stoppingToken)
    {
        if (_followers.TryGetValue(state.ModelName, out var known))
        {
            known.Follower.Offer(state);
            return;
        }

        if (_followers.Count >= options.Value.MaxModels)
        {
            LogTooMany(state.ModelName, options.Value.MaxModels);
            return;
        }

        var follower = new ModelFollower(state, pool, served, cache, options, timeProvider, logger);
        _followers[state.ModelName] = (follower, follower.RunAsync(stoppingToken));
    }

    /// <summary>Ends when every model was served or found impossible.</summary>
    public Task FirstAttemptsAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_followers.Values.Select(follower => follower.Follower.FirstAttempt)).WaitAsync(cancellationToken);

    public Task StoppedAsync() => Task.WhenAll(_followers.Values.Select(follower => follower.Running));

    /// <summary>Ends when the model is served as the registry wants it; without an alias, when its latest version is in memory.</summary>
    /// <exception cref="InferenceException">There is no such model, or it cannot be loaded; what was served before still is.</exception>
    public async Task LoadAsync(string modelName, IEnumerable<string> parameters, CancellationToken cancellationToken)
    {
        if (parameters.FirstOrDefault() is { } parameter)
        {
            throw InferenceException.Unsupported($"failed to load '{modelName}': the parameter '{parameter}' is not served; models and their files come from the model registry only");
        }

        await FollowerOf(modelName).LoadAsync().WaitAsync(cancellationToken);
        var model = served.Find(modelName)!;
        if (!model.Pending.IsEmpty)
        {
            var reasons = model.Pending.Values.Distinct().Select(pending => $"version {pending.Version}: {pending.Reason}");
            throw new InferenceException(InferenceErrorKind.Unavailable, $"failed to load '{modelName}': {string.Join("; ", reasons)}");
        }

        if (model.Aliases.IsEmpty && model.LatestVersion > 0)
        {
            await pool.LoadAsync(modelName, model.LatestVersion, cancellationToken);
        }
    }

    /// <summary>Ends when no new request gets the model; those that have it are answered.</summary>
    /// <exception cref="InferenceException">There is no such model.</exception>
    public Task UnloadAsync(string modelName, IEnumerable<string> parameters, CancellationToken cancellationToken)
    {
        // The models of an ensemble stay: others may ask them too, and an ensemble whose step is gone says so.
        if (parameters.FirstOrDefault(parameter => parameter != "unload_dependents") is { } unknown)
        {
            throw InferenceException.Unsupported($"failed to unload '{modelName}': the parameter '{unknown}' is not served");
        }

        return FollowerOf(modelName).UnloadAsync().WaitAsync(cancellationToken);
    }

    /// <exception cref="InferenceException">A repository is named: there is one, the model registry, and it has no name.</exception>
    public static void CheckName(string repositoryName)
    {
        if (repositoryName.Length > 0)
        {
            throw InferenceException.Unsupported("'repository_name' specification is not supported");
        }
    }

    private ModelFollower FollowerOf(string modelName) => _followers.TryGetValue(modelName, out var known)
        ? known.Follower
        : throw served.Unknown(modelName);

    [LoggerMessage(LogLevel.Warning, "Model {ModelName} is ignored: Models:MaxModels is {MaxModels}")]
    private partial void LogTooMany(string modelName, int maxModels);
}
