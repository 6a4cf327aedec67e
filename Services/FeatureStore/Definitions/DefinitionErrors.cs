using YamlDotNet.RepresentationModel;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>Collects what is wrong, so that one look at the answer shows all of it.</summary>
internal sealed class DefinitionErrors(string fileName)
{
    private const int MaxErrors = 100;
    private readonly List<DefinitionError> _errors = [];

    public bool Any => _errors.Count > 0;

    public void Add(YamlNode node, string message) => Add((int)node.Start.Line, message);

    public void Add(int line, string message)
    {
        if (_errors.Count < MaxErrors)
        {
            _errors.Add(new DefinitionError(fileName, line, message));
        }
    }

    public void ThrowIfAny()
    {
        if (Any)
        {
            throw new DefinitionsException([.. _errors.OrderBy(error => error.Line)]);
        }
    }
}
