using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Building;

namespace Aspire.Hosting;

public static class ParameterResourceBuilderExtensions
{
    /// <summary>A value from the configuration key <c>Parameters:{name}</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddParameter(name, parameterDefault: null, secret, $"Parameters:{name}");

    /// <summary>A fixed value; with <paramref name="publishValueAsDefault"/> configuration may override it.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false) =>
        builder.AddParameter(name, () => value, publishValueAsDefault, secret);

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, Func<string> valueGetter, bool publishValueAsDefault = false, bool secret = false)
    {
        if (publishValueAsDefault && secret)
        {
            throw new ArgumentException("A parameter cannot be both secret and published as a default value.", nameof(secret));
        }

        return publishValueAsDefault
            ? builder.AddParameter(name, new ConstantParameterDefault(valueGetter), secret, $"Parameters:{name}")
            : builder.AddResource(new ParameterResource(name, _ => builder.Configuration[$"Parameters:{name}"] ?? valueGetter(), secret));
    }

    /// <summary>A value from configuration or else from <paramref name="value"/>; persisted, it is the same at every start.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false) =>
        builder.AddParameter(name, persist ? Persisted(builder, name, value) : value, secret, $"Parameters:{name}");

    public static IResourceBuilder<ParameterResource> AddParameterFromConfiguration(
        this IDistributedApplicationBuilder builder, string name, string configurationKey, bool secret = false) =>
        builder.AddParameter(name, parameterDefault: null, secret, configurationKey);

    public static IResourceBuilder<ParameterResource> WithDescription(
        this IResourceBuilder<ParameterResource> builder, string description, bool enableMarkdown = false)
    {
        builder.Resource.Description = description;
        builder.Resource.EnableDescriptionMarkdown = enableMarkdown;
        return builder;
    }

    /// <summary>A connection string from the configuration key <c>ConnectionStrings:{name}</c>.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, string? environmentVariableName = null)
    {
        var key = $"ConnectionStrings:{name}";
        var resource = new ConnectionStringParameterResource(
            name,
            _ => builder.Configuration[key] ?? throw Missing($"connection string '{name}'", key),
            environmentVariableName)
        {
            ConfigurationKey = key,
        };
        return builder.AddResource(resource);
    }

    /// <summary>A parameter with a generated value, kept in the data directory; not shown in the model until somebody refers to it.</summary>
    public static ParameterResource CreateDefaultPasswordParameter(
        IDistributedApplicationBuilder builder,
        string name,
        bool lower = true,
        bool upper = true,
        bool numeric = true,
        bool special = true,
        int minLower = 0,
        int minUpper = 0,
        int minNumeric = 0,
        int minSpecial = 0)
    {
        var generate = new GenerateParameterDefault
        {
            MinLength = 22, // Enough for 128 bits of chance with any of the classes.
            Lower = lower,
            Upper = upper,
            Numeric = numeric,
            Special = special,
            MinLower = minLower,
            MinUpper = minUpper,
            MinNumeric = minNumeric,
            MinSpecial = minSpecial,
        };
        return CreateGeneratedParameter(builder, name, secret: true, generate);
    }

    public static ParameterResource CreateGeneratedParameter(
        IDistributedApplicationBuilder builder, string name, bool secret, GenerateParameterDefault parameterDefault)
    {
        var key = $"Parameters:{name}";
        ParameterDefault value = builder.ExecutionContext.IsRunMode ? Persisted(builder, name, parameterDefault) : parameterDefault;
        return new ParameterResource(name, fallback => builder.Configuration[key] ?? fallback!.GetDefaultValue(), secret) { Default = value };
    }

    internal static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault? parameterDefault, bool secret, string configurationKey)
    {
        var resource = new ParameterResource(
            name,
            fallback => builder.Configuration[configurationKey] ?? fallback?.GetDefaultValue() ?? throw Missing($"parameter '{name}'", configurationKey),
            secret)
        {
            Default = parameterDefault,
            ConfigurationKey = configurationKey,
        };
        return builder.AddResource(resource);
    }

    private static ParameterDefault Persisted(IDistributedApplicationBuilder builder, string name, ParameterDefault value) =>
        builder is IHasDataDirectory { Data: var data } ? new PersistedParameterDefault(value, $"Parameters:{name}", data.Secrets) : value;

    private static MissingParameterValueException Missing(string what, string key) => new(
        $"The {what} has no value. Set the environment variable '{key.Replace(":", "__", StringComparison.Ordinal)}', or the configuration key '{key}' in the AppHost's appsettings.json or on its command line (--{key}=VALUE).");
}
