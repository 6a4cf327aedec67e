using CloudNativeAi.Inference.Ensembles;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>Fetches versions and loads them, a few at a time, each when its memory is set aside.</summary>
/// <param name="tryEvict">Lets go of one version, so that there is room for the bytes; false when it is only to be waited for.</param>
internal sealed class VersionLoads(VersionSource source, MemoryBudget memory, Func<long, bool> tryEvict, IOptions<ModelOptions> options, TimeProvider timeProvider) : IDisposable
{
    private const int AtATime = 2;

    private readonly SemaphoreSlim _loads = new(AtATime);

    // One after another: two that wait would take each other's room.
    private readonly SemaphoreSlim _admission = new(1);

    // Of the versions whose files are there and whose memory is waited for; the same content may be there twice.
    private readonly List<string> _fetched = [];

    /// <summary>Digests whose files a load needs.</summary>
    public IReadOnlyList<string> Digests
    {
        get
        {
            lock (_fetched)
            {
                return [.. _fetched];
            }
        }
    }

    /// <summary>The version, whose memory is given back when it is released.</summary>
    /// <exception cref="InferenceException">It cannot be loaded.</exception>
    public async Task<LoadedModel> LoadAsync(string modelName, int version)
    {
        using var timeout = new CancellationTokenSource(options.Value.LoadTimeout, timeProvider);
        try
        {
            CachedVersion fetched;
            await _loads.WaitAsync(timeout.Token);
            try
            {
                fetched = await source.FetchAsync(modelName, version, timeout.Token);
                if (!EnsembleLoader.IsEnsemble(fetched))
                {
                    return await LoadFetchedAsync(fetched, timeout.Token);
                }
            }
            finally
            {
                _loads.Release();
            }

            // Its steps may have to be loaded first, and need the place.
            return await source.LoadEnsembleAsync(fetched, timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new InferenceException(InferenceErrorKind.Unavailable, $"Loading model '{modelName}' version {version} took longer than {options.Value.LoadTimeout}.");
        }
    }

    public void Dispose()
    {
        _loads.Dispose();
        _admission.Dispose();
    }

    private async Task<LoadedModel> LoadFetchedAsync(CachedVersion version, CancellationToken cancellationToken)
    {
        lock (_fetched)
        {
            _fetched.Add(version.Digest);
        }

        try
        {
            var bytes = options.Value.MemoryOf(version.Bytes);
            await ReserveAsync(version, bytes, cancellationToken);
            return await OwnThread.RunAsync(() => Load(version, bytes));
        }
        finally
        {
            lock (_fetched)
            {
                _fetched.Remove(version.Digest);
            }
        }
    }

    private LoadedModel Load(CachedVersion version, long bytes)
    {
        try
        {
            var model = source.Load(version);
            model.MemoryBytes = bytes;
            model.Released = () => memory.Release(bytes);
            return model;
        }
        catch
        {
            memory.Release(bytes);
            throw;
        }
    }

    private async Task ReserveAsync(CachedVersion version, long bytes, CancellationToken cancellationToken)
    {
        if (bytes > memory.Bytes)
        {
            throw new InferenceException(
                InferenceErrorKind.FailedPrecondition,
                $"Model '{version.ModelName}' version {version.Version} needs about {bytes} bytes of memory, and Models:MemoryBudgetBytes has {memory.Bytes} for all models.");
        }

        await _admission.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                // Taken before looking: what is given back meanwhile is not missed.
                var changed = memory.Changed;
                if (memory.TryReserve(bytes))
                {
                    return;
                }

                if (!tryEvict(bytes))
                {
                    await changed.WaitAsync(cancellationToken);
                }
            }
        }
        finally
        {
            _admission.Release();
        }
    }
}
