using System;
using System.IO.Pipes;

namespace Mmf;

/// <summary>Ends a <c>poll</c> of another thread. The caller of all members holds one lock, but for <see cref="Drain"/>.</summary>
internal sealed class WakePipe : IDisposable
{
    private readonly AnonymousPipeServerStream reader = new AnonymousPipeServerStream(PipeDirection.In);
    private readonly AnonymousPipeClientStream writer;

    // One byte is enough, however often somebody wakes.
    private volatile bool isFull;

    internal WakePipe() => writer = new AnonymousPipeClientStream(PipeDirection.Out, reader.ClientSafePipeHandle);

    internal int Descriptor => (int)reader.SafePipeHandle.DangerousGetHandle();

    internal void Wake()
    {
        if (!isFull)
        {
            isFull = true;
            writer.WriteByte(0);
        }
    }

    internal void Drain()
    {
        reader.ReadByte();
        // What wakes from now on writes again; what woke before is seen by whoever looks after this.
        isFull = false;
    }

    public void Dispose()
    {
        writer.Dispose();
        reader.Dispose();
    }
}
