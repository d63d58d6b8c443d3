using System;
using System.Runtime.InteropServices;

namespace Mmf;

/// <summary>An opening of a map, closed when it is disposed or forgotten.</summary>
internal sealed class MapHandle : SafeHandle
{
    internal MapHandle(mmf_map_t id)
        : base(IntPtr.Zero, ownsHandle: true)
    {
        Id = id;
        // The library's number has 64 bits, also where a pointer has 32; this only says that there is one.
        SetHandle((IntPtr)1);
    }

    // The library tells a number that was closed from one that never was, so a call that races with
    // Dispose fails and does no harm.
    internal mmf_map_t Id { get; }

    public override bool IsInvalid => handle == IntPtr.Zero;

    protected override unsafe bool ReleaseHandle() => NativeMethods.mmf_map_close(Id, null) == Status.Ok;
}
