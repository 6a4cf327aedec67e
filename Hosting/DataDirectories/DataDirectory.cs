using System.Globalization;

namespace Aspire.Hosting.DataDirectories;

/// <summary>
/// Where one application keeps what must be there at its next start: volumes, generated secrets.
/// One run at a time owns it; an ephemeral one goes away with the run.
/// </summary>
internal sealed class DataDirectory(string path, bool isEphemeral) : IDisposable
{
    private const UnixFileMode PrivateDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Servers that drop root's privileges must be able to pass through to their own folder.
    private const UnixFileMode PassableDirectory = PrivateDirectory | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private FileStream? _lock;

    public string Path { get; } = path;

    public bool IsEphemeral { get; } = isEphemeral;

    public Secrets Secrets => new(System.IO.Path.Combine(Path, "secrets.json"), this);

    public void EnsureCreated()
    {
        if (!Directory.Exists(Path))
        {
            Directory.CreateDirectory(Path, PassableDirectory);
        }
    }

    /// <summary>Takes the directory for this run.</summary>
    public void Lock()
    {
        EnsureCreated();
        var file = System.IO.Path.Combine(Path, "host.lock");
        try
        {
            _lock = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new DistributedApplicationException(
                $"Another run of this application (process {ReadOwner(file)}) uses the data directory '{Path}'. Stop it, or choose another directory with --data-directory DIR or --ephemeral.",
                exception);
        }

        _lock.SetLength(0);
        File.WriteAllText(OwnerFile(file), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Directory of a named volume, kept between runs.</summary>
    public string Volume(string name) => Create(System.IO.Path.Combine(Path, "volumes", Safe(name)));

    /// <summary>Directory of a resource without a volume: empty at every start.</summary>
    public string Session(string resourceName)
    {
        var directory = System.IO.Path.Combine(Path, "session", Safe(resourceName));
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        return Create(directory);
    }

    /// <summary>Directory of files that the host itself writes for a resource, such as a server's configuration.</summary>
    public string Settings(string resourceName)
    {
        var directory = System.IO.Path.Combine(Path, "settings", Safe(resourceName));
        return Directory.CreateDirectory(directory, PrivateDirectory).FullName;
    }

    public void Dispose()
    {
        _lock?.Dispose();
        _lock = null;
        if (IsEphemeral)
        {
            Remove();
        }
    }

    // A process that is just ending may write its last file meanwhile. What cannot be removed is said, and does not fail the run that is over.
    private void Remove()
    {
        const int Attempts = 50;
        for (var attempt = 1; Directory.Exists(Path); attempt++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
                return;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                if (attempt == Attempts)
                {
                    Console.Error.WriteLine($"The ephemeral data directory '{Path}' could not be removed; remove it by hand. {exception.Message}");
                    return;
                }

                Thread.Sleep(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private static string Create(string directory) => Directory.CreateDirectory(directory, PassableDirectory).FullName;

    private static string OwnerFile(string lockFile) => lockFile + ".pid";

    private static string ReadOwner(string lockFile) => File.Exists(OwnerFile(lockFile)) ? File.ReadAllText(OwnerFile(lockFile)) : "unknown";

    private static string Safe(string name) =>
        string.Concat(name.Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' ? character : '_')).TrimStart('.');
}
