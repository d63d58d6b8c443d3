using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Mmf.PowerShell;

/// <summary>Offers files for a path that is taken literally: PowerShell's own completion escapes what could be a pattern.</summary>
public sealed class LiteralPathCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        foreach (CompletionResult found in CompletionCompleters.CompleteFilename(WildcardPattern.Escape(Quoting.Unquote(wordToComplete ?? ""))))
        {
            string path = WildcardPattern.Unescape(Quoting.Unquote(found.CompletionText));
            yield return new CompletionResult(Quoting.Quote(path), found.ListItemText, found.ResultType, found.ToolTip);
        }
    }
}
