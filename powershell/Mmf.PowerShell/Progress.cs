using System;
using System.Management.Automation;

namespace Mmf.PowerShell;

/// <summary>The progress bar of one activity: shown when it takes longer than a second, and taken away in the end.</summary>
internal sealed class Progress : IDisposable
{
    private const int ActivityId = 0;

    private readonly Cmdlet cmdlet;
    private readonly string activity;
    private TimeSpan next = TimeSpan.FromSeconds(1);
    private bool shown;

    internal Progress(Cmdlet cmdlet, string activity)
    {
        this.cmdlet = cmdlet;
        this.activity = activity;
    }

    /// <summary>Shows how long it takes so far, a few times a second at most.</summary>
    internal void Show(TimeSpan elapsed, string status)
    {
        if (elapsed < next)
        {
            return;
        }
        next = elapsed + TimeSpan.FromMilliseconds(250);
        shown = true;
        string time = $"{(int)elapsed.TotalSeconds} s";
        cmdlet.WriteProgress(new ProgressRecord(ActivityId, activity, status.Length == 0 ? time : $"{status} ({time})"));
    }

    public void Dispose()
    {
        if (!shown)
        {
            return;
        }
        try
        {
            cmdlet.WriteProgress(new ProgressRecord(ActivityId, activity, " ") { RecordType = ProgressRecordType.Completed });
        }
        catch (PipelineStoppedException)
        {
            // Nothing is shown any more when the pipeline stops.
        }
    }
}
