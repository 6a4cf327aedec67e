using System.Text.Encodings.Web;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Publishing.Manifest;

/// <summary>
/// Writes aspire-manifest.json: one entry per resource of the model, then what those refer to without being in it (generated passwords),
/// values that must be percent-encoded, and conditional values. Read by azd and aspirate; its schema is published as aspire-8.0.
/// </summary>
internal sealed partial class ManifestPublisher(
    DistributedApplicationExecutionContext executionContext, ILogger<ManifestPublisher> logger) : IApplicationPublisher
{
    private const string FileName = "aspire-manifest.json";

    // Expressions keep their characters: the file is data for other tools and is never part of a page.
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool Handles(string step) => step == "publish-manifest";

    public async Task PublishAsync(DistributedApplicationModel model, PublishRequest request, CancellationToken cancellationToken)
    {
        var path = FilePath(request.OutputPath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // Written beside and moved into place: a failure leaves the manifest that was there.
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            await using (var stream = File.Create(temporary))
            {
                await using var writer = new Utf8JsonWriter(stream, Indented);
                await WriteAsync(model, path, writer, cancellationToken);
                await writer.FlushAsync(cancellationToken);
                stream.WriteByte((byte)'\n');
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        LogWritten(path, model.Resources.Count);
    }

    /// <summary>As in Aspire, the path may be a folder.</summary>
    private static string FilePath(string? outputPath)
    {
        var path = Path.GetFullPath(outputPath ?? FileName);
        return Directory.Exists(path) || !path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? Path.Combine(path, FileName) : path;
    }

    private async Task WriteAsync(DistributedApplicationModel model, string path, Utf8JsonWriter writer, CancellationToken cancellationToken)
    {
        var context = new ManifestPublishingContext(executionContext, path, writer, cancellationToken);
        writer.WriteStartObject();
        writer.WriteStartObject("resources");
        var entries = new ManifestEntries(context);
        foreach (var resource in model.Resources)
        {
            await entries.WriteAsync(resource);
        }

        await entries.WriteReferencedAsync(model);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    [LoggerMessage(LogLevel.Information, "Published manifest to: {Path} ({Resources} resources)")]
    private partial void LogWritten(string path, int resources);
}
