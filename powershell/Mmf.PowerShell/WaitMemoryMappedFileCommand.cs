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

    /// <summary>Waits without a limit by default.</summary>
    public WaitMemoryMappedFileCommand()
    {
        changes = new ChangeWait(this, Describe);
        Timeout = -1;
    }

    /// <summary>The map.</summary>
    [Parameter(ParameterSetName = "MemoryMappedFile", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public Net.MemoryMappedFile MemoryMappedFile { get; set; } = null!;

    /// <summary>The name of the map, which is opened for the wait, and closed if the cmdlet returns nothing.</summary>
    [Parameter(ParameterSetName = "Name", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MapNameCompleter))]
    [Alias("mapName")]
    public string Name { get; set; } = null!;

    /// <summary>On Unix, the user whose map is opened by name besides those of the current user and root: a name, a number, or * for every user.</summary>
    [Parameter(ParameterSetName = "Name")]
    public TrustedOwner? TrustedOwner { get; set; }

    /// <summary>The condition for the content, which is $_ in it. Without a condition, any change ends the wait.</summary>
    [Parameter]
    public ScriptBlock? Until { get; set; }

    private protected override TrustedOwner? Trusted => TrustedOwner;

    // The milliseconds that are left for one map; -1: no limit.
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
                // From here on, the caller owns a map that was opened by its name.
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

    // Whether the wait succeeded. An error of the map is written; an error of the condition goes to the caller.
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
        // Other processes had the content lock until the time was over: the cmdlet returns nothing.
        if (failure is not TimeoutException)
        {
            base.FailedToTry(failure, target);
        }
    }

    // At the first wait on a map, the watch does not know what happened since Read- read it.
    private bool IsChanged(MemoryMappedFile map, MapFollower follower, Watch watch) =>
        follower.TakeDifference(reader => Read(map, watch, reader)) || changes.Next(watch, () => Left);

    // Under the lock, so that a change is either read now or reported afterwards.
    private object Read(MemoryMappedFile map, Watch watch, ContentReader reader)
    {
        using ContentLock taken = Take(map, LockMode.Shared, $"Waiting for the {Describe(map)}", Left);
        changes.Forget(watch);
        return reader.Read(map, 0, taken.Held);
    }

    // Like Where-Object: in the caller's scope. The script uses no variable names, because the caller would see them.
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
            // If the condition is stopped, unlike if it fails, the next wait reports the changes in the meantime.
            follower.Close();
            throw;
        }
    }
}
