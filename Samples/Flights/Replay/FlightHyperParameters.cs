namespace CloudNativeAi.Flights.Replay;

/// <summary>LightGBM's parameters for the sample, under LightGBM's own names.</summary>
internal static class FlightHyperParameters
{
    public static readonly Dictionary<string, string> All = new Dictionary<string, string>
    {
        ["num_iterations"] = "300",
        ["learning_rate"] = "0.05",
        ["num_leaves"] = "31",
        ["min_data_in_leaf"] = "100",
        ["feature_fraction"] = "0.8",
        ["lambda_l2"] = "5",
    };
}
