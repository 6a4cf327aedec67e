using System.Globalization;
using System.Text;
using CloudNativeAi.Modeling;
using CloudNativeAi.Modeling.Trees;

namespace CloudNativeAi.Training.Trainers.LightGbm;

/// <summary>Gradient-boosted trees, grown until the validation AUC no longer improves.</summary>
internal sealed class LightGbmTrainer() : Trainer("lightgbm",
[
    HyperParameter.Whole(Iterations, 1, 10_000, 400),
    HyperParameter.Whole(EarlyStopping, 0, 1_000, 50),
    HyperParameter.Whole("num_leaves", 2, 4_096, 31),
    HyperParameter.Whole("max_depth", -1, 64, -1),
    new("learning_rate", 1e-6, 1, 0.05),
    HyperParameter.Whole("min_data_in_leaf", 1, 1_000_000, 20),
    new("min_sum_hessian_in_leaf", 0, 1e6, 1e-3),
    new("min_gain_to_split", 0, 1e6, 0),
    new("feature_fraction", 0.01, 1, 1),
    new("feature_fraction_bynode", 0.01, 1, 1),
    new("bagging_fraction", 0.01, 1, 1),
    HyperParameter.Whole("bagging_freq", 0, 1_000, 0),
    new("lambda_l1", 0, 1e6, 0),
    new("lambda_l2", 0, 1e6, 0),
    new("path_smooth", 0, 1e6, 0),
    HyperParameter.Flag("extra_trees", false),
    HyperParameter.Whole("max_bin", 2, 65_535, 255),
    new("cat_smooth", 0, 1e6, 10),
    new("cat_l2", 0, 1e6, 10),
    HyperParameter.Whole("max_cat_to_onehot", 1, 1_000, 4),
    HyperParameter.Whole("max_cat_threshold", 1, 1_000, 32),
    HyperParameter.Whole("min_data_per_group", 1, 1_000_000, 100),
    HyperParameter.Whole(Threads, 1, 64, 1),
])
{
    // 0 turns it off.
    private const string EarlyStopping = "early_stopping_round";
    private const string Iterations = "num_iterations";
    private const string Threads = "num_threads";

    public override TrainedModel Train(TrainingInput input, Action<double> progress, CancellationToken cancellationToken)
    {
        var parameters = ToText(input);
        using var train = new LightGbmDataset(input.Train, parameters);
        using var validation = new LightGbmDataset(input.Validation, parameters, binsOf: train);
        using var booster = new LightGbmBooster(train, validation, parameters);

        var (iterations, curve) = Grow(booster, input.HyperParameters, progress, cancellationToken);
        var text = booster.Save(iterations);
        return new TrainedModel(
            booster.Predict(input.Validation, iterations),
            TreeEnsembleOnnx.Write(LightGbmModelText.Parse(text)),
            booster.Importance(input.Train.Columns, iterations),
            "Total gain of the splits on the feature",
            iterations,
            curve,
            text);
    }

    // Keeps the iteration with the best validation AUC.
    private static (int Iterations, List<double> Curve) Grow(
        LightGbmBooster booster, HyperParameters hyperParameters, Action<double> progress, CancellationToken cancellationToken)
    {
        var (limit, patience) = (hyperParameters.Int(Iterations), hyperParameters.Int(EarlyStopping));
        var curve = new List<double>();
        var best = 0;
        while (curve.Count < limit && (patience == 0 || curve.Count - best <= patience))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!booster.Grow())
            {
                break;
            }

            curve.Add(booster.EvaluateValidation());
            best = best == 0 || curve[^1] > curve[best - 1] ? curve.Count : best;
            progress((double)curve.Count / limit);
        }

        return (Math.Max(1, patience == 0 ? curve.Count : best), curve);
    }

    // One thread's sums are always in the same order; deterministic=true and row-wise histograms keep several threads' too.
    private static string ToText(TrainingInput input)
    {
        var text = new StringBuilder("objective=binary metric=auc verbosity=-1 deterministic=true force_row_wise=true");
        text.Append(CultureInfo.InvariantCulture, $" seed={input.Seed}");
        foreach (var (name, value) in input.HyperParameters.ToText())
        {
            // Iterations are counted here.
            if (name is not (Iterations or EarlyStopping))
            {
                text.Append(' ').Append(name).Append('=').Append(value);
            }
        }

        var categorical = input.Features.Index().Where(feature => feature.Item.Kind == FeatureKind.Categorical).Select(feature => feature.Index).ToList();
        return categorical.Count == 0 ? text.ToString() : text.Append(" categorical_feature=").AppendJoin(',', categorical).ToString();
    }
}
