namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// Which replica's variables, arguments or health are being worked out. Replicas share everything but the port they listen on,
/// so the index travels beside the model instead of through it.
/// </summary>
internal static class ReplicaScope
{
    private static readonly AsyncLocal<int> Index = new();

    public static int CurrentIndex(int count) => Math.Min(Index.Value, count - 1);

    public static Scope Enter(int index)
    {
        var previous = Index.Value;
        Index.Value = index;
        return new Scope(previous);
    }

    internal readonly struct Scope(int previous) : IDisposable
    {
        public void Dispose() => Index.Value = previous;
    }
}
