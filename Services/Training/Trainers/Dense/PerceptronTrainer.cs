using CloudNativeAi.Modeling;
using CloudNativeAi.Modeling.Dense;

namespace CloudNativeAi.Training.Trainers.Dense;

/// <summary>A multilayer perceptron of two hidden layers, trained by Adam; keeps the epoch with the best validation AUC.</summary>
internal sealed class PerceptronTrainer() : Trainer("mlp",
[
    HyperParameter.Whole("hidden_units", 1, 1_024, 64),
    HyperParameter.Whole("hidden_units_2", 1, 1_024, 32),
    HyperParameter.Whole("epochs", 1, 1_000, 8),
    HyperParameter.Whole("batch_size", 1, 65_536, 256),
    new("learning_rate", 1e-6, 1, 1e-3),
    new("l2", 0, 1, 1e-4),
])
{
    public override TrainedModel Train(TrainingInput input, Action<double> progress, CancellationToken cancellationToken)
    {
        var random = new SplitMix(input.Seed);
        var design = new DenseDesign(DenseDesign.Fit(input.Train, input.Features), input.Train);
        var parameters = input.HyperParameters;
        var gradients = new PerceptronGradients(design, [parameters.Int("hidden_units"), parameters.Int("hidden_units_2")], random);
        var optimizer = new Adam(gradients.Layers, parameters["learning_rate"], parameters["l2"]);

        var order = Enumerable.Range(0, design.Rows).ToArray();
        var (epochs, batch) = (parameters.Int("epochs"), parameters.Int("batch_size"));
        DenseNetwork? best = null;
        double[] bestScores = [];
        var (bestEpoch, curve) = (0, new List<double>());
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            random.Shuffle(order);
            for (var start = 0; start < order.Length; start += batch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                gradients.Compute(order.AsSpan(start, Math.Min(batch, order.Length - start)));
                optimizer.Step(gradients.WeightGradients, gradients.BiasGradients);
                progress((epoch - 1 + ((double)start / order.Length)) / epochs);
            }

            var network = gradients.ToNetwork();
            var scores = LogisticRegressionTrainer.Score(network, input.Validation);
            curve.Add(RocAuc.Compute(scores, input.Validation.Labels).Value);
            if (best is null || curve[^1] > curve[bestEpoch - 1])
            {
                (best, bestScores, bestEpoch) = (network, scores, epoch);
            }
        }

        return new TrainedModel(bestScores, best!.ToOnnx(), DenseImportance.Of(best), DenseImportance.Kind, bestEpoch, curve);
    }
}
