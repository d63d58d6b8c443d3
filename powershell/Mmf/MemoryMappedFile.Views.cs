using System;
using System.IO;
using System.IO.MemoryMappedFiles;

namespace Mmf;

// If .NET can map the descriptor, it creates the views; otherwise the library maps the memory and .NET wraps it.
// So the methods return the base types of both.
public sealed unsafe partial class MemoryMappedFile
{
    /// <summary>Creates a stream over the whole map.</summary>
    public new UnmanagedMemoryStream CreateViewStream() => CreateViewStream(0, 0, MemoryMappedFileAccess.ReadWrite);

    /// <summary>Creates a stream over a part of the map.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="size">The size in bytes; 0: up to the end.</param>
    public new UnmanagedMemoryStream CreateViewStream(long offset, long size) =>
        CreateViewStream(offset, size, MemoryMappedFileAccess.ReadWrite);

    /// <summary>Creates a stream over a part of the map.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="size">The size in bytes; 0: up to the end.</param>
    /// <param name="access">The access.</param>
    /// <returns>A <see cref="MemoryMappedViewStream"/>, if .NET can map this memory.</returns>
    public new UnmanagedMemoryStream CreateViewStream(long offset, long size, MemoryMappedFileAccess access)
    {
        if (hasBase)
        {
            return base.CreateViewStream(offset, size, access);
        }
        ViewHandle view = CreateView(offset, size, access);
        return new UnmanagedMemoryStream(view, 0, (long)view.ByteLength, FileAccessOf(access));
    }

    /// <summary>Creates an accessor over the whole map.</summary>
    public new UnmanagedMemoryAccessor CreateViewAccessor() => CreateViewAccessor(0, 0, MemoryMappedFileAccess.ReadWrite);

    /// <summary>Creates an accessor over a part of the map.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="size">The size in bytes; 0: up to the end.</param>
    public new UnmanagedMemoryAccessor CreateViewAccessor(long offset, long size) =>
        CreateViewAccessor(offset, size, MemoryMappedFileAccess.ReadWrite);

    /// <summary>Creates an accessor over a part of the map.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="size">The size in bytes; 0: up to the end.</param>
    /// <param name="access">The access.</param>
    /// <returns>A <see cref="MemoryMappedViewAccessor"/>, if .NET can map this memory.</returns>
    public new UnmanagedMemoryAccessor CreateViewAccessor(long offset, long size, MemoryMappedFileAccess access)
    {
        if (hasBase)
        {
            return base.CreateViewAccessor(offset, size, access);
        }
        ViewHandle view = CreateView(offset, size, access);
        return new UnmanagedMemoryAccessor(view, 0, (long)view.ByteLength, FileAccessOf(access));
    }

    private ViewHandle CreateView(long offset, long size, MemoryMappedFileAccess access)
    {
        mmf_view_t view;
        var found = new mmf_view_info_t { struct_size = (uint)sizeof(mmf_view_info_t) };
        mmf_error_t error;
        Status status = NativeMethods.mmf_view_create(Id, offset, size, (int)access, &view, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
        Failure.ThrowUnlessOk(NativeMethods.mmf_view_get_info(view, &found, &error), &error);
        return new ViewHandle(view, found.pointer, found.size);
    }

    private static FileAccess FileAccessOf(MemoryMappedFileAccess access) => access switch
    {
        MemoryMappedFileAccess.Read => FileAccess.Read,
        MemoryMappedFileAccess.ReadExecute => FileAccess.Read,
        MemoryMappedFileAccess.Write => FileAccess.Write,
        _ => FileAccess.ReadWrite,
    };
}
