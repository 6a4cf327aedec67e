using System.Text.Json;

namespace Aspire.Hosting;

/// <summary>Generated values, one JSON file that only the owner can read.</summary>
internal sealed class Secrets(string file, DataDirectories.DataDirectory directory)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly Lock FileLock = new();

    public string GetOrAdd(string key, Func<string> create)
    {
        lock (FileLock)
        {
            var values = Read();
            if (!values.TryGetValue(key, out var value))
            {
                values[key] = value = create();
                Write(values);
            }

            return value;
        }
    }

    private SortedDictionary<string, string> Read()
    {
        if (!File.Exists(file))
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllText(file)) ?? [];
        }
        catch (JsonException exception)
        {
            throw new DistributedApplicationException($"The generated secrets in '{file}' cannot be read: {exception.Message} Restore the file, or delete the data directory with everything in it.", exception);
        }
    }

    private void Write(SortedDictionary<string, string> values)
    {
        directory.EnsureCreated();

        // Written beside and moved over: a crash leaves the old file or the new one.
        var temporary = file + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(temporary, options))
        {
            JsonSerializer.Serialize(stream, values, Indented);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }
}
