using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using Contract = CloudNativeAi.Contracts.FeatureStore;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>Definitions as the contract has them.</summary>
internal static class DefinitionMessages
{
    public static ApplyDefinitionsResponse ToMessage(AppliedDefinitions applied) => new()
    {
        Version = applied.Version,
        Changes =
        {
            applied.Changes.Select(change => new Contract.DefinitionChange
            {
                Action = change.Action, Kind = change.Kind, Name = change.Name, Consequence = change.Consequence,
            }),
        },
    };

    public static Contract.Definitions ToMessage(FeatureDefinitionSet definitions) => new()
    {
        Version = definitions.Version,
        Yaml = definitions.Yaml,
        FeatureViews = { definitions.FeatureViews.Select(ToMessage) },
        FeatureServices = { definitions.FeatureServices.Select(service => ToMessage(service, definitions.Version)) },
        Labels = { definitions.Labels.Select(label => label.Name) },
    };

    public static Contract.FeatureService ToMessage(FeatureService service, int version) => new()
    {
        Name = service.Name,
        Description = service.Description,
        Features = { service.Features.Select(feature => new Field { Name = feature.FullName, Type = feature.Type }) },
        JoinKeys = { service.JoinKeys.Select(key => new Field { Name = key.Name, Type = key.Type }) },
        RequestFields = { service.RequestFields.Select(field => new Field { Name = field.Name, Type = field.Type }) },
        RequestFeatures =
        {
            service.RequestFeatures.Select(feature => new Contract.RequestFeature { Name = feature.Name, Type = feature.Type, Expression = feature.Expression }),
        },
        DefinitionsVersion = version,
    };

    private static Contract.FeatureView ToMessage(FeatureView view) => new()
    {
        Name = view.Name,
        Description = view.Description,
        Owner = view.Owner,
        JoinKeys = { view.JoinKeys.Select(key => new Field { Name = key.Name, Type = key.Type }) },
        Source = view.Source,
        TtlMicros = view.TtlMicros,
        Kind = view.IsWindowed ? "windowed" : "latest",
        Features = { view.Features.Select(feature => new Field { Name = feature.Name, Type = feature.Type }) },
    };
}
