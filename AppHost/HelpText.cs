namespace CloudNativeAi.AppHost;

internal static class HelpText
{
    private const string Text = """
        CloudNativeAi: from event to retraining, as one application.

        usage: dotnet run --project AppHost -- [options]

        Run (default): starts the stores, the six services, the web UI and the flights sample, and keeps running until Ctrl+C.
          --sample none            do not start the flights sample
          --data DIR               flights*.csv, weather*.csv and planes*.csv (or .gz) for the sample;
                                   default: real flights of the npm package vega-datasets, else generated ones
          --speed N                simulated seconds a second of the replay (default 3600; 0: as fast as it goes)
          --until TIME             the replay ends here, ISO 8601 (default: the end of the data)
          --seed N                 seed of the generated flights (default 42)
          --port N                 port of the web UI (default 5080; 0: any free port)
          --data-directory DIR     where stores and services keep their data (default: .data in the repository)
          --ephemeral              a data directory of its own, removed at the end

        Publish:
          --publisher manifest --output-path FILE
                                   writes aspire-manifest.json
          --operation publish --step publish --output-path DIR
                                   writes the Helm chart and the delivery files

        Other:
          --log-level LEVEL        of the host itself (Trace ... Critical)
          --help                   this text

        Host: AppHost compiles against Hosting/, which needs neither Docker nor a download. To compile it against the Aspire
        packages instead: dotnet run --project AppHost -p:AspireHosting=nuget
        """;

    public static bool IsAskedFor(string[] args) => args.Any(argument => argument is "--help" or "-h" or "-?");

    public static void Print() => Console.WriteLine(Text);
}
