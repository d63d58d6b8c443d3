using System;
using System.Runtime.InteropServices;

namespace Mmf;

/// <summary>The memory of a view of ours, closed when it is disposed or finalized.</summary>
internal sealed class ViewHandle : SafeBuffer
{
    private readonly mmf_view_t id;

    internal unsafe ViewHandle(mmf_view_t id, void* pointer, ulong size)
        : base(ownsHandle: true)
    {
        this.id = id;
        SetHandle((IntPtr)pointer);
        Initialize(size);
    }

    protected override unsafe bool ReleaseHandle() => NativeMethods.mmf_view_close(id, null) == Status.Ok;
}
