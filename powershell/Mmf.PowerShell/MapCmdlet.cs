using System;
using System.Collections.Generic;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>The base of all cmdlets: Verbose lines, one error record per failure, and the description of a map in messages.</summary>
public abstract class MapCmdlet : PSCmdlet
{
    private bool verbose;

    /// <summary>Reports the start of the cmdlet.</summary>
    protected sealed override void BeginProcessing()
    {
        verbose = IsVerbose();
        if (verbose)
        {
            WriteVerbose($"[{MyInvocation.MyCommand.Name}] Function started.");
        }
        Begin();
    }

    /// <summary>Reports the bound parameters.</summary>
    protected sealed override void ProcessRecord()
    {
        if (verbose)
        {
            WriteVerbose($"[{MyInvocation.MyCommand.Name}] ParameterSetName: {ParameterSetName}");
            foreach (KeyValuePair<string, object> bound in MyInvocation.BoundParameters)
            {
                WriteVerbose($"[{MyInvocation.MyCommand.Name}] {bound.Key}: {bound.Value}");
            }
        }
        Process();
    }

    /// <summary>Reports the end of the cmdlet.</summary>
    protected sealed override void EndProcessing()
    {
        End();
        if (verbose)
        {
            WriteVerbose($"[{MyInvocation.MyCommand.Name}] Function ended.");
        }
    }

    private protected virtual void Begin()
    {
    }

    private protected abstract void Process();

    private protected virtual void End()
    {
    }

    // The pipeline object, before PowerShell converted it to parameters; null if there is none.
    private protected PSObject? Piped => MyInvocation.ExpectingInput ? PipelineObject.Of(this) : null;

    private protected bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    private protected static ErrorRecord RecordOf(Exception failure, object? target)
    {
        StatusRow row = StatusTable.RowOf(StatusTable.StatusOf(failure));
        var category = (ErrorCategory)Enum.Parse(typeof(ErrorCategory), row.Category);
        return new ErrorRecord(failure, row.Name, category, target);
    }

    private protected void WriteFailure(Exception failure, object? target) => WriteError(RecordOf(failure, target));

    private protected void WriteFailure(Status status, string message, object? target) =>
        WriteFailure(StatusTable.Create(status, message), target);

    // Runs work. If it fails, writes an error record and returns false.
    private protected bool Try<T>(object? target, Func<T> work, out T? result)
    {
        result = default;
        try
        {
            result = work();
            return true;
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            FailedToTry(failure, target);
            return false;
        }
    }

    private protected virtual void FailedToTry(Exception failure, object? target) => WriteFailure(failure, target);

    // Failures become error records. A stop, and PowerShell's own exceptions, end the cmdlet.
    private protected static bool IsFailure(Exception exception) =>
        !(exception is PipelineStoppedException || exception is PSInvalidOperationException || exception is OutOfMemoryException);

    // The description of a map in messages.
    private protected static string Describe(Net.MemoryMappedFile? map) => (object?)map switch
    {
        MemoryMappedFile { Name: { } name } => DescribeName(name),
        MemoryMappedFile { Path: { } path } => $"memory-mapped file of '{path}'",
        MemoryMappedFile _ => "anonymous memory-mapped file",
        _ => "memory-mapped file",
    };

    private protected static string DescribeName(string name) => $"memory-mapped file '{name}'";

    // The file system path for a user's path: relative to $PWD, with ~ and drives, taken literally. Writes an error
    // and returns null if there is none.
    private protected string? ResolvePath(string path)
    {
        try
        {
            string found = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
            if (provider.Name == "FileSystem")
            {
                return found;
            }
            WriteFailure(
                Status.NotSupported,
                $"The path '{path}' belongs to the provider {provider.Name}, which has no files: specify a path in the file system.",
                path);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            WriteFailure(failure, path);
        }
        return null;
    }

    // Runs long work on another thread. Shows progress after a second, and can be stopped.
    private protected T RunAside<T>(string activity, Func<T> work, Action<T>? abandon = null)
    {
        using var progress = new Progress(this, activity);
        return Background.Run(_ => work(), elapsed => Meanwhile(progress, elapsed, ""), abandon);
    }

    private protected void Meanwhile(Progress progress, TimeSpan elapsed, string status)
    {
        if (Stopping)
        {
            throw new PipelineStoppedException();
        }
        progress.Show(elapsed, status);
    }

    private protected ActionPreference ErrorPreference()
    {
        object? preference = MyInvocation.BoundParameters.TryGetValue("ErrorAction", out object? given)
            ? given
            : GetVariableValue("ErrorActionPreference");
        return LanguagePrimitives.TryConvertTo(preference, out ActionPreference found) ? found : ActionPreference.Continue;
    }

    // Checked once, so that the lines cost nothing when they are not shown.
    private bool IsVerbose()
    {
        if (MyInvocation.BoundParameters.TryGetValue("Verbose", out object? given))
        {
            return LanguagePrimitives.IsTrue(given);
        }
        return LanguagePrimitives.TryConvertTo(GetVariableValue("VerbosePreference"), out ActionPreference preference)
            && preference != ActionPreference.SilentlyContinue
            && preference != ActionPreference.Ignore;
    }
}
