namespace CloudNativeAi.Inference.Models;

/// <summary>
/// Work that takes a processor for long, such as loading a model or freeing one. Requests are answered by the thread pool, which has as many
/// threads as there are cores and is slow to add one: work that holds one of them makes requests wait for the other.
/// </summary>
internal static class OwnThread
{
    public static Task<T> RunAsync<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <param name="work">Nobody hears of its failure.</param>
    public static void Run(Action work) => _ = RunAsync(() =>
    {
        work();
        return true;
    });
}
