using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.EventEmitters;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>Writes strings in double quotes, keys as they are, and expressions that give a number or quote themselves in single quotes, by which they are known.</summary>
internal sealed partial class QuotedStrings(IEventEmitter next) : ChainedEventEmitter(next)
{
    // For every open collection whether a key comes next; null in a list.
    private readonly Stack<bool?> _keyIsNext = new();

    public override void Emit(ScalarEventInfo eventInfo, IEmitter emitter)
    {
        var isKey = TakeTurn() == true;
        if (!isKey && eventInfo.Source.Value is string text)
        {
            eventInfo.Style = SelfQuoting().IsMatch(text) ? ScalarStyle.SingleQuoted : ScalarStyle.DoubleQuoted;
        }

        base.Emit(eventInfo, emitter);
    }

    public override void Emit(MappingStartEventInfo eventInfo, IEmitter emitter)
    {
        TakeTurn();
        _keyIsNext.Push(true);
        base.Emit(eventInfo, emitter);
    }

    public override void Emit(MappingEndEventInfo eventInfo, IEmitter emitter)
    {
        _keyIsNext.Pop();
        base.Emit(eventInfo, emitter);
    }

    public override void Emit(SequenceStartEventInfo eventInfo, IEmitter emitter)
    {
        TakeTurn();
        _keyIsNext.Push(null);
        base.Emit(eventInfo, emitter);
    }

    public override void Emit(SequenceEndEventInfo eventInfo, IEmitter emitter)
    {
        _keyIsNext.Pop();
        base.Emit(eventInfo, emitter);
    }

    private bool? TakeTurn()
    {
        if (!_keyIsNext.TryPop(out var isKey))
        {
            return null;
        }

        _keyIsNext.Push(!isKey);
        return isKey;
    }

    [GeneratedRegex(@"^\{\{ .* \| (int|int64|float64|quote) \}\}$")]
    private static partial Regex SelfQuoting();
}
