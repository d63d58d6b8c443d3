using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Mmf;

/// <summary>The native library of this process, and whether its version fits.</summary>
/// <remarks>
/// Programs need not call anything here: .NET finds the library in the package or beside the program.
/// The environment variable <c>MMF_LIBRARY</c>, or <see cref="Load"/>, specify another one.
/// </remarks>
public static class MmfLibrary
{
    private const string Variable = "MMF_LIBRARY";

    private static readonly bool OnWindows = System.IO.Path.DirectorySeparatorChar == '\\';

    private static readonly object Gate = new object();
    // APIs that .NET Framework and .NET Standard 2.0 do not have.
    private static readonly Type? Modern = typeof(object).Assembly.GetType("System.Runtime.InteropServices.NativeLibrary");
    private static volatile bool ready;
    private static bool resolves;
    private static IntPtr loaded;

    /// <summary>The path of the library if it was loaded by its path; <see langword="null"/> if .NET found it.</summary>
    public static string? Path { get; private set; }

    /// <summary>The version of the native library, which this property loads if necessary.</summary>
    public static Version Version
    {
        get
        {
            EnsureLoaded();
            return ReadVersion();
        }
    }

    /// <summary>Uses the library in a folder with the layout of a package: <c>runtimes/…/native</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <remarks><c>MMF_LIBRARY</c> overrides it. Does nothing if a library is loaded already.</remarks>
    public static void LoadFrom(string folder) =>
        Start(() => OverridingPath() ?? NativePlace.Find(folder));

    /// <summary>Uses the library with this path. Does nothing if a library is loaded already.</summary>
    /// <param name="path">The absolute path of the library.</param>
    public static void Load(string path) => Start(() => path ?? throw new ArgumentNullException(nameof(path)));

    /// <summary>Loads the library and checks its version; later calls only check a flag.</summary>
    internal static void EnsureLoaded()
    {
        if (!ready)
        {
            Start(OverridingPath);
        }
    }

    private static void Start(Func<string?> choose)
    {
        lock (Gate)
        {
            if (ready)
            {
                return;
            }
            string? path = choose();
            if (path != null)
            {
                loaded = LoadFile(path);
            }
            if (Modern != null && !resolves)
            {
                SetResolver(Modern);
                resolves = true;
            }
            Check(path);
            Path = path;
            ready = true;
        }
    }

    private static string? OverridingPath()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(named))
        {
            return null;
        }
        if (System.IO.Path.IsPathRooted(named) && File.Exists(named))
        {
            return named;
        }
        throw new DllNotFoundException(
            $"The environment variable {Variable} names '{named}', which is not the absolute path of a file. "
            + "Correct it, or remove it to use the library that comes with this one.");
    }

    private static IntPtr LoadFile(string path)
    {
        NativePlace.CheckProcessor(path);
        try
        {
            return Modern == null ? LoadOnFramework(path) : LoadOnCore(Modern, path);
        }
        catch (Exception failure) when (failure is DllNotFoundException || failure is BadImageFormatException)
        {
            throw new DllNotFoundException(
                $"The native library '{path}' cannot be loaded by this process: install the one for this system, or "
                + $"name another in the environment variable {Variable}. The system says: {failure.Message.Trim()}",
                failure);
        }
    }

    private static IntPtr LoadOnCore(Type nativeLibrary, string path)
    {
        try
        {
            return (IntPtr)nativeLibrary.GetMethod("Load", new[] { typeof(string) })!.Invoke(null, new object[] { path })!;
        }
        catch (TargetInvocationException failure) when (failure.InnerException != null)
        {
            throw failure.InnerException;
        }
    }

    // .NET calls it at the first call of a method of NativeMethods.
    private static void SetResolver(Type nativeLibrary)
    {
        MethodInfo set = nativeLibrary.GetMethod("SetDllImportResolver")!;
        MethodInfo resolve = typeof(MmfLibrary).GetMethod(nameof(Resolve), BindingFlags.Static | BindingFlags.NonPublic)!;
        set.Invoke(null, new object[]
        {
            typeof(MmfLibrary).Assembly, resolve.CreateDelegate(set.GetParameters()[1].ParameterType),
        });
    }

    // The library that was loaded by its path; otherwise the one that .NET finds in the package or beside the program.
    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != NativeMethods.Library)
        {
            return IntPtr.Zero;
        }
        // On Windows the name is the file name, and .NET finds the library.
        if (loaded != IntPtr.Zero || OnWindows)
        {
            return loaded;
        }
        var arguments = new object?[] { "mmf", assembly, searchPath, null };
        MethodInfo load = Array.Find(Modern!.GetMethods(), method => method.Name == "TryLoad" && method.GetParameters().Length == arguments.Length)!;
        load.Invoke(null, arguments);
        return (IntPtr)arguments[3]!;
    }

    // Windows returns a loaded library to every caller that asks for its file name.
    private static IntPtr LoadOnFramework(string path)
    {
        if (!OnWindows)
        {
            return IntPtr.Zero;
        }
        const string File = NativeMethods.Library + ".dll";
        if (!string.Equals(System.IO.Path.GetFileName(path), File, StringComparison.OrdinalIgnoreCase))
        {
            throw new DllNotFoundException($"On .NET Framework the file must be called {File}.");
        }
        const uint LOAD_WITH_ALTERED_SEARCH_PATH = 8;
        IntPtr handle = LoadLibraryExW(System.IO.Path.GetFullPath(path), IntPtr.Zero, LOAD_WITH_ALTERED_SEARCH_PATH);
        if (handle == IntPtr.Zero)
        {
            throw new DllNotFoundException(new System.ComponentModel.Win32Exception().Message);
        }
        return handle;
    }

    [DllImport("kernel32", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
    private static extern IntPtr LoadLibraryExW(string path, IntPtr file, uint flags);

    private static void Check(string? path)
    {
        string shown = path == null ? "that .NET found" : $"'{path}'";
        Version version;
        try
        {
            version = ReadVersion();
        }
        catch (Exception failure) when (failure is DllNotFoundException || failure is EntryPointNotFoundException || failure is BadImageFormatException)
        {
            throw new DllNotFoundException(
                path == null
                    ? "The native library of mmf is missing, or cannot be loaded by this process: install the package for this "
                        + $"system, or name the absolute path of a library in the environment variable {Variable}. The system says: {failure.Message}"
                    : $"'{path}' is not the native library of mmf: install it again, or correct the environment variable {Variable}.",
                failure);
        }
        int needed = typeof(MmfLibrary).Assembly.GetName().Version!.Major;
        if (version.Major != needed)
        {
            throw new DllNotFoundException(
                $"The native library {shown} has the version {version}; this module needs {needed}.x. "
                + $"Install the module again, or correct the environment variable {Variable}.");
        }
    }

    private static unsafe Version ReadVersion()
    {
        uint major, minor, patch;
        NativeMethods.mmf_version_get(&major, &minor, &patch);
        return new Version((int)major, (int)minor, (int)patch);
    }
}
