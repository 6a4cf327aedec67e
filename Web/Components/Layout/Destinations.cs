using MudBlazor;

namespace CloudNativeAi.Web.Components.Layout;

/// <summary>The pages of the navigation: name, address, icon, and the letter after "g".</summary>
public sealed record Destination(string Name, string Href, string Icon, char Key);

public static class Destinations
{
    public static IReadOnlyList<Destination> All { get; } =
    [
        new("Overview", "overview", Icons.Material.Outlined.Dashboard, 'o'),
        new("Sources", "sources", Icons.Material.Outlined.Input, 's'),
        new("Features", "features", Icons.Material.Outlined.TableChart, 'f'),
        new("Training", "training", Icons.Material.Outlined.ModelTraining, 't'),
        new("Models", "models", Icons.Material.Outlined.Inventory2, 'm'),
        new("Endpoints", "endpoints", Icons.Material.Outlined.Dns, 'e'),
        new("Try it", "try", Icons.Material.Outlined.PlayCircle, 'y'),
        new("Predictions", "predictions", Icons.Material.Outlined.ReceiptLong, 'p'),
        new("Monitoring", "monitoring", Icons.Material.Outlined.MonitorHeart, 'd'),
        new("System", "system", Icons.Material.Outlined.Memory, 'x'),
    ];
}
