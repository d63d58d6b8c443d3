// A stub of .NET's class MemoryMappedFile with a constructor, so that the compiler can derive from it. The real class
// has no accessible one, and none is called: see Mmf.MemoryMappedFile. This assembly has the name of .NET's own assembly
// and is only for the compiler: .NET's assembly is used at run time.

namespace System.IO.MemoryMappedFiles
{
    public class MemoryMappedFile : IDisposable
    {
        protected MemoryMappedFile() { }

        public MemoryMappedViewAccessor CreateViewAccessor() => throw null!;
        public MemoryMappedViewAccessor CreateViewAccessor(long offset, long size) => throw null!;
        public MemoryMappedViewAccessor CreateViewAccessor(long offset, long size, MemoryMappedFileAccess access) => throw null!;
        public MemoryMappedViewStream CreateViewStream() => throw null!;
        public MemoryMappedViewStream CreateViewStream(long offset, long size) => throw null!;
        public MemoryMappedViewStream CreateViewStream(long offset, long size, MemoryMappedFileAccess access) => throw null!;

        public void Dispose() => throw null!;
        protected virtual void Dispose(bool disposing) => throw null!;

#if WHOLE
        public Microsoft.Win32.SafeHandles.SafeMemoryMappedFileHandle SafeMemoryMappedFileHandle => throw null!;
        public static MemoryMappedFile CreateFromFile(
            FileStream fileStream, string? mapName, long capacity, MemoryMappedFileAccess access,
            HandleInheritability inheritability, bool leaveOpen) => throw null!;
#endif
    }

#if WHOLE
    // The rest of the assembly, for builds without .NET Standard.
    public enum MemoryMappedFileAccess { ReadWrite, Read, Write, CopyOnWrite, ReadExecute, ReadWriteExecute }

    [Flags]
    public enum MemoryMappedFileOptions { None = 0, DelayAllocatePages = 0x4000000 }

    [Flags]
    public enum MemoryMappedFileRights
    {
        CopyOnWrite = 1, Write = 2, Read = 4, ReadWrite = 6, Execute = 8, ReadExecute = 12, ReadWriteExecute = 14,
        Delete = 0x10000, ReadPermissions = 0x20000, ChangePermissions = 0x40000, TakeOwnership = 0x80000,
        FullControl = 0xF000F, AccessSystemSecurity = 0x1000000,
    }

    public sealed class MemoryMappedViewAccessor : UnmanagedMemoryAccessor { private MemoryMappedViewAccessor() { } }

    public sealed class MemoryMappedViewStream : UnmanagedMemoryStream { private MemoryMappedViewStream() { } }
#endif
}

#if WHOLE
namespace Microsoft.Win32.SafeHandles
{
    public sealed class SafeMemoryMappedFileHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        public SafeMemoryMappedFileHandle() : base(true) { }
        protected override bool ReleaseHandle() => throw null!;
    }
}
#endif
