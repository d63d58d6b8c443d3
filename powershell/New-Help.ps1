<#
    Writes what Get-Help shows from the pages in docs/en-US and docs/de-DE: MAML of the pages of the
    cmdlets, which PlatyPS makes, and plain text of the about topic.

    Install-PSResource Microsoft.PowerShell.PlatyPS -Version 1.0.3 brings PlatyPS from the PowerShell
    Gallery. Other versions may write other MAML, which the tests compare to the letter.
#>
#Requires -Version 7.4
#Requires -Modules @{ ModuleName = 'Microsoft.PowerShell.PlatyPS'; RequiredVersion = '1.0.3' }
[CmdletBinding()]
param(
    # Where the folders en-US and de-DE are written to.
    [string] $OutputPath = (Join-Path $PSScriptRoot 'System.IO.MemoryMappedFiles.Commands')
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function ConvertTo-PlainText {
    # The text of a Markdown page as a terminal shows it best: no marks, code indented.
    param([string[]] $Line)

    $inCode = $false
    foreach ($text in $Line) {
        if ($text.StartsWith('```')) { $inCode = -not $inCode }
        elseif ($inCode) { "    $text".TrimEnd() }
        elseif ($text -match '^## ') { $text.Substring(3).ToUpperInvariant() }
        else { $text -replace '^#+ ' -replace '`' -replace '\[([^]]+)\]\([^)]+\)', '$1' }
    }
}

foreach ($culture in 'en-US', 'de-DE') {
    $pages = Join-Path (Split-Path $PSScriptRoot) "docs/$culture"
    $folder = New-Item -ItemType Directory -Force (Join-Path $OutputPath $culture)
    $temporary = Join-Path ([System.IO.Path]::GetTempPath()) ([guid]::NewGuid())
    try {
        $maml = Get-ChildItem (Join-Path $pages '*-MemoryMappedFile.md') |
            Sort-Object Name |
            Import-MarkdownCommandHelp |
            Export-MamlCommandHelp -OutputFolder $temporary
        [System.IO.File]::WriteAllText((Join-Path $folder $maml.Name), [System.IO.File]::ReadAllText($maml).Replace("`r", ''))
    }
    finally { Remove-Item -Recurse $temporary -ErrorAction Ignore }
    $about = ConvertTo-PlainText (Get-Content (Join-Path $pages 'about_MemoryMappedFile.md'))
    # Windows PowerShell takes a text without a byte order mark for one in the system's code page.
    [System.IO.File]::WriteAllText((Join-Path $folder 'about_MemoryMappedFile.help.txt'), ($about -join "`n") + "`n", [System.Text.UTF8Encoding]::new($true))
}
