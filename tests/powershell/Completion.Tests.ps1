# What TAB offers, and that what it offers is just that and nothing that runs.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    function Complete {
        param([string] $Line)
        (TabExpansion2 $Line).CompletionMatches
    }
}

Describe 'Names of maps' {
    It 'the name <Name> comes back as itself' -ForEach @(
        foreach ($name in 'plain', 'with blank', "it's", ([string] [char] 0x2019 + '; $x = 1 #'), '[array]', 'back`tick', '$dollar', '"quoted"', '-leading', '@at', 'semi;colon', 'a&b', '(p)', '{b}', '#hash', '1number', ([string] [char] 0x201C)) { @{ Name = $name } }
    ) {
        $own = 'mmf-' + [guid]::NewGuid().ToString('N')
        # A leading sign stays in front; what is typed is what comes before the guid ends.
        $full = "$own$Name"
        Set-SkippedUnless (-not $IsWindowsHere -or $full -notmatch '["\\]') 'Windows lists it otherwise'
        $map = New-MemoryMappedFile $full 10
        try {
            $offered = @(Complete "Open-MemoryMappedFile $own")
            $offered | Should -HaveCount 1
            $offered[0].ListItemText | Should -BeExactly $full
            # What PowerShell reads of it is one constant text: the name.
            $tree = [System.Management.Automation.Language.Parser]::ParseInput("Open-MemoryMappedFile $($offered[0].CompletionText)", [ref] $null, [ref] $null)
            $command = $tree.Find({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
            $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true) | Should -HaveCount 1
            $command.CommandElements | Should -HaveCount 2
            $command.CommandElements[1].Value | Should -BeExactly $full
        }
        finally { Remove-MemoryMappedFile $map }
    }

    It 'a name that begins with a sign is quoted' {
        $name = '-' + (New-TestName)
        $map = New-MemoryMappedFile $name 10
        @(Complete 'Open-MemoryMappedFile -Name ').ForEach({ $_.CompletionText }) | Should -Contain "'$name'"
        Remove-MemoryMappedFile $map
    }

    It 'what is begun may have a bracket, a quote or a pattern in it' {
        $own = New-TestName
        $map = New-MemoryMappedFile "$own[1] it's" 10
        foreach ($word in "'$own[1", "'$own[1] it''s'", "$own*it", "'$own[1] it''") { @(Complete "Open-MemoryMappedFile $word").ListItemText | Should -BeExactly "$own[1] it's" -Because $word }
        Remove-MemoryMappedFile $map
    }

    It 'a name with control characters is not offered' {
        $own = New-TestName
        $map = New-MemoryMappedFile "$own`nrm" 10
        @(Complete "Open-MemoryMappedFile $own").ForEach({ $_.ListItemText }) | Should -Not -Contain "$own`nrm"
        @(Complete 'Open-MemoryMappedFile -Name ').ForEach({ $_.ListItemText }) | Should -Not -Contain "$own`nrm"
        Remove-MemoryMappedFile $map
    }

    It 'is offered by every command that takes a name' -ForEach 'Get', 'New', 'Open', 'Read', 'Use', 'Wait', 'Out', 'Save' {
        $own = New-TestName
        $map = New-MemoryMappedFile $own 10
        @(Complete "$_-MemoryMappedFile -Name $($own.Substring(0, 12))").ListItemText | Should -Contain $own
        Remove-MemoryMappedFile $map
    }
}

Describe 'Paths of New-' {
    It 'are offered as they are taken: literally' {
        $folder = Join-Path $TestDrive 'completion'
        $null = New-Item -ItemType Directory $folder -Force
        [System.IO.File]::WriteAllBytes((Join-Path $folder 'f[1].bin'), (1..3))
        Push-Location $folder
        try {
            $offered = @(Complete 'New-MemoryMappedFile -Path f').CompletionText
            $offered | Should -HaveCount 1
            $map = Invoke-Expression "New-MemoryMappedFile -Path $offered"
            $map.Capacity | Should -Be 3
            Remove-MemoryMappedFile $map
        }
        finally { Pop-Location }
    }
}

Describe 'Members' {
    It 'of what <_> gives are offered' -ForEach '(Open-MemoryMappedFile x)', '(New-MemoryMappedFile x 1)', '(New-MemoryMappedFile x 1 | Out-MemoryMappedFile -String y -PassThru)' {
        @(Complete "$_.").ListItemText | Should -Contain 'Capacity'
        @(Complete "$_.").ListItemText | Should -Contain 'Lock'
    }

    It 'of what Get- gives are offered' {
        @(Complete '(Get-MemoryMappedFile).').ListItemText | Should -Contain 'Owner'
    }
}
