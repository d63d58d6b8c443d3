extern alias derivable;

using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Real = System.IO.MemoryMappedFiles.MemoryMappedFile;

namespace Mmf;

/// <summary>Fills the fields of .NET's class in a map of this library, so that the inherited methods work.</summary>
internal static class NetMap
{
    private const BindingFlags AnyInstance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly bool OnWindows = Path.DirectorySeparatorChar == '\\';

    /// <summary>The class whose fields are filled. Only tests set another one.</summary>
    internal static Type BaseClass { get; set; } = typeof(Real);

    /// <summary>The fields of the class, if it has the fields that this library expects.</summary>
    internal static FieldInfo[] FindFields()
    {
        FieldInfo[] fields = BaseClass.GetFields(AnyInstance | BindingFlags.DeclaredOnly);
        if (Array.Exists(fields, IsHandle))
        {
            return fields;
        }
        throw StatusTable.Create(
            Status.NotSupported,
            $"The class MemoryMappedFile of this .NET ({RuntimeInformation.FrameworkDescription}) has other fields "
            + "than this library expects. Use a version of this library that supports it.");
    }

    /// <summary>Makes the methods of .NET's class work for a map, on a descriptor that the map then owns.</summary>
    /// <returns>Whether .NET can map the descriptor. If not, the map has views of its own.</returns>
    internal static bool Fill(
        MemoryMappedFile map, FieldInfo[] fields, IntPtr descriptor, long capacity, MemoryMappedFileAccess access, bool inheritable)
    {
        if (OnWindows)
        {
            // On Windows the class needs only the section.
            Array.Find(fields, IsHandle)!.SetValue(map, MakeHandle(descriptor));
            return true;
        }
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            bool reads = access == MemoryMappedFileAccess.Read || access == MemoryMappedFileAccess.CopyOnWrite
                || access == MemoryMappedFileAccess.ReadExecute;
            var stream = new FileStream(file, reads ? FileAccess.Read : FileAccess.ReadWrite, 1);
            Real real = Real.CreateFromFile(
                stream, null, capacity, access, inheritable ? HandleInheritability.Inheritable : HandleInheritability.None, leaveOpen: false);
            // From here on this object owns the fields. The other object is dropped: it has no finalizer.
            foreach (FieldInfo field in fields)
            {
                field.SetValue(map, field.GetValue(real));
            }
            return true;
        }
        catch (Exception failure) when (failure is IOException || failure is UnauthorizedAccessException || failure is NotSupportedException || failure is ArgumentException)
        {
            file.Dispose();
            return false;
        }
    }

    private static SafeMemoryMappedFileHandle MakeHandle(IntPtr section)
    {
        var handle = (SafeMemoryMappedFileHandle)Activator.CreateInstance(typeof(SafeMemoryMappedFileHandle), nonPublic: true)!;
        typeof(SafeHandle).GetMethod("SetHandle", AnyInstance)!.Invoke(handle, new object[] { section });
        return handle;
    }

    private static bool IsHandle(FieldInfo field) => field.FieldType == typeof(SafeMemoryMappedFileHandle);
}
