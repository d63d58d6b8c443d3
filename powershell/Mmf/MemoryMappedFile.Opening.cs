using System;
using System.Collections.Generic;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text;
using Real = System.IO.MemoryMappedFiles.MemoryMappedFile;

namespace Mmf;

// Creating and opening: .NET's own methods with .NET's own parameters, and the same with MapOptions.
public sealed unsafe partial class MemoryMappedFile
{
    /// <summary>Creates a map in memory, all of its bytes zero.</summary>
    /// <param name="mapName">The name; <see langword="null"/>: none.</param>
    /// <param name="capacity">The size in bytes.</param>
    public static MemoryMappedFile CreateNew(string? mapName, long capacity) =>
        CreateNew(mapName, capacity, new MapOptions());

    /// <inheritdoc cref="CreateNew(string, long)"/>
    /// <param name="mapName">The name; <see langword="null"/>: none.</param>
    /// <param name="capacity">The size in bytes.</param>
    /// <param name="access">The access. A map that is created for reading stays read-only for every process.</param>
    public static MemoryMappedFile CreateNew(string? mapName, long capacity, MemoryMappedFileAccess access) =>
        CreateNew(mapName, capacity, new MapOptions { Access = access });

    /// <inheritdoc cref="CreateNew(string, long)"/>
    /// <param name="mapName">The name; <see langword="null"/>: none.</param>
    /// <param name="capacity">The size in bytes.</param>
    /// <param name="access">The access to the map.</param>
    /// <param name="options">Whether the memory is reserved at once.</param>
    /// <param name="inheritability">Whether programs that this process starts inherit the handle.</param>
    public static MemoryMappedFile CreateNew(
        string? mapName, long capacity, MemoryMappedFileAccess access, MemoryMappedFileOptions options, HandleInheritability inheritability) =>
        CreateNew(mapName, capacity, new MapOptions { Access = access, Allocation = options, Inheritability = inheritability });

    /// <inheritdoc cref="CreateNew(string, long)"/>
    /// <param name="mapName">The name; <see langword="null"/>: none.</param>
    /// <param name="capacity">The size in bytes.</param>
    /// <param name="options">The options for creating it.</param>
    public static MemoryMappedFile CreateNew(string? mapName, long capacity, MapOptions options) =>
        Make(mapName, options, (char* name, nuint length, mmf_map_options_t* native, mmf_map_t* map, mmf_error_t* error) =>
            NativeMethods.mmf_map_create_new16(name, length, capacity, native, map, error));

    /// <summary>Opens the map with this name, whatever its capacity; creates it if it does not exist.</summary>
    /// <param name="mapName">The name.</param>
    /// <param name="capacity">The size of a new map in bytes.</param>
    public static MemoryMappedFile CreateOrOpen(string mapName, long capacity) =>
        CreateOrOpen(mapName, capacity, new MapOptions());

    /// <inheritdoc cref="CreateOrOpen(string, long)"/>
    /// <param name="mapName">The name.</param>
    /// <param name="capacity">The size of a new map in bytes.</param>
    /// <param name="access">The access to the map.</param>
    public static MemoryMappedFile CreateOrOpen(string mapName, long capacity, MemoryMappedFileAccess access) =>
        CreateOrOpen(mapName, capacity, new MapOptions { Access = access });

    /// <inheritdoc cref="CreateOrOpen(string, long)"/>
    /// <param name="mapName">The name.</param>
    /// <param name="capacity">The size of a new map in bytes.</param>
    /// <param name="access">The access to the map.</param>
    /// <param name="options">Whether the memory of a new map is reserved at once.</param>
    /// <param name="inheritability">Whether programs that this process starts inherit the handle.</param>
    public static MemoryMappedFile CreateOrOpen(
        string mapName, long capacity, MemoryMappedFileAccess access, MemoryMappedFileOptions options, HandleInheritability inheritability) =>
        CreateOrOpen(mapName, capacity, new MapOptions { Access = access, Allocation = options, Inheritability = inheritability });

    /// <inheritdoc cref="CreateOrOpen(string, long)"/>
    /// <param name="mapName">The name.</param>
    /// <param name="capacity">The size of a new map in bytes.</param>
    /// <param name="options">The options for opening or creating it.</param>
    public static MemoryMappedFile CreateOrOpen(string mapName, long capacity, MapOptions options) =>
        Make(mapName, options, (char* name, nuint length, mmf_map_options_t* native, mmf_map_t* map, mmf_error_t* error) =>
            NativeMethods.mmf_map_create_or_open16(name, length, capacity, native, map, error));

