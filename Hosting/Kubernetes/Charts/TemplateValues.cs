using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>Values of the model as Helm expressions, and the keys they read as entries of values.yaml.</summary>
internal sealed class TemplateValues(ChartValues values, StoreParts stores)
{
    private readonly SortedDictionary<string, IResource?> _generated = new(StringComparer.Ordinal);

    /// <summary>Keys below <c>secrets</c> that the chart makes up at the first installation when nobody gives them, and the store each is for.</summary>
    public IReadOnlyDictionary<string, IResource?> GeneratedSecrets => _generated;

    public TemplateText Of(object? value) => value switch
    {
        null => TemplateText.Empty,
        string text => TemplateText.Literal(text),
        IResourceBuilder<IResource> builder => Of(builder.Resource),
        ParameterResource parameter => OfParameter(parameter),
        ConnectionStringReference reference => OfConnectionString(reference.Resource),
        IResourceWithConnectionString resource => OfConnectionString(resource),
        EndpointReference endpoint => OfEndpoint(endpoint, EndpointProperty.Url),
        EndpointReferenceExpression expression => OfEndpoint(expression.Endpoint, expression.Property),
        ReferenceExpression { IsConditional: true } expression => OfConditional(expression),
        ReferenceExpression expression => OfExpression(expression),
        bool flag => TemplateText.Literal(flag ? "true" : "false"),
        IManifestExpressionProvider { ValueExpression: "" } => TemplateText.Empty,
        IFormattable formattable => TemplateText.Literal(formattable.ToString(null, CultureInfo.InvariantCulture)),
        _ => throw new DistributedApplicationException($"A {value.GetType().Name} cannot be written into a Helm chart."),
    };

    /// <summary>As <see cref="Of"/>; but a part of a store, such as its host, is empty while the store is not the chart's own.</summary>
    public TemplateText OfVariable(object? value, IResource consumer)
    {
        var text = Of(value);
        return value is ReferenceExpression or ParameterResource && stores.Owner(value) is { } store && store != consumer
            ? TemplateText.Expression($"ternary {text.ToPipeline()} `` .Values.{StoreParts.EnabledKey(store)}", text.IsSecret)
            : text;
    }

    private TemplateText OfParameter(ParameterResource parameter)
    {
        var key = ChartValues.Key(parameter.Name);
        if (!parameter.Secret)
        {
            values.Add($"parameters.{key}", ValueOf(parameter), parameter.Description);
            return TemplateText.Expression($".Values.parameters.{key}");
        }

        // Never the value of this machine: a chart is shared.
        values.Add($"secrets.{key}", "", parameter.Description);
        if (parameter.Default is not null and not ConstantParameterDefault)
        {
            _generated[key] = stores.Owner(parameter);
            return TemplateText.Expression($"include `secret` (dict `root` $ `name` `{key}`)", isSecret: true);
        }

        return TemplateText.Expression($"required `secrets.{key} has no value` .Values.secrets.{key}", isSecret: true);
    }

    private static string ValueOf(ParameterResource parameter)
    {
        try
        {
#pragma warning disable CS0618 // A default that is known already.
            return parameter.Value;
#pragma warning restore CS0618
        }
        catch (MissingParameterValueException)
        {
            return "";
        }
    }

    private TemplateText OfConnectionString(IResourceWithConnectionString resource)
    {
        if (resource is ParameterResource parameter)
        {
            return OfParameter(parameter);
        }

        var inside = Of(resource.ConnectionStringExpression);
        if (StoreParts.StoreOf(resource) is not { } store)
        {
            return inside;
        }

        var key = ChartValues.Key(resource.Name);
        values.Add($"connectionStrings.{key}", "");
        return TemplateText.Expression(
            $"include `connection` (dict `root` $ `store` `{ChartValues.Key(store.Name)}` `name` `{key}` `inside` {inside.ToPipeline()})", isSecret: true);
    }

    private static TemplateText OfEndpoint(EndpointReference endpoint, EndpointProperty property)
    {
        var host = KubernetesNames.Service(endpoint.Resource);
        var port = PublishedEndpoints.PortOf(endpoint).ToString(CultureInfo.InvariantCulture);
        var scheme = endpoint.EndpointAnnotation.UriScheme;
        return TemplateText.Literal(property switch
        {
            EndpointProperty.Url => $"{scheme}://{host}:{port}",
            EndpointProperty.Host or EndpointProperty.IPV4Host => host,
            EndpointProperty.Port or EndpointProperty.TargetPort => port,
            EndpointProperty.HostAndPort => $"{host}:{port}",
            EndpointProperty.Scheme => scheme,
            EndpointProperty.TlsEnabled => endpoint.EndpointAnnotation.TlsEnabled ? bool.TrueString : bool.FalseString,
            _ => throw new DistributedApplicationException($"There is no endpoint property '{property}'."),
        });
    }

    private TemplateText OfExpression(ReferenceExpression expression)
    {
        var text = TemplateText.Empty;
        foreach (var (literal, hole) in CompositeFormat.Split(expression.Format))
        {
            text += TemplateText.Literal(literal);
            if (hole is { } index)
            {
                var value = Of(expression.ValueProviders[index]);
                text += expression.StringFormats[index] != "uri" ? value
                    : value.IsLiteral ? TemplateText.Literal(Uri.EscapeDataString(value.LiteralText))
                    : TemplateText.Expression($"{value.ToPipeline()} | urlquery", value.IsSecret);
            }
        }

        return text;
    }

    private TemplateText OfConditional(ReferenceExpression expression)
    {
        var condition = Of(expression.Condition);
        var whenTrue = Of(expression.WhenTrue);
        var whenFalse = Of(expression.WhenFalse);
        if (condition.IsLiteral)
        {
            return string.Equals(condition.LiteralText, expression.MatchValue, StringComparison.OrdinalIgnoreCase) ? whenTrue : whenFalse;
        }

        var match = TemplateText.Quote((expression.MatchValue ?? "").ToLowerInvariant());
        return TemplateText.Expression(
            $"ternary {whenTrue.ToPipeline()} {whenFalse.ToPipeline()} (eq (lower {condition.ToPipeline()}) {match})", whenTrue.IsSecret || whenFalse.IsSecret);
    }
}
