using System.IO;

namespace Mmf.PowerShell;

/// <summary>Writes files in the cases that the library does not support: other encodings, and appending to a file.</summary>
internal static class FileWriter
{
    /// <summary>Writes bytes into a file. A file that was empty gets the byte order mark first.</summary>
    internal static void Write(string path, byte[] bytes, byte[] mark, bool append, bool keepExisting)
    {
        if (keepExisting && File.Exists(path))
        {
            throw StatusTable.Create(
                Status.AlreadyExists, $"The file '{path}' exists: omit -NoClobber to replace it, or choose another path.");
        }
        bool isReadOnly = File.Exists(path) && (File.GetAttributes(path) & FileAttributes.ReadOnly) != 0;
        if (isReadOnly)
        {
            File.SetAttributes(path, File.GetAttributes(path) & ~FileAttributes.ReadOnly);
        }
        try
        {
            using var file = new FileStream(path, append ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read);
            if (file.Position == 0)
            {
                file.Write(mark, 0, mark.Length);
            }
            file.Write(bytes, 0, bytes.Length);
        }
        finally
        {
            if (isReadOnly)
            {
                File.SetAttributes(path, File.GetAttributes(path) | FileAttributes.ReadOnly);
            }
        }
    }
}