    /// <summary>Opens the map with this name.</summary>
    /// <param name="mapName">The name.</param>
    /// <exception cref="FileNotFoundException">No process holds a map with this name.</exception>
    public static MemoryMappedFile OpenExisting(string mapName) => OpenExisting(mapName, new MapOptions());

    /// <inheritdoc cref="OpenExisting(string)"/>
    /// <param name="mapName">The name.</param>
    /// <param name="desiredAccessRights">The rights of the handle.</param>
    public static MemoryMappedFile OpenExisting(string mapName, MemoryMappedFileRights desiredAccessRights) =>
        OpenExisting(mapName, new MapOptions { Rights = desiredAccessRights });

    /// <inheritdoc cref="OpenExisting(string)"/>
    /// <param name="mapName">The name.</param>
    /// <param name="desiredAccessRights">The rights of the handle.</param>
    /// <param name="inheritability">Whether programs that this process starts inherit the handle.</param>
    public static MemoryMappedFile OpenExisting(
        string mapName, MemoryMappedFileRights desiredAccessRights, HandleInheritability inheritability) =>
        OpenExisting(mapName, new MapOptions { Rights = desiredAccessRights, Inheritability = inheritability });

    /// <inheritdoc cref="OpenExisting(string)"/>
    /// <param name="mapName">The name.</param>
    /// <param name="options">The options for opening it, including how long to wait for it.</param>
    public static MemoryMappedFile OpenExisting(string mapName, MapOptions options) =>
        Make(mapName, options, NativeMethods.mmf_map_open16);

    /// <summary>Maps a file that exists.</summary>
    /// <param name="path">The file's path.</param>
    public static MemoryMappedFile CreateFromFile(string path) =>
        CreateFromFile(path, FileMode.Open, null, 0, new MapOptions());

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">How the file is opened.</param>
    public static MemoryMappedFile CreateFromFile(string path, FileMode mode) =>
        CreateFromFile(path, mode, null, 0, new MapOptions());

    /// <inheritdoc cref="CreateFromFile(string, FileMode)"/>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">How the file is opened.</param>
    /// <param name="mapName">A name for the map; <see langword="null"/>: none.</param>
    public static MemoryMappedFile CreateFromFile(string path, FileMode mode, string? mapName) =>
        CreateFromFile(path, mode, mapName, 0, new MapOptions());

    /// <inheritdoc cref="CreateFromFile(string, FileMode)"/>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">How the file is opened.</param>
    /// <param name="mapName">A name for the map; <see langword="null"/>: none.</param>
    /// <param name="capacity">The size in bytes; 0: the size of the file. A shorter file grows.</param>
    public static MemoryMappedFile CreateFromFile(string path, FileMode mode, string? mapName, long capacity) =>
        CreateFromFile(path, mode, mapName, capacity, new MapOptions());

    /// <inheritdoc cref="CreateFromFile(string, FileMode)"/>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">How the file is opened.</param>
    /// <param name="mapName">A name for the map; <see langword="null"/>: none.</param>
    /// <param name="capacity">The size in bytes; 0: the size of the file. A shorter file grows.</param>
    /// <param name="access">The access to the map.</param>
    public static MemoryMappedFile CreateFromFile(
        string path, FileMode mode, string? mapName, long capacity, MemoryMappedFileAccess access) =>
        CreateFromFile(path, mode, mapName, capacity, new MapOptions { Access = access });

    /// <inheritdoc cref="CreateFromFile(string, FileMode)"/>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">How the file is opened.</param>
    /// <param name="mapName">A name for the map; <see langword="null"/>: none.</param>
    /// <param name="capacity">The size in bytes; 0: the size of the file. A shorter file grows.</param>
    /// <param name="options">The options for mapping it.</param>
    public static MemoryMappedFile CreateFromFile(
        string path, FileMode mode, string? mapName, long capacity, MapOptions options) =>
        Make(path, options, (char* file, nuint length, mmf_map_options_t* native, mmf_map_t* map, mmf_error_t* error) =>
        {
            fixed (char* name = mapName)
            {
                return NativeMethods.mmf_map_create_from_file16(
                    file, length, (int)mode, name, NativeText.LengthOf(mapName), capacity, native, map, error);
            }
        }, mapName);

