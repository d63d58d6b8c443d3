extern alias derivable;

using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Real = System.IO.MemoryMappedFiles.MemoryMappedFile;

namespace Mmf;

/// <summary>Makes a map of ours a whole map of .NET: fills the fields of the class that it derives from.</summary>
internal static class NetMap
{
    private const BindingFlags AnyInstance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly bool OnWindows = Path.DirectorySeparatorChar == '\\';

    /// <summary>The class that is filled. Only tests set another one.</summary>
    internal static Type BaseClass { get; set; } = typeof(Real);

    /// <summary>The fields of the class, if it is built as this library knows it.</summary>
    internal static FieldInfo[] FindFields()
    {
        FieldInfo[] fields = BaseClass.GetFields(AnyInstance | BindingFlags.DeclaredOnly);
        if (Array.Exists(fields, IsHandle))
        {
            return fields;
        }
        throw StatusTable.Create(
            Status.NotSupported,
            $"The class MemoryMappedFile of this .NET ({RuntimeInformation.FrameworkDescription}) is built in another way "
            + "than this library knows. Use a version of this library that is made for it.");
    }

    /// <summary>Gives every method that .NET's class has to a map, on a descriptor that it then owns.</summary>
    /// <returns>Whether .NET can map the descriptor. If not, the map has views of its own.</returns>
    internal static bool Fill(
        MemoryMappedFile map, FieldInfo[] fields, IntPtr descriptor, long capacity, MemoryMappedFileAccess access, bool inheritable)
    {
        if (OnWindows)
        {
            // There the section is all that the class needs.
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
            // From here on the fields are ours, and the other object is forgotten: it has no finalizer.
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
