using System.IO;
using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace Mmf.PowerShell;

/// <summary>Lets a parameter of type string take bytes: they travel beside a string that stands for them.</summary>
internal sealed class BytesAsTextAttribute : ArgumentTransformationAttribute
{
    // Gone with the string.
    private static readonly ConditionalWeakTable<string, byte[]> Known = new ConditionalWeakTable<string, byte[]>();

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? plain = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        switch (plain)
        {
            case byte[] bytes:
                // A string of its own, told from all others by its reference; it never is the text.
                string standIn = new string('\uFFFD', 1);
                Known.Add(standIn, bytes);
                return standIn;
            case FileInfo file:
                return file.FullName;
            default:
                return inputData;
        }
    }

    /// <summary>The bytes that a string stands for; null if it is just a string.</summary>
    internal static byte[]? Behind(string text) => text.Length == 1 && Known.TryGetValue(text, out byte[]? bytes) ? bytes : null;
}
