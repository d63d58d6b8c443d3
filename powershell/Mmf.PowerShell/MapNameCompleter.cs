using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Mmf.PowerShell;

/// <summary>Completes the names of the maps that exist.</summary>
public sealed class MapNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string begun = Quoting.Unquote(wordToComplete ?? "");
        bool isPattern = begun.IndexOfAny(new[] { '*', '?' }) >= 0;
        var pattern = new WildcardPattern(begun + "*", WildcardOptions.IgnoreCase);
        // On any error during completion, there are no completions.
        IEnumerable<string> names;
        try
        {
            names = MemoryMappedFile.GetMaps().Select(map => map.Name).Distinct().OrderBy(name => name, StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception)
        {
            yield break;
        }
        foreach (string name in names)
        {
            // Names with invisible characters could mislead the user.
            bool isTypeable = name.Length > 0 && !name.Any(char.IsControl);
            bool matches = name.StartsWith(begun, StringComparison.OrdinalIgnoreCase) || (isPattern && pattern.IsMatch(name));
            if (isTypeable && matches)
            {
                yield return new CompletionResult(Quoting.Quote(name), name, CompletionResultType.ParameterValue, name);
            }
        }
    }
}
