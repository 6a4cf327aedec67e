using System.Globalization;
using CloudNativeAi.Contracts.ModelRegistry;

namespace CloudNativeAi.Web.Live;

/// <summary>What decides which version answers, as a person sees it before changing it. 0: there is no such version.</summary>
/// <param name="ChallengerShare">0 to 1, of the requests that name neither a version nor an alias.</param>
/// <param name="ShadowsChallenger">The champion's requests are run on the challenger as well, which nobody hears of.</param>
public sealed record TrafficSplit(double ChallengerShare, bool ShadowsChallenger, int ChampionVersion, int ChallengerVersion)
{
    public const string Challenger = "challenger";

    public int ChallengerPercent => (int)Math.Round(Math.Clamp(ChallengerShare, 0, 1) * 100);

    public static TrafficSplit Of(ModelState state) => new(
        state.Traffic?.ChallengerShare ?? 0, state.Traffic?.ShadowChallenger ?? false,
        state.Aliases.TryGetValue(PathFigures.Champion, out var champion) ? champion : 0,
        state.Aliases.TryGetValue(Challenger, out var challenger) ? challenger : 0);

    /// <summary>Such as "challenger v8 answers 10 %, champion v7 the rest; no mirroring".</summary>
    public string Describe() =>
        $"{Challenger} {Version(ChallengerVersion)} answers {Percent(ChallengerShare)}, {PathFigures.Champion} {Version(ChampionVersion)} the rest; {(ShadowsChallenger ? "mirrored to the challenger" : "no mirroring")}";

    public static string Version(int version) => version == 0 ? "(none)" : $"v{version}";

    /// <summary>A share of one, with as many decimals as it has, up to two.</summary>
    public static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + "\u202f%";
}
