using CloudNativeAi.Modeling;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Evaluation;

internal static class Baselines
{
    public static ModelBaseline Of(ModelSignature signature, EncodedMatrix train, double[] validationScores, EncodedMatrix validation) => new(
        ModelBaseline.CurrentFormatVersion,
        train.Rows,
        [.. signature.Features.Select((feature, column) => feature.Vocabulary is { } vocabulary
            ? BaselineBuilder.Categorical(feature.Name, vocabulary, train.Column(column))
            : BaselineBuilder.Numeric(feature.Name, train.Column(column)))],
        validation.Rows,
        BaselineBuilder.Numeric(ModelSignature.OutputName, validationScores),
        (double)validation.Labels.AsSpan().Count(true) / validation.Rows);
}
