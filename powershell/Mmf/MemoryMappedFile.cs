extern alias derivable;

using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Reflection;
using System.Runtime.Serialization;

namespace Mmf;

/// <summary>
/// A memory-mapped file that can have a name on every system. It derives from .NET's class, so every API that accepts
/// that class accepts this one.
/// </summary>
/// <remarks>
/// A named map exists as long as any process has it open. <see cref="IDisposable.Dispose"/>
/// frees it at once. All members may be used on any thread at any time, <c>Dispose</c> included.
/// </remarks>
public sealed unsafe partial class MemoryMappedFile : derivable::System.IO.MemoryMappedFiles.MemoryMappedFile
{
    // Set by Wrap: neither constructors nor initializers run.
    private MapHandle handle = null!;
    private IDisposable? companion;
    private mmf_map_info_t info;

    // Whether the base class can make views of this map.
    private bool hasBase;

    // .NET's class has no accessible constructor. This one satisfies the compiler and never runs.
    private MemoryMappedFile()
    {
    }

    /// <summary>The name that the map was created or opened by; <see langword="null"/> if it has none.</summary>
    public string? Name { get; private set; }

    /// <summary>The path of a file map; <see langword="null"/> if it has no file, or the path is not known.</summary>
    public string? Path { get; private set; }

    /// <summary>The size of the map in bytes.</summary>
    public long Capacity => info.capacity;

    /// <summary>The kind of the map.</summary>
    public MapKind Kind => (MapKind)info.kind;

    /// <summary>The access that the map was created or opened with.</summary>
    public MemoryMappedFileAccess Access => (MemoryMappedFileAccess)info.access;

    /// <summary>Whether a program that does not use this library created the map.</summary>
    public bool IsForeign => Look().foreign != 0;

    /// <summary>Whether another program removed the map's name. The memory stays valid.</summary>
    public bool IsOrphaned => Look().orphaned > 0;

    /// <summary>Whether programs that this process starts inherit the handle.</summary>
    public bool IsInheritable => Look().inheritable != 0;

    /// <summary>Whether the map was disposed.</summary>
    public bool IsDisposed => handle.IsClosed;

    // For tests: as if .NET could not map the descriptor.
    internal static bool OwnViewsOnly { get; set; }

    internal mmf_map_t Id => handle.Id;

    /// <summary>The map in messages: its name, or the path of its file.</summary>
    public override string ToString() => Name ?? Path ?? "(anonymous)";

    /// <summary>Closes the map and its companion. Existing views stay valid.</summary>
    /// <param name="disposing">Always <see langword="true"/>.</param>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
        {
            return;
        }
        HeldLock.ReleaseAll(this);
        if (hasBase)
        {
            base.Dispose(true);
        }
        handle.Dispose();
        CloseWatches();
        companion?.Dispose();
    }

    // Creates an object for a handle of the library; the companion is disposed with it.
    private static MemoryMappedFile Wrap(mmf_map_t id, string? name, IDisposable? companion = null)
    {
        var handle = new MapHandle(id);
        try
        {
            var map = (MemoryMappedFile)FormatterServices.GetUninitializedObject(typeof(MemoryMappedFile));
            map.handle = handle;
            map.companion = companion;
            map.Name = name;
            map.info = map.Look();
            mmf_text16_t path;
            if (NativeMethods.mmf_map_get_path16(id, &path, null) == Status.Ok)
            {
                map.Path = NativeText.Take(path);
            }
            map.hasBase = !OwnViewsOnly && map.FillBase();
            return map;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private mmf_map_info_t Look()
    {
        var found = new mmf_map_info_t { struct_size = (uint)sizeof(mmf_map_info_t) };
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_get_info(Id, &found, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
        return found;
    }

    private bool FillBase()
    {
        // Before there is a descriptor without an owner.
        FieldInfo[] fields = NetMap.FindFields();
        nint descriptor;
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_duplicate_descriptor(Id, &descriptor, &error);
        if (status == Status.NotSupported)
        {
            return false;
        }
        Failure.ThrowUnlessOk(status, &error);
        return NetMap.Fill(this, fields, descriptor, Capacity, Access, info.inheritable != 0);
    }
}
