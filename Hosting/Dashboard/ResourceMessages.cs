using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using CloudNativeAi.Contracts.Hosting;
using Google.Protobuf.WellKnownTypes;
using Resource = CloudNativeAi.Contracts.Hosting.Resource;
using KnownHealth = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;

namespace Aspire.Hosting.Dashboard;

/// <summary>A resource's state as the contract says it. Values of secrets are not sent.</summary>
internal static class ResourceMessages
{
    private const string Hidden = "********";
    private static readonly string[] SecretWords = ["PASSWORD", "SECRET", "APIKEY", "TOKEN", "CONNECTIONSTRINGS", "_URI", "HEADERS"];

    public static Resource Create(ResourceEvent change)
    {
        var snapshot = change.Snapshot;
        var message = new Resource
        {
            Name = change.ResourceId,
            DisplayName = change.Resource.Name,
            ResourceType = snapshot.ResourceType,
            Uid = change.ResourceId,
            IsHidden = snapshot.IsHidden,
            SupportsDetailedTelemetry = change.Resource is ProjectResource,
            CreatedAt = Time(snapshot.CreationTimeStamp),
            StartedAt = Time(snapshot.StartTimeStamp),
            StoppedAt = Time(snapshot.StopTimeStamp),
        };
        if (snapshot.State is { } state)
        {
            message.State = state.Text;
            if (state.Style is { } style)
            {
                message.StateStyle = style;
            }
        }

        message.Environment.AddRange(snapshot.EnvironmentVariables.Select(variable => new EnvironmentVariable
        {
            Name = variable.Name,
            Value = IsSecret(variable.Name) ? Hidden : variable.Value ?? "",
            IsFromSpec = variable.IsFromSpec,
        }));
        message.Urls.AddRange(snapshot.Urls.Select(url => new Url
        {
            EndpointName = url.Name ?? "",
            FullUrl = url.Url,
            IsInternal = url.IsInternal,
            IsInactive = url.IsInactive,
            DisplayProperties = new UrlDisplayProperties { DisplayName = url.DisplayProperties.DisplayName, SortOrder = url.DisplayProperties.SortOrder },
        }));
        message.Volumes.AddRange(snapshot.Volumes.Select(volume => new Volume { Source = volume.Source ?? "", Target = volume.Target, MountType = volume.MountType, IsReadOnly = volume.IsReadOnly }));
        message.Relationships.AddRange(snapshot.Relationships.Select(relationship => new ResourceRelationship { ResourceName = relationship.ResourceName, Type = relationship.Type }));
        message.HealthReports.AddRange(snapshot.HealthReports.Select(Report));
        message.Commands.AddRange(snapshot.Commands.Select(Command));
        message.Properties.AddRange(snapshot.Properties
            .Append(new ResourcePropertySnapshot("resource.restarts", snapshot.Restarts))
            .Append(new ResourcePropertySnapshot("resource.exitCode", snapshot.ExitCode))
            .Select(Property));
        return message;
    }

    private static bool IsSecret(string name) => SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static HealthReport Report(HealthReportSnapshot report)
    {
        var message = new HealthReport
        {
            Key = report.Name,
            Description = report.Description ?? "",
            Exception = report.ExceptionText ?? "",
            LastRunAt = Time(report.LastRunAt),
        };
        if (report.Status is { } status)
        {
            message.Status = status switch { KnownHealth.Healthy => HealthStatus.Healthy, KnownHealth.Degraded => HealthStatus.Degraded, _ => HealthStatus.Unhealthy };
        }

        return message;
    }

    private static ResourceCommand Command(ResourceCommandSnapshot command)
    {
        var message = new ResourceCommand
        {
            Name = command.Name,
            DisplayName = command.DisplayName,
            IsHighlighted = command.IsHighlighted,
            State = (CloudNativeAi.Contracts.Hosting.ResourceCommandState)command.State,
        };
        if (command.ConfirmationMessage is { } confirmation)
        {
            message.ConfirmationMessage = confirmation;
        }

        if (command.DisplayDescription is { } description)
        {
            message.DisplayDescription = description;
        }

        if (command.IconName is { } icon)
        {
            message.IconName = icon;
        }

        return message;
    }

    private static ResourceProperty Property(ResourcePropertySnapshot property) => new()
    {
        Name = property.Name,
        IsSensitive = property.IsSensitive,
        Value = property.IsSensitive ? Value.ForString(Hidden) : property.Value switch
        {
            null => Value.ForNull(),
            bool flag => Value.ForBool(flag),
            int or long or double => Value.ForNumber(Convert.ToDouble(property.Value, CultureInfo.InvariantCulture)),
            _ => Value.ForString(Convert.ToString(property.Value, CultureInfo.InvariantCulture) ?? ""),
        },
    };

    private static Timestamp? Time(DateTime? instant) => instant is { } value ? Timestamp.FromDateTime(DateTime.SpecifyKind(value, DateTimeKind.Utc)) : null;
}
