using System;
using System.IO;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>Creates a map: in memory, of a file, or of a stream.</summary>
[Cmdlet(VerbsCommon.New, "MemoryMappedFile", DefaultParameterSetName = "Default", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, HelpUri = Help.Pages + "New-MemoryMappedFile.md")]
[OutputType(typeof(MemoryMappedFile))]
public sealed class NewMemoryMappedFileCommand : MapCmdlet
{
    // From this size on, reserving takes long enough to use another thread.
    private const long Large = 256 * 1024 * 1024;

    // Parameters given by name or position take precedence over properties of a pipeline object.
    private GivenParameters given;

    /// <summary>The name of the map.</summary>
    [Parameter(ParameterSetName = "Default", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "MemoryMappedFileAccessSet", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "MemoryMappedFileOptionSet", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet", ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet3", Mandatory = true, Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet4", Mandatory = true, Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet5", Mandatory = true, Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "FileStreamSet", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MapNameCompleter))]
    [Alias("mapName")]
    public string? Name { get; set; }

    /// <summary>The path of the file, taken literally.</summary>
    [Parameter(ParameterSetName = "CreateFromFileSet", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "FileModeSet", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet3", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet4", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet5", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [FilePath]
    [ArgumentCompleter(typeof(LiteralPathCompleter))]
    public string? Path { get; set; }

    /// <summary>The stream of a file.</summary>
    [Parameter(ParameterSetName = "FileStreamSet", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public FileStream? FileStream { get; set; }

    /// <summary>How the file is opened. Default: the file must exist; with a size, it is created if it does not exist.</summary>
    [Parameter(ParameterSetName = "FileModeSet", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet3", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet4", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet5", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [FileModeOfItem]
    [Alias("mode")]
    public FileMode FileMode { get; set; }

    /// <summary>The size of the map in bytes; for a file, 0 is the size of the file, and a shorter file grows.</summary>
    [Parameter(ParameterSetName = "Default", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "MemoryMappedFileAccessSet", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "MemoryMappedFileOptionSet", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet")]
    [Parameter(ParameterSetName = "FileModeSet")]
    [Parameter(ParameterSetName = "CreateFromFileSet4", Mandatory = true, Position = 3, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet5", Mandatory = true, Position = 3, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "FileStreamSet", Mandatory = true, Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("capacity")]
    public long Size { get; set; }

    /// <summary>The access to the map.</summary>
    [Parameter(ParameterSetName = "Default")]
    [Parameter(ParameterSetName = "MemoryMappedFileAccessSet", Mandatory = true, Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "MemoryMappedFileOptionSet", Mandatory = true, Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "CreateFromFileSet")]
    [Parameter(ParameterSetName = "FileModeSet")]
    [Parameter(ParameterSetName = "CreateFromFileSet3")]
    [Parameter(ParameterSetName = "CreateFromFileSet5", Mandatory = true, Position = 4, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "FileStreamSet", Mandatory = true, Position = 3, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("access")]
    public Net.MemoryMappedFileAccess MemoryMappedFileAccess { get; set; }

    /// <summary>Whether the memory is reserved at once or when it is used.</summary>
    [Parameter(ParameterSetName = "Default")]
    [Parameter(ParameterSetName = "MemoryMappedFileOptionSet", Mandatory = true, Position = 3, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("options")]
    public Net.MemoryMappedFileOptions MemoryMappedFileOptions { get; set; }

    /// <summary>Whether programs that this process starts inherit the handle.</summary>
    [Parameter(ParameterSetName = "Default")]
    [Parameter(ParameterSetName = "MemoryMappedFileOptionSet", Mandatory = true, Position = 4, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "FileStreamSet", Mandatory = true, Position = 4, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("inheritability")]
    public HandleInheritability HandleInheritability { get; set; }

    /// <summary>Whether the stream stays open when the map is closed.</summary>
    [Parameter(ParameterSetName = "FileStreamSet", Mandatory = true, Position = 5, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public bool leaveOpen { get; set; }

    /// <summary>Opens the map with this name if it exists.</summary>
    [Parameter(ParameterSetName = "Default", Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "MemoryMappedFileAccessSet", Position = 3, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "MemoryMappedFileOptionSet", Position = 5, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public SwitchParameter CreateOrOpen { get; set; }

    /// <summary>On Unix, the user whose map -CreateOrOpen opens besides those of the current user and root: a name, a number, or * for every user.</summary>
    [Parameter(ParameterSetName = "Default")]
    [Parameter(ParameterSetName = "MemoryMappedFileAccessSet")]
    [Parameter(ParameterSetName = "MemoryMappedFileOptionSet")]
    public TrustedOwner? TrustedOwner { get; set; }

    private protected override void Begin() =>
        given = new GivenParameters(IsGiven(nameof(Name)), IsGiven(nameof(Path)), IsGiven(nameof(FileStream)), IsGiven(nameof(FileMode)), IsGiven(nameof(Size)));

    private protected override void Process()
    {
        var source = new MapSource { Name = Name, Path = Path, FileStream = FileStream, Size = Size };
        source.Mode = IsGiven(nameof(FileMode)) ? FileMode : (FileMode?)null;
        PSObject? piped = Piped;
        if (piped != null && !source.TakeFrom(piped, given, out string? refusal))
        {
            WriteFailure(Status.InvalidArgument, refusal!, piped.BaseObject);
            return;
        }
        if (source.Path != null)
        {
            string? file = ResolvePath(source.Path);
            if (file == null)
            {
                return;
            }
            source.Path = file;
            Create(file, "Create memory-mapped file from file", file, () => FromFile(source));
        }
        else if (source.FileStream != null)
        {
            Create(source.FileStream, "Create memory-mapped file from stream", source.FileStream.Name, () => FromStream(source));
        }
        else
        {
            string name = source.Name ?? "";
            Create(name, "Create memory-mapped file", name, () => InMemory(source));
        }
    }

    private void Create(object target, string action, string shown, Func<MemoryMappedFile> create)
    {
        if (!ShouldProcess(shown, action))
        {
            return;
        }
        try
        {
            MemoryMappedFile map = create();
            if (Stopping)
            {
                map.Dispose();
                return;
            }
            WriteObject(map);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            WriteFailure(failure, target);
        }
    }

    private MemoryMappedFile InMemory(MapSource source)
    {
        var options = new MapOptions
        {
            Access = MemoryMappedFileAccess,
            Allocation = MemoryMappedFileOptions,
            Inheritability = HandleInheritability,
            TrustedOwner = TrustedOwner ?? TrustedOwner.SelfAndRoot,
        };
        MemoryMappedFile Reserve() => CreateOrOpen
            ? MemoryMappedFile.CreateOrOpen(source.Name!, source.Size, options)
            : MemoryMappedFile.CreateNew(source.Name, source.Size, options);
        bool isLong = source.Size >= Large && MemoryMappedFileOptions == Net.MemoryMappedFileOptions.None;
        return Make(isLong, $"Reserving memory for '{source.Name}'", Reserve);
    }

    private MemoryMappedFile FromFile(MapSource source)
    {
        // With a size, a missing file is created; otherwise the file must exist.
        FileMode mode = source.Mode ?? (source.Size > 0 ? FileMode.OpenOrCreate : FileMode.Open);
        string? name = string.IsNullOrEmpty(source.Name) ? null : source.Name;
        try
        {
            return Make(
                source.Size >= Large,
                $"Mapping '{source.Path}'",
                () => MemoryMappedFile.CreateFromFile(source.Path!, mode, name, source.Size, new MapOptions { Access = MemoryMappedFileAccess }));
        }
        catch (FileNotFoundException failure) when (name != null && source.Mode == null && long.TryParse(Path, out long size))
        {
            throw StatusTable.Create(
                Status.NotFound, $"{failure.Message} If {size} is the size of a new map in memory, specify it with -Size: -Name '{name}' -Size {size}.");
        }
    }

    private MemoryMappedFile FromStream(MapSource source) =>
        MemoryMappedFile.CreateFromFile(source.FileStream!, source.Name, source.Size, MemoryMappedFileAccess, HandleInheritability, leaveOpen);

    // A map that takes long is created on another thread; if the cmdlet is stopped meanwhile, the map is closed afterwards.
    private MemoryMappedFile Make(bool isLong, string activity, Func<MemoryMappedFile> make) =>
        isLong ? RunAside(activity, make, abandoned => abandoned.Dispose()) : make();
}
