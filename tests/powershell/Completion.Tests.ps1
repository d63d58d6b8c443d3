# What TAB offers. Every offered text must be one constant argument; nothing in it may run.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    function Get-Completion {
        param([string] $Line)
        (TabExpansion2 $Line).CompletionMatches
    }
}

Describe 'Names of maps' {
    It 'completes the name <Name> as one constant' -ForEach @(
        foreach ($name in 'plain', 'with blank', "it's", ([string] [char] 0x2019 + '; $x = 1 #'), '[array]', 'back`tick', '$dollar', '"quoted"', '-leading', '@at', 'semi;colon', 'a&b', '(p)', '{b}', '#hash', '1number', ([string] [char] 0x201C)) { @{ Name = $name } }
    ) {
        $own = 'mmf-' + [guid]::NewGuid().ToString('N')
        # The special characters follow the part that is typed, so a leading sign comes after the GUID.
        $full = "$own$Name"
        Set-SkippedUnless (-not $IsWindowsHere -or $full -notmatch '["\\]') 'Windows lists this name differently'
        $map = New-MemoryMappedFile $full 10
        try {
            $offered = @(Get-Completion "Open-MemoryMappedFile $own")
            $offered | Should -HaveCount 1
            $offered[0].ListItemText | Should -BeExactly $full
            # PowerShell parses it as one constant: the name.
            $tree = [System.Management.Automation.Language.Parser]::ParseInput("Open-MemoryMappedFile $($offered[0].CompletionText)", [ref] $null, [ref] $null)
            $command = $tree.Find({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
            $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true) | Should -HaveCount 1
            $command.CommandElements | Should -HaveCount 2
            $command.CommandElements[1].Value | Should -BeExactly $full
        }
        finally { Remove-MemoryMappedFile $map }
    }

    It 'quotes a name that begins with a dash' {
        $name = '-' + (New-TestName)
        $map = New-MemoryMappedFile $name 10
        @(Get-Completion 'Open-MemoryMappedFile -Name ').ForEach({ $_.CompletionText }) | Should -Contain "'$name'"
        Remove-MemoryMappedFile $map
    }

    It 'completes words with a bracket, a quote or a pattern' {
        $own = New-TestName
        $map = New-MemoryMappedFile "$own[1] it's" 10
        foreach ($word in "'$own[1", "'$own[1] it''s'", "$own*it", "'$own[1] it''") { @(Get-Completion "Open-MemoryMappedFile $word").ListItemText | Should -BeExactly "$own[1] it's" -Because $word }
        Remove-MemoryMappedFile $map
    }

    It 'does not offer a name with control characters' {
        $own = New-TestName
        $map = New-MemoryMappedFile "$own`nrm" 10
        @(Get-Completion "Open-MemoryMappedFile $own").ForEach({ $_.ListItemText }) | Should -Not -Contain "$own`nrm"
        @(Get-Completion 'Open-MemoryMappedFile -Name ').ForEach({ $_.ListItemText }) | Should -Not -Contain "$own`nrm"
        Remove-MemoryMappedFile $map
    }

    It 'are completed by <_>-, which takes a name' -ForEach 'Get', 'New', 'Open', 'Read', 'Use', 'Wait', 'Out', 'Save' {
        $own = New-TestName
        $map = New-MemoryMappedFile $own 10
        @(Get-Completion "$_-MemoryMappedFile -Name $($own.Substring(0, 12))").ListItemText | Should -Contain $own
        Remove-MemoryMappedFile $map
    }
}

Describe 'Paths of New-' {
    It 'are offered literally, as the cmdlet takes them' {
        $folder = Join-Path $TestDrive 'completion'
        $null = New-Item -ItemType Directory $folder -Force
        [System.IO.File]::WriteAllBytes((Join-Path $folder 'f[1].bin'), (1..3))
        Push-Location $folder
        try {
            $offered = @(Get-Completion 'New-MemoryMappedFile -Path f').CompletionText
            $offered | Should -HaveCount 1
            $map = Invoke-Expression "New-MemoryMappedFile -Path $offered"
            $map.Capacity | Should -Be 3
            Remove-MemoryMappedFile $map
        }
        finally { Pop-Location }
    }
}

Describe 'Members' {
    It 'of the result of <_> are offered' -ForEach '(Open-MemoryMappedFile x)', '(New-MemoryMappedFile x 1)', '(New-MemoryMappedFile x 1 | Out-MemoryMappedFile -String y -PassThru)' {
        @(Get-Completion "$_.").ListItemText | Should -Contain 'Capacity'
        @(Get-Completion "$_.").ListItemText | Should -Contain 'Lock'
    }

    It 'of the result of Get- are offered' {
        @(Get-Completion '(Get-MemoryMappedFile).').ListItemText | Should -Contain 'Owner'
    }
}
