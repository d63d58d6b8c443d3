using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Threading;

namespace Mmf;

/// <summary>Options for creating or opening a map that .NET's own parameters do not have.</summary>
public sealed class MapOptions
{
    /// <summary>The access that the map is created or opened with.</summary>
    public MemoryMappedFileAccess Access { get; set; } = MemoryMappedFileAccess.ReadWrite;

    /// <summary>For opening: the rights of the handle. 0: the rights that <see cref="Access"/> implies.</summary>
    public MemoryMappedFileRights Rights { get; set; }

    /// <summary>For creating a map in memory: whether the memory is reserved at once.</summary>
    public MemoryMappedFileOptions Allocation { get; set; }

    /// <summary>Whether programs that this process starts inherit the handle.</summary>
    public HandleInheritability Inheritability { get; set; }

    /// <summary>For creating: the Unix permission bits. Default: 0600, only the creating user.</summary>
    public int? UnixMode { get; set; }

    /// <summary>For creating: the owning user on Unix. Default: the creating one.</summary>
    public long? UserId { get; set; }

    /// <summary>For creating: the owning group on Unix. Default: the creating one.</summary>
    public long? GroupId { get; set; }

    /// <summary>For creating: a Windows security descriptor in SDDL.</summary>
    public string? SecurityDescriptor { get; set; }

    /// <summary>For opening: how long to wait for a map that does not exist yet. <see cref="Timeout.InfiniteTimeSpan"/>: without a limit.</summary>
    public TimeSpan Wait { get; set; } = TimeSpan.Zero;

    /// <summary>For opening on Unix: the users whose maps are opened.</summary>
    public TrustedOwner TrustedOwner { get; set; } = TrustedOwner.SelfAndRoot;
}
