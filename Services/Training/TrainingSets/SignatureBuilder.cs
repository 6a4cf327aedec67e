using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Jobs;
using Field = CloudNativeAi.Contracts.Common.Field;

namespace CloudNativeAi.Training.TrainingSets;

/// <summary>
/// Decides the columns of the model's input: every feature of the service, then every request feature, in their order.
/// Strings become categories numbered by what the training rows hold; timestamps serve expressions only.
/// </summary>
internal static class SignatureBuilder
{
    public static ModelSignature Build(
        FeatureService service, TrainingTable table, int trainRows, int maxVocabulary, CancellationToken cancellationToken)
    {
        var online = service.Features.Select(feature => ToFeature(feature, FeatureOrigin.Online)).ToList();
        var request = service.RequestFeatures.Select(feature => ToFeature(new Field { Name = feature.Name, Type = feature.Type }, FeatureOrigin.Request)).ToList();
        var features = online.Concat(request).Where(feature => feature.Type != ModelType.Timestamp).ToList();
        if (features.Count == 0)
        {
            throw new JobFailedException($"The feature service '{service.Name}' has no feature a model can use.");
        }

        var expressions = service.RequestFeatures.SelectMany(feature => Expression.Parse(feature.Expression).Fields).ToHashSet(StringComparer.Ordinal);
        var signature = ModelSignature.Create(
            service.Name,
            service.DefinitionsVersion,
            [.. service.JoinKeys.Select(ToField)],
            [.. service.RequestFields.Select(ToField)],
            [.. service.RequestFeatures.Select(feature => new SignatureRequestFeature(feature.Name, (ModelType)(int)feature.Type, feature.Expression))],
            features,
            table.Set.Label,
            threshold: 0.5,
            [.. online.Where(feature => feature.Type == ModelType.Timestamp && expressions.Contains(feature.Name)).Select(feature => new SignatureField(feature.Name, feature.Type))]);

        var vocabularies = CountCategories(new FeatureEncoder(signature), table, trainRows, cancellationToken);
        return signature with { Features = [.. features.Select((feature, index) => vocabularies[index] is { } counts ? feature with { Vocabulary = Choose(counts, maxVocabulary) } : feature)] };
    }

    // Request features have to be computed to be counted; the empty vocabularies don't matter for that.
    private static Dictionary<string, int>?[] CountCategories(FeatureEncoder encoder, TrainingTable table, int trainRows, CancellationToken cancellationToken)
    {
        var counts = encoder.Signature.Features
            .Select(feature => feature.Kind == FeatureKind.Categorical ? new Dictionary<string, int>(StringComparer.Ordinal) : null).ToArray();
        if (Array.TrueForAll(counts, count => count is null))
        {
            return counts;
        }

        var encoded = new double[encoder.FeatureCount];
        var values = new ModelValue[encoder.FeatureCount];
        TableEncoder.ForEachRow(encoder, table, 0, trainRows, (_, inputs) =>
        {
            encoder.Encode(inputs, encoded, values);
            for (var index = 0; index < counts.Length; index++)
            {
                if (counts[index] is { } count && !values[index].IsNull)
                {
                    var category = values[index].AsString();
                    count[category] = count.GetValueOrDefault(category) + 1;
                }
            }
        }, cancellationToken);
        return counts;
    }

    // The most frequent ones, ties in ordinal order; numbered in ordinal order, so that the numbers don't hang on counts.
    private static List<string> Choose(Dictionary<string, int> counts, int maxVocabulary) =>
    [
        .. counts.OrderByDescending(count => count.Value).ThenBy(count => count.Key, StringComparer.Ordinal)
            .Take(maxVocabulary).Select(count => count.Key).Order(StringComparer.Ordinal),
    ];

    private static SignatureFeature ToFeature(Field field, FeatureOrigin origin)
    {
        var type = (ModelType)(int)field.Type;
        return type == ModelType.String
            ? new SignatureFeature(field.Name, origin, type, FeatureKind.Categorical, [])
            : new SignatureFeature(field.Name, origin, type, FeatureKind.Numeric);
    }

    private static SignatureField ToField(Field field) => new(field.Name, (ModelType)(int)field.Type);
}
