namespace Aspire.Hosting.Building;

/// <summary>The switches of the host itself, as configuration; everything else on the command line is left as it is.</summary>
internal sealed class HostArguments
{
    private static readonly Dictionary<string, string> ValueSwitches = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--operation"] = "AppHost:Operation",
        ["--publisher"] = "Publishing:Publisher",
        ["--step"] = "Pipeline:Step",
        ["--output-path"] = "Pipeline:OutputPath",
        ["--log-level"] = "Pipeline:LogLevel",
        ["--environment"] = "AppHost:Environment",
        ["--data-directory"] = "AppHost:DataDirectory",
    };

    private static readonly Dictionary<string, string> FlagSwitches = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--ephemeral"] = "AppHost:Ephemeral",
        ["--include-exception-details"] = "Pipeline:IncludeExceptionDetails",
        ["--clear-cache"] = "Pipeline:ClearCache",
    };

    private HostArguments(Dictionary<string, string?> configuration, string[] remaining)
    {
        Configuration = configuration;
        Remaining = remaining;
    }

    public Dictionary<string, string?> Configuration { get; }

    public string[] Remaining { get; }

    public bool IsPublish => string.Equals(this["AppHost:Operation"], "publish", StringComparison.OrdinalIgnoreCase) || this["Publishing:Publisher"] is not null;

    public string? this[string key] => Configuration.GetValueOrDefault(key);

    public static HostArguments Parse(IReadOnlyList<string> arguments)
    {
        var configuration = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var remaining = new List<string>();

        for (var index = 0; index < arguments.Count; index++)
        {
            var argument = arguments[index];
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals > 0 ? argument[..equals] : argument;

            if (FlagSwitches.TryGetValue(name, out var flagKey))
            {
                configuration[flagKey] = equals > 0 ? argument[(equals + 1)..] : "true";
            }
            else if (!ValueSwitches.TryGetValue(name, out var key))
            {
                remaining.Add(argument);
            }
            else if (equals > 0)
            {
                configuration[key] = argument[(equals + 1)..];
            }
            else if (index + 1 < arguments.Count)
            {
                configuration[key] = arguments[++index];
            }
            else
            {
                throw new DistributedApplicationException($"{argument} needs a value.");
            }
        }

        var operation = configuration.GetValueOrDefault("AppHost:Operation");
        if (operation is not null && operation.ToLowerInvariant() is not ("run" or "publish"))
        {
            throw new DistributedApplicationException($"--operation is 'run' or 'publish', not '{operation}'.");
        }

        return new HostArguments(configuration, [.. remaining]);
    }
}
