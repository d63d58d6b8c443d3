using System;
using System.Management.Automation;

namespace Mmf.PowerShell;

/// <summary>The progress bar of one activity: shown when the activity takes longer than a second, and removed at its end.</summary>
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

    /// <summary>Shows the elapsed time, at most a few times a second.</summary>
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
            // While the pipeline is being stopped, nothing is shown.
        }
    }
}
