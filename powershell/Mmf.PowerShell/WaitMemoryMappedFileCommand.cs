using System;
using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>Waits until a map is changed, or until a condition holds for its content.</summary>
[Cmdlet(VerbsLifecycle.Wait, "MemoryMappedFile", DefaultParameterSetName = "MemoryMappedFile", HelpUri = Help.Pages + "Wait-MemoryMappedFile.md")]
[OutputType(typeof(Net.MemoryMappedFile))]
public sealed class WaitMemoryMappedFileCommand : ContentCmdlet
{
    private readonly ChangeWait changes;
    private readonly Stopwatch clock = new Stopwatch();

    /// <summary>Waits without a limit, unless told otherwise.</summary>
    public WaitMemoryMappedFileCommand()
    {
        changes = new ChangeWait(this, Describe);
        Timeout = -1;
    }

    /// <summary>The map.</summary>
    [Parameter(ParameterSetName = "MemoryMappedFile", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public Net.MemoryMappedFile MemoryMappedFile { get; set; } = null!;

    /// <summary>The name of the map, which is opened for the wait, and closed if the wait gives nothing.</summary>
    [Parameter(ParameterSetName = "Name", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MapNameCompleter))]
    [Alias("mapName")]
    public string Name { get; set; } = null!;

    /// <summary>Whose map is opened by the name on Unix, beside one's own and root's: a user's name or number, or * for everyone's.</summary>
    [Parameter(ParameterSetName = "Name")]
    public TrustedOwner? TrustedOwner { get; set; }

    /// <summary>What must hold for the content, which is $_ in it. Without it, any change ends the wait.</summary>
    [Parameter]
    public ScriptBlock? Until { get; set; }

    private protected override TrustedOwner? Trusted => TrustedOwner;

    // How many milliseconds are left of the time of one map; -1: no limit.
    private long Left
    {
        get
        {
            long limit = NativeTime.Milliseconds(Timeout);
            return limit < 0 ? -1 : Math.Max(0, limit - clock.ElapsedMilliseconds);
        }
    }

    /// <summary>Ends the wait.</summary>
    protected override void StopProcessing() => changes.Stop();

    private protected override void Process()
    {
        clock.Restart();
        bool isNamed = ParameterSetName == "Name";
        bool isFound = isNamed
            ? TryOpen(Name, Net.MemoryMappedFileAccess.Read, out UsedMap used)
            : TryUse(MemoryMappedFile, Net.MemoryMappedFileAccess.Read, out used);
        if (!isFound)
        {
            return;
        }
        bool isGiven = false;
        try
        {
            if (WaitFor(used.Map, isNamed ? (object)Name : MemoryMappedFile))
            {
                // One that was opened for this is its caller's from now on.
                isGiven = isNamed;
                WriteObject(isNamed ? used.Map : MemoryMappedFile);
            }
        }
        finally
        {
            if (!isGiven)
            {
                used.Dispose();
            }
        }
    }

    // Whether it came to what was waited for. An error of the map is written, one of the condition is the caller's own.
    private bool WaitFor(MemoryMappedFile map, object target)
    {
        MapFollower follower = MapFollower.Of(map);
        if (!Try(target, () => follower.GetWatch(map, willLook: Until != null), out Watch? watch))
        {
            return false;
        }
        if (Until == null)
        {
            return Try(target, () => IsChanged(map, follower, watch!), out bool isChanged) && isChanged;
        }
        while (Try(target, () => Read(map, watch!, ContentReader.Default), out object? content))
        {
            if (Holds(follower, content!))
            {
                return true;
            }
            if (!Try(target, () => changes.Next(watch!, () => Left), out bool isChanged) || !isChanged)
            {
                return false;
            }
        }
        return false;
    }

    private protected override void FailedToTry(Exception failure, object? target)
    {
        // Others had the content lock until the time was over: then the wait gives nothing.
        if (failure is not TimeoutException)
        {
            base.FailedToTry(failure, target);
        }
    }

    // The first wait on a map cannot ask the watch what happened since Read- read it.
    private bool IsChanged(MemoryMappedFile map, MapFollower follower, Watch watch) =>
        follower.TakeDifference(reader => Read(map, watch, reader)) || changes.Next(watch, () => Left);

    // Under the lock, so that a change is either in what is read or told afterwards.
    private object Read(MemoryMappedFile map, Watch watch, ContentReader reader)
    {
        using ContentLock taken = Take(map, LockMode.Shared, $"Waiting for the {Describe(map)}", Left);
        changes.Forget(watch);
        return reader.Read(map, 0, taken.Held);
    }

    // As Where-Object has it: in the caller's scope. Nothing is named in the script, since names would be the caller's, too.
    private bool Holds(MapFollower follower, object content)
    {
        try
        {
            Collection<PSObject> found = InvokeCommand.InvokeScript(
                @"Microsoft.PowerShell.Core\Where-Object -FilterScript $args[0] -InputObject $args[1]",
                useNewScope: false,
                PipelineResultTypes.Error,
                null,
                Until,
                content);
            return found.Count > 0;
        }
        catch (Exception failure) when (failure is not PipelineStoppedException)
        {
            // Unlike a condition that fails, one that is stopped leaves the next wait what changed meanwhile.
            follower.Close();
            throw;
        }
    }
}
