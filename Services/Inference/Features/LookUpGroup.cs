using System.Diagnostics;
using CloudNativeAi.Contracts.Common;

namespace CloudNativeAi.Inference.Features;

/// <summary>Rows that one call looks up: the same features at the same instant. Filled by its owner, then called once.</summary>
internal sealed class LookUpGroup(IReadOnlyList<string> names, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken)
{
    private readonly List<IReadOnlyList<KeyValuePair<string, Value>>> _rows = [];
    private readonly List<TaskCompletionSource<FetchedFeatures>> _waiting = [];

    // The call belongs to the trace of the row that asked first, whoever makes it.
    private readonly Activity? _trace = Activity.Current;

    public int Count => _rows.Count;

    public bool IsFor(IReadOnlyList<string> otherNames, long? otherAsOfMicros) => otherNames == names && otherAsOfMicros == asOfMicros;

    /// <returns>The row's features, once the group is called.</returns>
    public Task<FetchedFeatures> Add(IReadOnlyList<KeyValuePair<string, Value>> keys)
    {
        var waiting = new TaskCompletionSource<FetchedFeatures>(TaskCreationOptions.RunContinuationsAsynchronously);
        _rows.Add(keys);
        _waiting.Add(waiting);
        return waiting.Task;
    }

    /// <summary>Answers every row; what fails is the rows' failure and not the caller's.</summary>
    public async Task CallAsync(OnlineFeatures features)
    {
        Activity.Current = _trace;
        try
        {
            var fetched = await features.GetAsync(names, _rows, asOfMicros, deadline, cancellationToken);
            for (var i = 0; i < fetched.Count; i++)
            {
                _waiting[i].SetResult(fetched[i]);
            }
        }
        catch (InferenceException exception) when (exception.Kind == InferenceErrorKind.InvalidArgument && _rows.Count > 1)
        {
            // One row's keys are refused, and the others must not be refused with it.
            await Task.WhenAll(Enumerable.Range(0, _rows.Count).Select(row => Only(row).CallAsync(features)));
        }
        catch (Exception exception)
        {
            _waiting.ForEach(waiting => waiting.SetException(exception));
        }
    }

    private LookUpGroup Only(int row)
    {
        var group = new LookUpGroup(names, asOfMicros, deadline, cancellationToken);
        group._rows.Add(_rows[row]);
        group._waiting.Add(_waiting[row]);
        return group;
    }
}
