using System.Globalization;
using System.Text.RegularExpressions;

namespace CloudNativeAi.Deployment.Tests.Policies;

/// <summary>Quantities of Kubernetes: a number with a decimal or a binary suffix.</summary>
internal static partial class Quantity
{
    private static readonly Dictionary<string, decimal> Factors = new()
    {
        ["n"] = 1e-9m, ["u"] = 1e-6m, ["m"] = 1e-3m, [""] = 1, ["k"] = 1e3m, ["M"] = 1e6m, ["G"] = 1e9m, ["T"] = 1e12m, ["P"] = 1e15m,
        ["Ki"] = 1L << 10, ["Mi"] = 1L << 20, ["Gi"] = 1L << 30, ["Ti"] = 1L << 40, ["Pi"] = 1L << 50,
    };

    public static bool TryParse(string text, out decimal value)
    {
        value = 0;
        if (Pattern().Match(text) is not { Success: true } match)
        {
            return false;
        }

        value = decimal.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) * Factors[match.Groups["suffix"].Value];
        return true;
    }

    [GeneratedRegex(@"^(?<number>[0-9]+(\.[0-9]+)?)(?<suffix>n|u|m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi|)$")]
    private static partial Regex Pattern();
}
