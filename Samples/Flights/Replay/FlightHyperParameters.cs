namespace CloudNativeAi.Flights.Replay;

/// <summary>LightGBM's parameters for the sample, under LightGBM's own names.</summary>
internal static class FlightHyperParameters
{
    public static readonly Dictionary<string, string> All = new Dictionary<string, string>
    {
        ["num_iterations"] = "400",
        ["early_stopping_round"] = "50",
        ["learning_rate"] = "0.05",
        ["num_leaves"] = "31",
        ["min_data_in_leaf"] = "100",
        ["feature_fraction"] = "0.6",
        ["bagging_fraction"] = "0.8",
        ["bagging_freq"] = "1",
        ["lambda_l2"] = "5",
        ["max_cat_to_onehot"] = "4",
        ["cat_smooth"] = "50",
        ["cat_l2"] = "20",
    };
}
