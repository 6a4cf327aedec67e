using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Flights;

/// <summary>What the sample plays, and how fast. Command line: <c>--Flights:Data DIR --Flights:Speed 3600 --Flights:Until 2014-09-01 --Flights:Seed 42</c>.</summary>
public sealed class FlightsOptions
{
    /// <summary>A folder of flights*.csv, weather*.csv, planes*.csv (or .gz). Unset: real flights of a package, else generated ones.</summary>
    public string? Data { get; set; }

    /// <summary>Seconds of simulated time in one second of real time; 0 is as fast as it goes.</summary>
    [Range(0, 1_000_000)]
    public double Speed { get; set; } = 3_600;

    /// <summary>The replay ends here (ISO 8601); unset: at the end of the data.</summary>
    public DateTimeOffset? Until { get; set; }

    /// <summary>Seed of the generator.</summary>
    public int Seed { get; set; } = 42;
}

[OptionsValidator]
internal sealed partial class FlightsOptionsValidator : IValidateOptions<FlightsOptions>;
