# Reads a page of docs/en-US or docs/de-DE: Markdown in the format of platyPS, one page per cmdlet.

function Get-HelpPagePath {
    param([string] $Culture, [string] $Name)
    Join-Path (Join-Path (Join-Path $PSScriptRoot '../../docs') $Culture) "$Name.md"
}

function Split-Heading {
    # Splits a text at its headings of one level: gives an ordered table of titles and the text below each.
    # Ignores headings inside code blocks.
    param([string] $Text, [int] $Level)

    $parts = [ordered] @{}
    $title = ''
    $inCode = $false
    foreach ($line in $Text -split "`n") {
        if ($line.StartsWith('```')) { $inCode = -not $inCode }
        if (-not $inCode -and $line -match "^#{$Level} (.+)$") { $title = $Matches[1].Trim(); $parts[$title] = '' }
        elseif ($title) { $parts[$title] += "$line`n" }
    }
    foreach ($key in @($parts.Keys)) { $parts[$key] = $parts[$key].Trim("`n") }
    $parts
}

function Get-CodeBlock {
    # The code blocks of a text, each with its language and its code.
    param([string] $Text)
    foreach ($match in [regex]::Matches($Text, '(?ms)^```(\w*)\n(.*?)^```$')) {
        [pscustomobject] @{ Language = $match.Groups[1].Value; Code = $match.Groups[2].Value.TrimEnd("`n") }
    }
}

function Read-KeyValue {
    # Reads a YAML block that consists only of lines "key: value".
    param([string] $Text)
    $facts = [ordered] @{}
    foreach ($line in $Text -split "`n") { if ($line -match '^([^:]+):\s*(.*?)\s*$') { $facts[$Matches[1]] = $Matches[2] } }
    $facts
}

function Read-HelpPage {
    param([string] $Path)

    $text = [System.IO.File]::ReadAllText($Path).Replace("`r", '')
    $null, $front, $body = $text -split '(?m)^---\n', 3
    $sections = Split-Heading $body 2
    $page = @{ Facts = Read-KeyValue $front; Title = @((Split-Heading $body 1).Keys)[0]; Sections = $sections }

    # A single parameter set has no heading.
    $page['Syntax'] = [ordered] @{}
    $syntax = Split-Heading $sections['SYNTAX'] 3
    if ($syntax.Count -eq 0) { $syntax = @{ '' = $sections['SYNTAX'] } }
    foreach ($set in $syntax.Keys) { $page['Syntax'][$set] = (Get-CodeBlock $syntax[$set]).Code -replace '\s+', ' ' }

    $page['Examples'] = Split-Heading $sections['EXAMPLES'] 3
    $page['Parameters'] = [ordered] @{}
    $parameters = Split-Heading $sections['PARAMETERS'] 3
    foreach ($heading in $parameters.Keys | Where-Object { $_ -ne 'CommonParameters' }) {
        $page['Parameters'][$heading.TrimStart('-')] = @{
            Text = ($parameters[$heading] -split '(?m)^```yaml$')[0].Trim()
            # One block for each group of parameter sets with the same facts.
            Facts = @(Get-CodeBlock $parameters[$heading] | Where-Object Language -EQ 'yaml' | ForEach-Object { Read-KeyValue $_.Code })
        }
    }
    $page['Inputs'] = Split-Heading $sections['INPUTS'] 3
    $page['Outputs'] = Split-Heading $sections['OUTPUTS'] 3
    $page['Links'] = @([regex]::Matches($sections['RELATED LINKS'], '\[([^\]]+)\]\(([^)]+)\)') | ForEach-Object { [pscustomobject] @{ Text = $_.Groups[1].Value; Uri = $_.Groups[2].Value } })
    $page
}
