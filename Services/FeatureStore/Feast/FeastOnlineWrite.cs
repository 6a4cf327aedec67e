using System.Text.Json;
using CloudNativeAi.FeatureStore.Definitions;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>
/// Feast's write to the online values of one view. There is no value here without its event: a row becomes an event of the view's source,
/// under the names of the source's fields, and reaches both stores and every view of that source. So it must be a whole event.
/// </summary>
internal sealed class FeastOnlineWrite(FrameWriter writer, DefinitionCatalog definitions)
{
    /// <summary>All rows or none. True when they can be read online; false when they are durable and on their way.</summary>
    /// <exception cref="FeastException">The request is wrong.</exception>
    /// <exception cref="RpcException">Ingestion refuses the rows or is not there: nothing was written.</exception>
    public async Task<bool> WriteAsync(FeastWriteRequest request, CancellationToken cancellationToken)
    {
        var snapshot = request.AllowRegistryCache ? definitions.Current : await definitions.RefreshAsync(cancellationToken);
        var view = snapshot.Definitions.FindView(request.FeatureView)
            ?? throw new FeastException(
                StatusCodes.Status404NotFound, "FeatureViewNotFoundException", $"There is no feature view '{request.FeatureView}'.");
        if (view.IsWindowed)
        {
            throw FeastException.Invalid(
                $"The values of '{view.Name}' are computed from the events of the source '{view.Source}' and cannot be written. Push the events: push_source_name '{view.Source}'.");
        }

        var columns = ToSourceColumns(view, request.Frame);
        EnsureWhole(view, snapshot.Definitions, columns);
        var source = await writer.FindSourceAsync(view.Source, cancellationToken)
            ?? throw FeastException.Invalid($"The source '{view.Source}' of the feature view '{view.Name}' is gone from Ingestion.");
        return await writer.WriteAsync(source, columns, waitsForOnline: true, cancellationToken);
    }

    // A column has the name of a join key, of a feature or of another field of the source.
    private static Dictionary<string, JsonElement[]?> ToSourceColumns(FeatureView view, IReadOnlyDictionary<string, JsonElement[]?> frame)
    {
        var fields = view.JoinKeys.Select(key => (key.Name, Field: key.SourceField))
            .Concat(view.Latest.Select(feature => (feature.Name, feature.Field)))
            .ToDictionary(pair => pair.Name, pair => pair.Field, StringComparer.Ordinal);
        var columns = new Dictionary<string, JsonElement[]?>(StringComparer.Ordinal);
        foreach (var (name, values) in frame)
        {
            var field = fields.GetValueOrDefault(name, name);
            if (!columns.TryAdd(field, values))
            {
                throw FeastException.Invalid($"Two columns give the field '{field}' of the source '{view.Source}'; one of them is '{name}'.");
            }
        }

        return columns;
    }

    // Features are the fields of the newest event: one that a row leaves out would be null from then on, in this view or in another.
    private static void EnsureWhole(FeatureView written, FeatureDefinitionSet definitions, Dictionary<string, JsonElement[]?> columns)
    {
        if (columns.Count == 0)
        {
            return;
        }

        foreach (var key in written.JoinKeys.Where(key => !columns.ContainsKey(key.SourceField)))
        {
            throw FeastException.Invalid($"The column '{key.Name}', a join key of '{written.Name}', is missing.");
        }

        var reached = definitions.FeatureViews.Where(
            view => view.Source == written.Source && view.JoinKeys.All(key => columns.ContainsKey(key.SourceField)));
        foreach (var view in reached.OrderBy(view => view != written))
        {
            if (view.Latest.FirstOrDefault(feature => !columns.ContainsKey(feature.Field)) is { } missing)
            {
                throw FeastException.Invalid(view == written
                    ? $"The column '{missing.Name}' of '{view.Name}' is missing; a null says that there is no value."
                    : $"The column '{missing.Field}' is missing: the row is an event of the source '{view.Source}', and '{view.Name}' reads that field. A null says that there is no value.");
            }
        }
    }
}
