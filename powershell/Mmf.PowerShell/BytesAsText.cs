using System.IO;
using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace Mmf.PowerShell;

/// <summary>Lets a parameter of type string take bytes: it gets a placeholder string that the bytes are attached to.</summary>
internal sealed class BytesAsTextAttribute : ArgumentTransformationAttribute
{
    // The bytes are collected together with the string.
    private static readonly ConditionalWeakTable<string, byte[]> Known = new ConditionalWeakTable<string, byte[]>();

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? plain = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        switch (plain)
        {
            case byte[] bytes:
                // A new string, identified by its reference. Its text is never used.
                string standIn = new string('\uFFFD', 1);
                Known.Add(standIn, bytes);
                return standIn;
            case FileInfo file:
                return file.FullName;
            default:
                return inputData;
        }
    }

    /// <summary>The bytes attached to a string; null if it is an ordinary string.</summary>
    internal static byte[]? Behind(string text) => text.Length == 1 && Known.TryGetValue(text, out byte[]? bytes) ? bytes : null;
}
