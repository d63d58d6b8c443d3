using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Threading;

namespace Mmf;

/// <summary>How a map is created or opened, where .NET's own parameters say too little.</summary>
public sealed class MapOptions
{
    /// <summary>What the map is created or opened for.</summary>
    public MemoryMappedFileAccess Access { get; set; } = MemoryMappedFileAccess.ReadWrite;

    /// <summary>For opening: what the handle may do. 0: what belongs to <see cref="Access"/>.</summary>
    public MemoryMappedFileRights Rights { get; set; }

    /// <summary>For creating memory: whether it is reserved at once.</summary>
    public MemoryMappedFileOptions Allocation { get; set; }

    /// <summary>Whether programs that this process starts get the handle.</summary>
    public HandleInheritability Inheritability { get; set; }

    /// <summary>For creating: the Unix permission bits. Default: 0600, the creating user alone.</summary>
    public int? UnixMode { get; set; }

    /// <summary>For creating: the owning user on Unix. Default: the creating one.</summary>
    public long? UserId { get; set; }

    /// <summary>For creating: the owning group on Unix. Default: the creating one.</summary>
    public long? GroupId { get; set; }

    /// <summary>For creating: a Windows security descriptor in SDDL.</summary>
    public string? SecurityDescriptor { get; set; }

    /// <summary>For opening: how long to wait for a map that does not exist yet. <see cref="Timeout.InfiniteTimeSpan"/>: without end.</summary>
    public TimeSpan Wait { get; set; } = TimeSpan.Zero;

    /// <summary>For opening: whose map is opened, on Unix.</summary>
    public TrustedOwner TrustedOwner { get; set; } = TrustedOwner.SelfAndRoot;
}