    /// <summary>Maps an open file.</summary>
    /// <param name="fileStream">The file.</param>
    /// <param name="mapName">A name for the map; <see langword="null"/>: none.</param>
    /// <param name="capacity">The size in bytes; 0: the size of the file. A shorter file grows.</param>
    /// <param name="access">The access to the map.</param>
    /// <param name="inheritability">Whether programs that this process starts inherit the handle.</param>
    /// <param name="leaveOpen">Whether the stream stays open when the map is disposed.</param>
    public static MemoryMappedFile CreateFromFile(
        FileStream fileStream, string? mapName, long capacity, MemoryMappedFileAccess access, HandleInheritability inheritability, bool leaveOpen)
    {
        if (fileStream == null)
        {
            throw new ArgumentNullException(nameof(fileStream));
        }
        // The map must contain what the stream still buffers.
        fileStream.Flush();
        return FromHandle(
            fileStream.SafeFileHandle, mapName, capacity, new MapOptions { Access = access, Inheritability = inheritability }, leaveOpen ? null : fileStream);
    }

    /// <summary>Returns a map of this library for any .NET map: the map itself, or a new one over the same memory.</summary>
    /// <param name="map">The map. The caller still owns it.</param>
    /// <param name="access">The access of the new map.</param>
    public static MemoryMappedFile From(Real map, MemoryMappedFileAccess access)
    {
        if (map == null)
        {
            throw new ArgumentNullException(nameof(map));
        }
        return (object)map as MemoryMappedFile
            ?? FromHandle(map.SafeMemoryMappedFileHandle, null, 0, new MapOptions { Access = access }, null);
    }

    /// <summary>Lists the named maps that exist. This also frees the memory of maps whose holders were killed.</summary>
    public static IReadOnlyList<MapEntry> GetMaps()
    {
        MmfLibrary.EnsureLoaded();
        mmf_list16_t list;
        mmf_error_t error;
        Failure.ThrowUnlessOk(NativeMethods.mmf_list_get16(&list, &error), &error);
        try
        {
            var maps = new List<MapEntry>((int)list.length);
            for (nuint index = 0; index < list.length; index++)
            {
                // A later library may add fields to each entry.
                var entry = (mmf_list_entry16_t*)((byte*)list.entries + index * list.stride);
                maps.Add(new MapEntry(
                    NativeText.Copy(entry->name) ?? "",
                    NativeText.Copy(entry->path),
                    entry->capacity,
                    (MapKind)entry->kind,
                    entry->foreign != 0,
                    entry->trusted != 0,
                    UnixPermissions.From(entry->mode, entry->uid, entry->gid)));
            }
            return maps;
        }
        finally
        {
            NativeMethods.mmf_list_free16(list);
        }
    }

    private static MemoryMappedFile FromHandle(
        SafeHandle source, string? mapName, long capacity, MapOptions options, IDisposable? companion)
    {
        bool held = false;
        try
        {
            source.DangerousAddRef(ref held);
            IntPtr descriptor = source.DangerousGetHandle();
            // The library opens its own handle, so the owner of this one does not change.
            return Make(mapName, options, (char* name, nuint length, mmf_map_options_t* native, mmf_map_t* map, mmf_error_t* error) =>
                NativeMethods.mmf_map_create_from_descriptor16(descriptor, 1, name, length, capacity, native, map, error), mapName, companion);
        }
        finally
        {
            if (held)
            {
                source.DangerousRelease();
            }
        }
    }

    private delegate Status Maker(char* text, nuint length, mmf_map_options_t* options, mmf_map_t* map, mmf_error_t* error);

    private static MemoryMappedFile Make(string? text, MapOptions options, Maker make) => Make(text, options, make, text);

    // The text is the name or the path. The options are valid only during the call.
    private static MemoryMappedFile Make(string? text, MapOptions options, Maker make, string? mapName, IDisposable? companion = null)
    {
        if (options == null)
        {
            throw new ArgumentNullException(nameof(options));
        }
        MmfLibrary.EnsureLoaded();
        byte[]? sddl = options.SecurityDescriptor == null ? null : Encoding.UTF8.GetBytes(options.SecurityDescriptor);
        mmf_map_t map;
        mmf_error_t error;
        fixed (char* chars = text)
        fixed (byte* descriptor = sddl)
        {
            var native = new mmf_map_options_t
            {
                struct_size = (uint)sizeof(mmf_map_options_t),
                access = (int)options.Access,
                rights = (int)options.Rights,
                allocation = (int)options.Allocation,
                inheritability = (int)options.Inheritability,
                mode = options.UnixMode ?? -1,
                uid = options.UserId ?? -1,
                gid = options.GroupId ?? -1,
                sddl = descriptor,
                sddl_length = (nuint)(sddl?.Length ?? 0),
                wait_ms = NativeTime.Milliseconds(options.Wait, nameof(options)),
                trusted_owner = options.TrustedOwner.Number,
            };
            Failure.ThrowUnlessOk(make(chars, NativeText.LengthOf(text), &native, &map, &error), &error);
        }
        return Wrap(map, mapName, companion);
    }
}
