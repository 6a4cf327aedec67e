using System.Diagnostics.CodeAnalysis;
using CloudNativeAi.Contracts.ModelRegistry;

namespace CloudNativeAi.ModelRegistry.Watching;

/// <summary>What one watcher has yet to see: at most the newest state of each model, however slowly it reads.</summary>
internal sealed class ModelWatcher(string modelName)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ModelState> _pending = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _seenRevisions = new(StringComparer.Ordinal);
    private TaskCompletionSource _arrived = NewSignal();

    public void Offer(IReadOnlyList<ModelState> states)
    {
        lock (_lock)
        {
            foreach (var state in states)
            {
                if ((modelName.Length == 0 || state.ModelName == modelName)
                    && state.Revision > _seenRevisions.GetValueOrDefault(state.ModelName, -1))
                {
                    _seenRevisions[state.ModelName] = state.Revision;
                    _pending[state.ModelName] = state;
                }
            }

            if (_pending.Count > 0)
            {
                _arrived.TrySetResult();
            }
        }
    }

    public bool TryTake([NotNullWhen(true)] out ModelState? state)
    {
        lock (_lock)
        {
            foreach (var name in _pending.Keys)
            {
                _pending.Remove(name, out state);
                return state is not null;
            }

            if (_arrived.Task.IsCompleted)
            {
                _arrived = NewSignal();
            }

            state = null;
            return false;
        }
    }

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _arrived.Task.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
