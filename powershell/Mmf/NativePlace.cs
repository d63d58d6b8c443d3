using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Mmf;

/// <summary>Finds the native library for this system and processor, and the processor that a library is for.</summary>
internal static class NativePlace
{
    /// <summary>The path of the library in a folder; throws if the folder has none for this process.</summary>
    internal static string Find(string folder)
    {
        string system = SystemName();
        string processor = RuntimeInformation.ProcessArchitecture.ToString();
        string cLibrary = system == "Linux" ? CLibraryName(File.ReadAllText("/proc/self/maps")) : "";
        string? below = Below(system, processor, cLibrary);
        if (below == null)
        {
            throw new PlatformNotSupportedException(
                $"There is no mmf library for {system} on {processor}. Build one, and name its absolute path in the "
                + "environment variable MMF_LIBRARY.");
        }
        string path = Path.GetFullPath(Path.Combine(folder, below));
        if (!File.Exists(path))
        {
            string kind = cLibrary.Length == 0 ? "" : ", " + cLibrary;
            throw new DllNotFoundException(
                $"The native library is missing: looked for '{path}' ({system}, {processor}{kind}). Install the module "
                + "again, or name the absolute path of a library in the environment variable MMF_LIBRARY.");
        }
        return path;
    }

    /// <summary>The library's place in a package, for a system, a processor and a C library; null if there is none.</summary>
    internal static string? Below(string system, string processor, string cLibrary)
    {
        string? place = (system + cLibrary) switch
        {
            "Windows" => "win",
            "MacOS" => "osx",
            "Linuxglibc" => "linux",
            "Linuxmusl" => "linux-musl",
            _ => null,
        };
        string? suffix = processor.ToUpperInvariant() switch
        {
            "X64" => "x64",
            "X86" => "x86",
            "ARM64" => "arm64",
            "ARM" => "arm",
            _ => null,
        };
        string file = place == "win" ? NativeMethods.Library + ".dll" : place == "osx" ? "libmmf.dylib" : "libmmf.so";
        return place == null || suffix == null ? null : $"runtimes/{place}-{suffix}/native/{file}";
    }

    /// <summary>The C library of a process, found in its mappings (<c>/proc/self/maps</c>).</summary>
    internal static string CLibraryName(string mapped) =>
        mapped.Contains("/ld-musl-") || mapped.Contains("/libc.musl-") ? "musl" : "glibc";

    /// <summary>Throws if a file is a library for another processor, because the systems' own messages for that are misleading.</summary>
    internal static void CheckProcessor(string path)
    {
        string? processor = ProcessorOf(path);
        string own = RuntimeInformation.ProcessArchitecture.ToString();
        if (processor != null && processor != own)
        {
            throw new BadImageFormatException(
                $"The native library '{path}' is for {processor} processors, and this process runs as {own}: install the "
                + "library for this processor, or name one in the environment variable MMF_LIBRARY.",
                path);
        }
    }

    // ELF and PE have the processor in a 16-bit number near the beginning. Null for other formats, which
    // the system checks.
    private static string? ProcessorOf(string path)
    {
        var head = new byte[4096];
        int length;
        using (FileStream file = File.OpenRead(path))
        {
            length = file.Read(head, 0, head.Length);
        }
        if (length >= 20 && head[0] == 0x7F && head[1] == 'E' && head[2] == 'L' && head[3] == 'F')
        {
            return BitConverter.ToUInt16(head, 18) switch
            {
                0x03 => "X86",
                0x28 => "Arm",
                0x3E => "X64",
                0xB7 => "Arm64",
                _ => "other",
            };
        }
        if (length >= 64 && head[0] == 'M' && head[1] == 'Z')
        {
            int header = BitConverter.ToInt32(head, 60);
            if (header >= 64 && header <= length - 6)
            {
                return BitConverter.ToUInt16(head, header + 4) switch
                {
                    0x014C => "X86",
                    0x01C4 => "Arm",
                    0x8664 => "X64",
                    0xAA64 => "Arm64",
                    _ => "other",
                };
            }
        }
        return null;
    }

    private static string SystemName() =>
        Path.DirectorySeparatorChar == '\\' ? "Windows"
        : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? "MacOS"
        : RuntimeInformation.IsOSPlatform(OSPlatform.Linux) ? "Linux"
        : RuntimeInformation.OSDescription;
}
