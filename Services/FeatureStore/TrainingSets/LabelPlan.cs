using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>A label made ready to be evaluated, and where in its source the join keys and request fields of a service are.</summary>
internal sealed class LabelPlan
{
    private LabelPlan(SourceSchema source, Expression entityTimestamp, Expression value, IReadOnlyList<LabelColumn> columns)
    {
        Source = source;
        EntityTimestamp = entityTimestamp;
        Value = value;
        Columns = columns;
        NeededFields = [.. source.Fields.Select((field, index) =>
            entityTimestamp.Fields.Contains(field.Name) || value.Fields.Contains(field.Name) || columns.Any(column => column.Field == index))];
    }

    public SourceSchema Source { get; }

    public Expression EntityTimestamp { get; }

    public Expression Value { get; }

    /// <summary>Join keys, then request fields that are not join keys as well.</summary>
    public IReadOnlyList<LabelColumn> Columns { get; }

    public bool[] NeededFields { get; }

    /// <exception cref="TrainingSetException">The label's source lacks what the service needs.</exception>
    public static LabelPlan Create(LabelDefinition label, SourceSchema source, FeatureService service)
    {
        var types = source.Fields.ToDictionary(field => field.Name, field => (ModelType)field.Type, StringComparer.Ordinal);
        var entityTimestamp = Parse(label, "entity_timestamp", label.EntityTimestampExpression, types, type => type == ModelType.Timestamp, "a timestamp");
        var value = Parse(
            label, "value", label.ValueExpression, types, type => type is ModelType.Bool or ModelType.Int64 or ModelType.Double, "a bool or a number");

        List<LabelColumn> columns = [.. service.JoinKeys.Select(key => Column(label, source, service, "join key", key.Name, key.Type, widen: false))];
        foreach (var field in service.RequestFields.Where(field => service.JoinKeys.All(key => key.Name != field.Name)))
        {
            columns.Add(Column(label, source, service, "request field", field.Name, field.Type, widen: true));
        }

        var reserved = columns.FirstOrDefault(column => TrainingSetColumns.Reserved.Contains(column.Name, StringComparer.OrdinalIgnoreCase));
        return reserved is null
            ? new LabelPlan(source, entityTimestamp, value, columns)
            : throw new TrainingSetException(
                $"The feature service '{service.Name}' has a join key or request field '{reserved.Name}', which is the name of another column of a training set. Rename it.");
    }

    private static Expression Parse(
        LabelDefinition label, string part, string text, Dictionary<string, ModelType> types, Func<ModelType, bool> accepts, string expected)
    {
        try
        {
            var expression = Expression.Parse(text);
            var type = expression.Check(types);
            return accepts(type)
                ? expression
                : throw new TrainingSetException($"The {part} of the label '{label.Name}' is {type.ToName()}; it must be {expected}.");
        }
        catch (ExpressionException exception)
        {
            throw new TrainingSetException($"The {part} of the label '{label.Name}' is wrong: {exception.Message}.");
        }
    }

    private static LabelColumn Column(
        LabelDefinition label, SourceSchema source, FeatureService service, string kind, string name, ValueType type, bool widen)
    {
        var field = source.Find(name) ?? throw new TrainingSetException(
            $"The {kind} '{name}' of the feature service '{service.Name}' is no field of '{source.Name}', the source of the label '{label.Name}'. Add the field to the source.");
        return field.Type == type || (widen && field.Type == ValueType.Int64 && type == ValueType.Double)
            ? new LabelColumn(name, type, source.IndexOf(name))
            : throw new TrainingSetException(
                $"The {kind} '{name}' of the feature service '{service.Name}' is {((ModelType)type).ToName()}, but '{source.Name}', the source of the label '{label.Name}', has it as {((ModelType)field.Type).ToName()}.");
    }
}

/// <param name="Field">Index of the field in the label's source.</param>
internal sealed record LabelColumn(string Name, ValueType Type, int Field);
