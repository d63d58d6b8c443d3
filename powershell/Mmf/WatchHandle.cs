using System;
using System.Runtime.InteropServices;

namespace Mmf;

/// <summary>A native watch, closed when it is disposed or finalized.</summary>
internal sealed class WatchHandle : SafeHandle
{
    internal WatchHandle(mmf_watch_t id)
        : base(IntPtr.Zero, ownsHandle: true)
    {
        Id = id;
        SetHandle((IntPtr)1);
    }

    internal mmf_watch_t Id { get; }

    public override bool IsInvalid => handle == IntPtr.Zero;

    protected override unsafe bool ReleaseHandle() => NativeMethods.mmf_watch_close(Id, null) == Status.Ok;
}
