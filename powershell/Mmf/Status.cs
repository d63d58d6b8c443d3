namespace Mmf;

/// <summary>The result of a call of the library: the numbers of <c>mmf_status_t</c>.</summary>
/// <remarks>An exception of this library carries its status in <c>Data["mmf_status_t"]</c>; <see cref="StatusTable.StatusOf"/> reads it.</remarks>
public enum Status
{
    /// <summary>Success.</summary>
    Ok = 0,

    /// <summary>An argument is invalid.</summary>
    InvalidArgument = 1,

    /// <summary>A number is outside the allowed range.</summary>
    OutOfRange = 2,

    /// <summary>A required argument is null.</summary>
    NullArgument = 3,

    /// <summary>The handle was not issued by the library, or is of another kind.</summary>
    InvalidHandle = 4,

    /// <summary>The map, view or lock was closed before.</summary>
    Closed = 5,

    /// <summary>The text is not valid UTF-16.</summary>
    InvalidText = 6,

    /// <summary>This operating system cannot do it.</summary>
    NotSupported = 7,

    /// <summary>The view does not have the required access.</summary>
    WrongAccess = 8,

    /// <summary>No process holds a map with this name, or the file does not exist.</summary>
    NotFound = 20,

    /// <summary>A directory of the path does not exist.</summary>
    DirectoryNotFound = 21,

    /// <summary>The name or the file is taken.</summary>
    AlreadyExists = 22,

    /// <summary>The path is longer than the operating system allows.</summary>
    PathTooLong = 23,

    /// <summary>The operating system or the access of the map forbids it.</summary>
    AccessDenied = 24,

    /// <summary>The map was created read-only and stays read-only for every process.</summary>
    ReadOnlyMap = 25,

    /// <summary>Another program has the file open and does not share it.</summary>
    SharingViolation = 26,

    /// <summary>Other processes kept the name busy for too long. Try again.</summary>
    Busy = 27,

    /// <summary>The time for waiting is over.</summary>
    Timeout = 28,

    /// <summary>Something that is not a map has this name.</summary>
    NotAMap = 29,

    /// <summary>The path of a named file map now refers to another file.</summary>
    FileReplaced = 30,

    /// <summary>Another program removed the map's name.</summary>
    Orphaned = 31,

    /// <summary>The path or the descriptor does not refer to a regular file.</summary>
    NotAFile = 32,

    /// <summary>There is not enough memory or disk space.</summary>
    NoSpace = 40,

    /// <summary>The text or the bytes do not fit into the map.</summary>
    TooLong = 41,

    /// <summary>More than the address space or the operating system can hold.</summary>
    TooLarge = 42,

    /// <summary>The file became shorter than the map.</summary>
    Truncated = 43,

    /// <summary>The file cannot change while it is mapped.</summary>
    FileMapped = 44,

    /// <summary>The operating system reported an error that has no status of its own.</summary>
    Io = 60,

    /// <summary>A fault of the library.</summary>
    Internal = 61,
}
