# Runs the scripts of the README unchanged, except for the names of their maps.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    function Get-Example {
        # A script of the README with another map name.
        param([string] $File, [string] $Shown, [string] $Name)
        $examples = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'examples'
        $text = [System.IO.File]::ReadAllText((Join-Path $examples $File))
        $text | Should -Match $Shown
        $text.Replace($Shown, $Name)
    }
}

Describe 'The README' -Tag Process {
    It 'has two scripts that share a map' {
        $name = New-TestName
        $stays = "`n'it waits'`n[void] [System.Console]::ReadLine()"
        $first = Start-Shell ((Get-Example 'readme/first.ps1' 'Greeting' $name) + $stays)
        $null = Receive-Line $first 'it waits'
        Invoke-Shell (Get-Example 'readme/second.ps1' 'Greeting' $name) | Should -Be 'Hello from one PowerShell', 'and from another'
        Test-MapName $name | Should -BeTrue
        $null = Stop-Shell $first
        $first.Errors.Result | Should -BeNullOrEmpty
        Test-MapName $name | Should -BeFalse
    }

    It 'has a .NET program that reads the file of a map' {
        Set-SkippedUnless $HasMapFolder 'maps are not files here'
        $name = New-TestName
        $map = New-MemoryMappedFile $name 1024
        Out-MemoryMappedFile $map 'Process A says: Hello World!'
        $body = Get-Example 'reader.cs' '/dev/shm/Test' "$MapFolder/$name"
        $usings = 'using System; using System.IO; using System.IO.MemoryMappedFiles;'
        # Prints to the console, so it needs its own process.
        Invoke-Shell "Add-Type -TypeDefinition @'`n$usings public static class Reader { public static void Main() {`n$body`n} }`n'@`n[Reader]::Main()" |
            Should -Be 'Process A says: Hello World!'
        Remove-MemoryMappedFile $map
    }
}
