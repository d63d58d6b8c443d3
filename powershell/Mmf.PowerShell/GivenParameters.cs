namespace Mmf.PowerShell;

/// <summary>The parameters of New- that were given by name or position.</summary>
internal readonly struct GivenParameters
{
    internal GivenParameters(bool name, bool path, bool fileStream, bool fileMode, bool size)
    {
        Name = name;
        Path = path;
        FileStream = fileStream;
        FileMode = fileMode;
        Size = size;
    }

    internal bool Name { get; }

    internal bool Path { get; }

    internal bool FileStream { get; }

    internal bool FileMode { get; }

    internal bool Size { get; }
}
