using System.Collections.Frozen;
using CloudNativeAi.Inference.Models;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Caching;

/// <summary>Answers of the models that were asked to keep theirs, bounded in bytes; the least recently used go first.</summary>
internal sealed class ResponseCache(IOptions<ResponseCacheOptions> options)
{
    // What an entry takes beside its tensors' bytes, about.
    private const int EntryBytes = 512;

    private readonly FrozenSet<string> _models = options.Value.Models.ToFrozenSet(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly Dictionary<CachedRequest, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = [];
    private long _bytes;

    /// <summary>Bytes it holds.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public bool IsFor(string modelName) => _models.Count > 0 && _models.Contains(modelName);

    /// <summary>The answer, for the caller to change, or null.</summary>
    public Tensor[]? Find(LoadedModel model, Tensor[] inputs, int[] outputs)
    {
        var request = new CachedRequest(model.Digest, inputs, outputs);
        lock (_lock)
        {
            if (!_entries.TryGetValue(request, out var node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return [.. node.Value.Answer];
        }
    }

    /// <summary>Keeps a copy: what is given is a part of larger memory as a rule.</summary>
    public void Add(LoadedModel model, Tensor[] inputs, int[] outputs, Tensor[] answer)
    {
        var bytes = EntryBytes + inputs.Concat(answer).Sum(tensor => (long)tensor.Raw.Length);
        if (bytes > options.Value.MaxBytes)
        {
            return;
        }

        var entry = new Entry(new CachedRequest(model.Digest, Copy(inputs), [.. outputs]), Copy(answer), bytes);
        lock (_lock)
        {
            if (_entries.ContainsKey(entry.Request))
            {
                return;
            }

            _entries.Add(entry.Request, _byUse.AddFirst(entry));
            for (_bytes += bytes; _bytes > options.Value.MaxBytes; _bytes -= _byUse.Last!.Value.Bytes, _byUse.RemoveLast())
            {
                _entries.Remove(_byUse.Last!.Value.Request);
            }
        }
    }

    private static Tensor[] Copy(Tensor[] tensors) => [.. tensors.Select(tensor => tensor with { Raw = tensor.Raw.ToArray() })];

    private sealed record Entry(CachedRequest Request, Tensor[] Answer, long Bytes);
}
