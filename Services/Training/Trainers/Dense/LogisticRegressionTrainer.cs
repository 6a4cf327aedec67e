using System.Numerics.Tensors;
using CloudNativeAi.Modeling.Dense;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Trainers.Dense;

/// <summary>Logistic regression with an L2 penalty: the model that every other must not be worse than.</summary>
internal sealed class LogisticRegressionTrainer() : Trainer("logistic_regression",
[
    // As a sum over rows, not a mean: scikit-learn's 1 / C.
    new("l2", 0, 1e9, 1),
    HyperParameter.Whole("max_iterations", 1, 10_000, 200),
])
{
    public override TrainedModel Train(TrainingInput input, Action<double> progress, CancellationToken cancellationToken)
    {
        var design = new DenseDesign(DenseDesign.Fit(input.Train, input.Features), input.Train);
        var width = design.Input.Width;
        var penalty = input.HyperParameters["l2"] / design.Rows;
        var limit = input.HyperParameters.Int("max_iterations");

        // The bias is the last coefficient and is not penalized.
        var (coefficients, iterations) = LimitedMemoryBfgs.Minimize(
            new double[width + 1],
            (point, gradient) => Loss(design, point, gradient, penalty),
            limit,
            iteration => progress((double)iteration / limit),
            cancellationToken);

        var network = new DenseNetwork(design.Input, [new DenseLayer(width, 1, coefficients[..width], coefficients[width..])]);
        return new TrainedModel(
            Score(network, input.Validation), network.ToOnnx(), DenseImportance.Of(network), DenseImportance.Kind, iterations, []);
    }

    internal static double[] Score(DenseNetwork network, EncodedMatrix matrix)
    {
        var scores = new double[matrix.Rows];
        for (var row = 0; row < scores.Length; row++)
        {
            scores[row] = network.Score(matrix.Row(row));
        }

        return scores;
    }

    private static double Loss(DenseDesign design, ReadOnlySpan<double> point, Span<double> gradient, double penalty)
    {
        var width = design.Input.Width;
        var weights = point[..width];
        var numberWeights = weights[..design.Input.Numeric.Count];
        var numberGradient = gradient[..design.Input.Numeric.Count];
        gradient.Clear();
        double loss = 0;
        for (var row = 0; row < design.Rows; row++)
        {
            var numbers = design.Numbers(row);
            var margin = point[width] + TensorPrimitives.Dot(numbers, numberWeights);
            foreach (var flag in design.Flags(row))
            {
                margin += weights[flag];
            }

            // log(1 + exp(-m)) without overflow.
            var signed = design.Labels[row] ? margin : -margin;
            loss += signed > 0 ? Math.Log(1 + Math.Exp(-signed)) : Math.Log(1 + Math.Exp(signed)) - signed;
            var error = (1 / (1 + Math.Exp(-margin))) - (design.Labels[row] ? 1 : 0);
            TensorPrimitives.MultiplyAdd(numbers, error, numberGradient, numberGradient);
            foreach (var flag in design.Flags(row))
            {
                gradient[flag] += error;
            }

            gradient[width] += error;
        }

        TensorPrimitives.Divide(gradient, design.Rows, gradient);
        TensorPrimitives.MultiplyAdd(weights, penalty, gradient[..width], gradient[..width]);
        return (loss / design.Rows) + (0.5 * penalty * TensorPrimitives.SumOfSquares(weights));
    }
}
