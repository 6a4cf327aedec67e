namespace Aspire.Hosting.Building;

/// <summary>An error in the model is the user's to correct: its message says how, a stack trace would bury it.</summary>
internal static class UnhandledErrors
{
    private static int _installed;

    public static void PrintPlainly()
    {
        if (Interlocked.Exchange(ref _installed, 1) == 0)
        {
            AppDomain.CurrentDomain.UnhandledException += (_, arguments) =>
            {
                if (arguments.ExceptionObject is DistributedApplicationException exception)
                {
                    Print(exception);
                    Environment.Exit(1);
                }
            };
        }
    }

    public static void Print(DistributedApplicationException exception) => Console.Error.WriteLine($"error: {exception.Message}");
}
