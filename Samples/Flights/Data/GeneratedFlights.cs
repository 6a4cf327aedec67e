namespace CloudNativeAi.Flights.Data;

/// <summary>
/// Seeded stand-in with the schema of the real flights, for machines that have neither the files nor a package registry.
/// Delays have memory (an airport's congestion, the previous leg of the same aircraft), so that there is something to learn.
/// </summary>
internal static class GeneratedFlights
{
    private static readonly string[] Origins = ["SEA", "PDX"];
    private static readonly string[] Destinations = ["SFO", "LAX", "DEN", "ORD", "JFK", "ANC", "PHX", "LAS", "DFW", "ATL", "BOI", "MSP"];
    private static readonly string[] Carriers = ["AS", "WN", "UA", "DL", "AA"];

    public static FlightData Generate(int seed, int days = 120, int flightsPerDay = 160)
    {
        var random = new Random(seed);
        var start = Instant.Parse("2014-04-01T00:00:00Z");
        var tails = Enumerable.Range(0, 180).Select(number => $"N{100 + number}CN").ToArray();
        var tailDelay = new double[tails.Length];
        var congestion = new double[Origins.Length];
        var flights = new List<Flight>(days * flightsPerDay);
        var weather = new List<WeatherHour>(days * 24 * Origins.Length);

        for (var day = 0; day < days; day++)
        {
            for (var hour = 0; hour < 24; hour++)
            {
                var at = start + (day * Instant.Day) + (hour * Instant.Hour);
                for (var origin = 0; origin < Origins.Length; origin++)
                {
                    congestion[origin] = (0.92 * congestion[origin]) + (3.2 * Gaussian(random));
                    var wind = Math.Abs(8 + (0.4 * congestion[origin]) + (3 * Gaussian(random)));
                    weather.Add(new WeatherHour(Origins[origin], at, 50 + (10 * Gaussian(random)), 70, wind, 180, Math.Max(0, 0.02 * Gaussian(random)), 1015, 10));
                }

                var flightsThisHour = hour is >= 13 or < 6 ? flightsPerDay / 17 : 0;
                for (var flight = 0; flight < flightsThisHour; flight++)
                {
                    flights.Add(GenerateFlight(random, flights.Count, at, tails, tailDelay, congestion));
                }
            }
        }

        var planes = tails.Select((tail, index) => new Plane(tail, 1990 + (index % 24), "BOEING", "737", 2, 120 + (index % 80))).ToList();
        flights.Sort((left, right) => left.ScheduledDeparture.CompareTo(right.ScheduledDeparture));

        return new FlightData(
            $"generated flights (seed {seed}; neither --data nor the npm package vega-datasets could be had)",
            flights, weather, planes, start + (days * Instant.Day / 9 * 7));
    }

    private static Flight GenerateFlight(Random random, int number, long hour, string[] tails, double[] tailDelay, double[] congestion)
    {
        var origin = random.Next(Origins.Length);
        var tail = random.Next(tails.Length);
        var carrier = random.Next(Carriers.Length);
        var distance = 300 + random.Next(2200);
        var scheduled = hour + (random.Next(60) * Instant.Minute);
        var departureDelay = Math.Round((0.55 * tailDelay[tail]) + congestion[origin] + (2 * carrier) - 6 + (9 * Gaussian(random)));
        var arrivalDelay = Math.Round(departureDelay - 3 + (7 * Gaussian(random)));
        tailDelay[tail] = Math.Clamp(arrivalDelay, -20, 120);
        var departure = scheduled + ((long)departureDelay * Instant.Minute);
        var duration = (long)(30 + (distance / 7.5)) * Instant.Minute;

        return new Flight(
            $"gen-{number:D6}", scheduled, departure, departure + duration, Carriers[carrier], $"{100 + (number % 800)}", tails[tail],
            Origins[origin], Destinations[random.Next(Destinations.Length)], departureDelay, arrivalDelay, distance);
    }

    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
