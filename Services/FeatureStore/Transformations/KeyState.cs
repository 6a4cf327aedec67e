using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>
/// What is kept of one entity key in one view: the one implementation behind online values and training sets. The state, and so
/// each value, depends on the set of events applied alone, not on their order or on how they came in batches.
/// </summary>
internal abstract class KeyState
{
    /// <summary>Of the bytes written. Format 1 kept no arrivals in its tiles: reads of the past answer INVALID until they have left the windows.</summary>
    public const int Format = FormatWithArrivals;

    public const int OldestFormat = 1;

    public const int FormatWithArrivals = 2;

    /// <summary>Greatest event timestamp applied; <see cref="long.MinValue"/> before the first event.</summary>
    public long NewestEvent { get; protected set; } = long.MinValue;

    /// <summary>Adds one event. The caller sees to it that an event is applied once.</summary>
    public abstract void Apply(EventColumns events, int row);

    /// <summary>Values of all features of the view, in its order, at an instant.</summary>
    public void Evaluate(long asOfMicros, Span<FeatureValue> values) => Evaluate(asOfMicros, asOfMicros, values);

    /// <summary>
    /// The same, where <paramref name="arrivedByMicros"/> is not before the instant: what has arrived by then may be in aggregates. A read
    /// as of now gives <see cref="long.MaxValue"/>, since what is here has arrived, whatever the clocks of two machines say.
    /// </summary>
    public abstract void Evaluate(long asOfMicros, long arrivedByMicros, Span<FeatureValue> values);

    /// <summary>
    /// The last instant at which the values are those of an earlier one, as long as no event comes and but for the time to live: then a
    /// window ends at another tile, or an event becomes known.
    /// </summary>
    public abstract long UnchangedUntil(long asOfMicros);

    /// <summary>
    /// Forgets what reads at or after <paramref name="oldestReadMicros"/> do not need. An earlier read that needs it gets
    /// <see cref="FeatureStatus.Invalid"/>, never a wrong value.
    /// </summary>
    public abstract void Trim(long oldestReadMicros);

    /// <summary>Keeps reads exact from <paramref name="historyMicros"/> before the newest event on.</summary>
    public void TrimToHistory(long historyMicros)
    {
        if (NewestEvent != long.MinValue)
        {
            Trim(NewestEvent - historyMicros);
        }
    }

    /// <summary>Canonical: equal states have equal bytes.</summary>
    public abstract void Write(PackedWriter writer);

    /// <summary>Fills a new state from bytes written in a format from <see cref="OldestFormat"/> to <see cref="Format"/>.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged or of another version.</exception>
    public abstract void Read(ref PackedReader reader, int format);
}

/// <summary>Makes states of one view; hold one a view.</summary>
internal sealed class KeyStates
{
    private readonly FeatureView _view;
    private readonly SourceSchema _schema;
    private readonly WindowLayout? _windows;
    private readonly LatestLayout? _latest;

    public KeyStates(FeatureView view, SourceSchema schema)
    {
        _view = view;
        _schema = schema;
        if (view.IsWindowed)
        {
            _windows = WindowLayout.Create(view, schema);
        }
        else
        {
            _latest = LatestLayout.Create(view, schema);
        }
    }

    public FeatureView View => _view;

    public SourceSchema Schema => _schema;

    public KeyState Create() => _windows is not null ? new WindowState(_windows) : new LatestState(_latest!);

    /// <summary>What a key without any event reads as.</summary>
    public FeatureValue[] EvaluateEmpty(long asOfMicros)
    {
        var values = new FeatureValue[_view.Features.Count];
        Create().Evaluate(asOfMicros, values);
        return values;
    }
}
