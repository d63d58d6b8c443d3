using System;
using System.Threading;

namespace Mmf;

/// <summary>The content lock of a map, held until it is disposed. <see cref="MemoryMappedFile.Lock()"/> returns one.</summary>
/// <remarks>
/// While it is held, no other caller in any process can change or read the content through this library. Calls by the same
/// caller run under the lock. The operating system releases it when the process ends.
/// </remarks>
public sealed class ContentLock : IDisposable
{
    private readonly HeldLock held;
    private int disposed;

    internal ContentLock(HeldLock held) => this.held = held;

    /// <summary>Releases the lock if it was not disposed.</summary>
    ~ContentLock() => Release();

    internal HeldLock Held => held;

    /// <summary>Releases the lock. If one caller took it several times, it is free after as many disposals.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            held.Leave();
        }
    }
}
