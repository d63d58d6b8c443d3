using System;
using System.IO.Pipes;

namespace Mmf;

/// <summary>Ends a <c>poll</c> of another thread. Callers of all members except <see cref="Drain"/> hold the same lock.</summary>
internal sealed class WakePipe : IDisposable
{
    private readonly AnonymousPipeServerStream reader = new AnonymousPipeServerStream(PipeDirection.In);
    private readonly AnonymousPipeClientStream writer;

    // One byte is enough for any number of wake-ups.
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
        // Later wake-ups write again; the caller handles earlier ones after this call.
        isFull = false;
    }

    public void Dispose()
    {
        writer.Dispose();
        reader.Dispose();
    }
}
