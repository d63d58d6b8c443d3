using System;
using System.Runtime.InteropServices;

namespace Mmf;

/// <summary>An opening of a map, closed when it is disposed or finalized.</summary>
internal sealed class MapHandle : SafeHandle
{
    internal MapHandle(mmf_map_t id)
        : base(IntPtr.Zero, ownsHandle: true)
    {
        Id = id;
        // The library's handle has 64 bits even if a pointer has 32. This value only says that there is a handle.
        SetHandle((IntPtr)1);
    }

    // The library recognizes handles that were closed, so a call that races with
    // Dispose fails and does no harm.
    internal mmf_map_t Id { get; }

    public override bool IsInvalid => handle == IntPtr.Zero;

    protected override unsafe bool ReleaseHandle() => NativeMethods.mmf_map_close(Id, null) == Status.Ok;
}
