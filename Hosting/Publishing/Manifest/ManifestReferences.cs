using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing.Manifest;

/// <summary>Collects what the values of written entries refer to, each once and in the order met.</summary>
internal sealed class ManifestReferences
{
    private readonly HashSet<object> _visited = [];
    private readonly List<IResource> _resources = [];
    private readonly List<ParameterResource> _percentEncoded = [];
    private readonly List<ReferenceExpression> _conditionals = [];

    public IReadOnlyList<IResource> Resources => _resources;

    public IReadOnlyList<ParameterResource> PercentEncoded => _percentEncoded;

    public IReadOnlyList<ReferenceExpression> Conditionals => _conditionals;

    public void Add(object? value)
    {
        // A value is visited once: expressions may refer to one another in a circle.
        if (value is null or string || !_visited.Add(value))
        {
            return;
        }

        if (value is IResource resource && _resources.All(known => known.Name != resource.Name))
        {
            _resources.Add(resource);
        }

        if (value is ReferenceExpression expression)
        {
            AddParts(expression);
        }

        if (value is IValueWithReferences { References: var references })
        {
            foreach (var reference in references)
            {
                Add(reference);
            }
        }
    }

    private void AddParts(ReferenceExpression expression)
    {
        if (expression.IsConditional && _conditionals.All(known => known.ConditionalName != expression.ConditionalName))
        {
            _conditionals.Add(expression);
        }

        foreach (var (provider, format) in expression.ValueProviders.Zip(expression.StringFormats))
        {
            if (format == "uri" && provider is ParameterResource parameter && !_percentEncoded.Contains(parameter))
            {
                _percentEncoded.Add(parameter);
            }
        }
    }
}
