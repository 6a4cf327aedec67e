using System.Numerics.Tensors;

namespace CloudNativeAi.Training.Trainers.Dense;

/// <summary>Minimizes a smooth function (Nocedal and Wright, algorithm 7.5) with a backtracking line search.</summary>
internal static class LimitedMemoryBfgs
{
    private const int Memory = 10;
    private const double SufficientDecrease = 1e-4;
    private const double GradientTolerance = 1e-6;
    private const double LossTolerance = 1e-10;
    private const int MaxHalvings = 30;

    /// <summary>Writes the gradient at the point and returns the loss.</summary>
    public delegate double Objective(ReadOnlySpan<double> point, Span<double> gradient);

    public static (double[] Point, int Iterations) Minimize(
        double[] start, Objective objective, int maxIterations, Action<int> progress, CancellationToken cancellationToken)
    {
        var point = (double[])start.Clone();
        var gradient = new double[point.Length];
        var loss = objective(point, gradient);
        var steps = new List<Step>();
        var iteration = 0;
        for (; iteration < maxIterations && TensorPrimitives.MaxMagnitude<double>(gradient) is not (< GradientTolerance and > -GradientTolerance); iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var direction = Direction(gradient, steps);
            if (Search(point, loss, gradient, direction, objective) is not { } next)
            {
                break;
            }

            Remember(steps, point, gradient, next);
            var gain = loss - next.Loss;
            (point, gradient, loss) = (next.Point, next.Gradient, next.Loss);
            progress(iteration + 1);
            if (gain <= LossTolerance * Math.Max(1, Math.Abs(loss)))
            {
                iteration++;
                break;
            }
        }

        return (point, iteration);
    }

    // The two-loop recursion: minus the inverse Hessian, as the last steps show it, times the gradient.
    private static double[] Direction(double[] gradient, List<Step> steps)
    {
        var direction = new double[gradient.Length];
        TensorPrimitives.Negate<double>(gradient, direction);
        var factors = new double[steps.Count];
        for (var index = steps.Count - 1; index >= 0; index--)
        {
            var step = steps[index];
            factors[index] = TensorPrimitives.Dot<double>(step.Move, direction) / step.Curvature;
            TensorPrimitives.MultiplyAdd(step.Change, -factors[index], direction, direction);
        }

        if (steps.Count > 0)
        {
            var newest = steps[^1];
            TensorPrimitives.Multiply(direction, newest.Curvature / TensorPrimitives.SumOfSquares<double>(newest.Change), direction);
        }

        for (var index = 0; index < steps.Count; index++)
        {
            var step = steps[index];
            var factor = TensorPrimitives.Dot<double>(step.Change, direction) / step.Curvature;
            TensorPrimitives.MultiplyAdd(step.Move, factors[index] - factor, direction, direction);
        }

        return direction;
    }

    private static (double[] Point, double[] Gradient, double Loss)? Search(
        double[] point, double loss, double[] gradient, double[] direction, Objective objective)
    {
        var slope = TensorPrimitives.Dot<double>(gradient, direction);
        if (slope >= 0)
        {
            return null;
        }

        var next = new double[point.Length];
        var nextGradient = new double[point.Length];
        var length = 1.0;
        for (var halving = 0; halving < MaxHalvings; halving++, length /= 2)
        {
            TensorPrimitives.MultiplyAdd(direction, length, point, next);
            var nextLoss = objective(next, nextGradient);
            if (nextLoss <= loss + (SufficientDecrease * length * slope))
            {
                return (next, nextGradient, nextLoss);
            }
        }

        return null;
    }

    private static void Remember(List<Step> steps, double[] point, double[] gradient, (double[] Point, double[] Gradient, double Loss) next)
    {
        var move = new double[point.Length];
        var change = new double[point.Length];
        TensorPrimitives.Subtract<double>(next.Point, point, move);
        TensorPrimitives.Subtract<double>(next.Gradient, gradient, change);
        var curvature = TensorPrimitives.Dot<double>(move, change);
        if (curvature <= 1e-12 * TensorPrimitives.SumOfSquares<double>(change))
        {
            return;
        }

        steps.Add(new Step(move, change, curvature));
        if (steps.Count > Memory)
        {
            steps.RemoveAt(0);
        }
    }

    private sealed record Step(double[] Move, double[] Change, double Curvature);
}
