using System;
using System.Threading;

namespace Mmf;

/// <summary>The content lock of a map, held until it is disposed. What <see cref="MemoryMappedFile.Lock()"/> gives.</summary>
/// <remarks>
/// While it is held, nobody else changes or reads the content through this library, in any process. What the same
/// caller does with the map runs under it. The operating system releases it when the process ends.
/// </remarks>
public sealed class ContentLock : IDisposable
{
    private readonly HeldLock held;
    private int disposed;

    internal ContentLock(HeldLock held) => this.held = held;

    /// <summary>Releases the lock if it was disposed nowhere.</summary>
    ~ContentLock() => Release();

    internal HeldLock Held => held;

    /// <summary>Releases the lock. Taken more than once by one caller, it is free after as many disposals.</summary>
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
