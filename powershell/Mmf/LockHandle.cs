using System;
using System.Runtime.InteropServices;

namespace Mmf;

/// <summary>A content lock that is held, released when it is disposed or finalized.</summary>
internal sealed class LockHandle : SafeHandle
{
    internal LockHandle(mmf_lock_t id)
        : base(IntPtr.Zero, ownsHandle: true)
    {
        Id = id;
        SetHandle((IntPtr)1);
    }

    internal mmf_lock_t Id { get; }

    public override bool IsInvalid => handle == IntPtr.Zero;

    protected override unsafe bool ReleaseHandle() => NativeMethods.mmf_lock_release(Id, null) == Status.Ok;
}
