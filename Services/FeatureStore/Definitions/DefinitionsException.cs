namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>One thing wrong with a definitions file: where, what, and what to do about it.</summary>
internal sealed record DefinitionError(string FileName, int Line, string Message)
{
    public override string ToString() => $"{FileName}:{Line}: {Message}";
}

/// <summary>A definitions file that cannot be applied. All errors that were found, in line order.</summary>
internal sealed class DefinitionsException(IReadOnlyList<DefinitionError> errors)
    : Exception(string.Join(Environment.NewLine, errors))
{
    public IReadOnlyList<DefinitionError> Errors { get; } = errors;
}
