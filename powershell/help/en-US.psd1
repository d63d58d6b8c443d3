@{
    Culture = 'en-US'
    Example = 'Example'
    Input = 'Through the pipeline, by value or by property name.'
    Defaults = @{
        'Open-MemoryMappedFile Timeout' = '-1 (no limit)'
        'Out-MemoryMappedFile Timeout' = '30'
        'Read-MemoryMappedFile Timeout' = '30'
        'Save-MemoryMappedFile Timeout' = '30'
        'Out-MemoryMappedFile Encoding' = 'utf8NoBOM'
        'Read-MemoryMappedFile Encoding' = 'utf8NoBOM'
        'New-MemoryMappedFile FileMode' = 'Open'
    }
    # Parameters that several commands have.
    Parameters = @{
        MemoryMappedFile = 'The map: what New-MemoryMappedFile or Open-MemoryMappedFile gave, or any MemoryMappedFile of .NET.'
        Timeout = 'How many seconds to wait for the content lock while other processes use the map. -1 waits without limit, 0 tries once.'
        HandleInheritability = 'Whether programs that this process starts get the handle, too, and hold the map with it.'
        Encoding = 'The encoding: utf8, utf8BOM, unicode, bigendianunicode, utf32, bigendianutf32, ascii, latin1, another name or code page that .NET knows, or an encoding object. A byte order mark at the start of the map counts for more.'
        Name = 'The name of the map. The command opens the map, does its work and closes it again. If the block of Use-MemoryMappedFile runs with this map, the map that is open there is used.'
        TrustedOwner = 'Whose map is opened on Unix, beside your own and that of root: the name or the number of a user, or * for the maps of everyone. Without it a map of another user is refused. On Windows the access list of the map decides.'
        WhatIf = 'Shows what would happen, and changes nothing.'
        Confirm = 'Asks before anything is done.'
    }
    Commands = @{
        'New-MemoryMappedFile' = @{
            Synopsis = 'Creates a memory-mapped file: in memory under a name, or from a file.'
            Description = 'With -Name and -Size, New-MemoryMappedFile creates a map of that many bytes in memory, all zero. Every process of the machine can open it by its name. It lives as long as any process holds it, and is gone when the last one closes it or ends, however it ends.

With -Path it maps a file: what is written to the map is written to the file. With -Name as well, other processes can open the file map by that name.

The memory is reserved when the map is created. If there is not enough of it, that is an error here, and never a crash later.'
            Inputs = 'System.String', 'System.Int64', 'System.IO.FileInfo', 'System.IO.FileStream'
            Outputs = , 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Output = 'The map. It derives from the type of .NET, and has the properties Name, Path, Capacity, Kind, Access, IsForeign, IsOrphaned, IsInheritable and IsDisposed, and the methods Lock, GetAccessControl and SetAccessControl.'
            Notes = 'Keep the object as long as the map is needed: a process whose last object of a name is collected as garbage holds it no more. Remove-MemoryMappedFile gives the name free at once.'
            Parameters = @{
                Name = 'The name that other processes open the map by. The prefixes Local\ and Global\ mean on Windows what they always meant; elsewhere they are dropped. Named file maps and maps in memory share one set of names.'
                Path = 'The file to map. The path is literal: wildcards are ordinary characters. It may be relative to the current location, begin with ~, or name a drive of PowerShell.'
                FileStream = 'An open file to map. What it has not written yet is written first.'
                FileMode = 'How the file is opened: CreateNew, Create, Open or OpenOrCreate. Without it the file has to exist.'
                Size = 'How many bytes the map has. For a file, 0 means its own length; more makes the file grow.'
                MemoryMappedFileAccess = 'What the map is for: ReadWrite (what it is without this parameter), Read, CopyOnWrite, ReadExecute or ReadWriteExecute. A named map that is created with Read can never be written, by anybody. Give this parameter by its name: by position PowerShell takes the third value for a name.'
                MemoryMappedFileOptions = 'DelayAllocatePages takes memory only when it is touched. A process that touches it when there is none left is ended by the operating system.'
                leaveOpen = 'Whether the stream stays open when the map is removed.'
                CreateOrOpen = 'Opens the map if the name lives, whatever its size, and creates it if not.'
            }
            Examples = @(
                , @('A map in memory', '$map = New-MemoryMappedFile -Name "Test" -Size 1024', 'Creates the map Test of 1024 bytes. Other processes open it with Open-MemoryMappedFile -Name "Test".')
                , @('A map for who comes first', '$map = New-MemoryMappedFile -Name "Board" -Size 1MB -CreateOrOpen', 'Whichever process runs this first creates the map; all others open it.')
                , @('A file', '$map = Get-Item .\data.bin | New-MemoryMappedFile
$map.Capacity', 'Maps the whole file.')
                , @('A part of a very large file', '$map = New-MemoryMappedFile -Path .\ExtremelyLargeImage.data -FileMode Open -Name "ImgA"
$view = $map.CreateViewAccessor(256MB, 512MB)
$view.Write(0, [byte] 255)
$view.Dispose()', 'Changes a byte in the middle of the file through a view of a part of it. The views are those of .NET.')
            )
        }
        'Open-MemoryMappedFile' = @{
            Synopsis = 'Opens a memory-mapped file that another process, or this one, holds.'
            Description = 'Open-MemoryMappedFile opens the map of a name. If no process holds a map of this name, that is a terminating error (System.IO.FileNotFoundException), so that try and catch work; for several names in a pipeline there is one error for each.

With -Wait it waits for a map that is not there yet.'
            Inputs = , 'System.String'
            Outputs = , 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Output = 'The map.'
            Notes = 'An opened map is held, too: the map lives on when the process that created it ends.'
            Parameters = @{
                Name = 'The name of the map. Press TAB for the names that live.'
                MemoryMappedFileRights = 'What this handle may do: Read, Write, ReadWrite, Execute and the others of .NET. Without it, reading and writing.'
                Wait = 'Waits until a process creates the map.'
                Timeout = 'How many seconds -Wait waits. -1 waits without limit.'
            }
            Examples = @(
                , @('Open a map', '$map = Open-MemoryMappedFile -Name "Test"
Read-MemoryMappedFile $map', 'Reads what another process wrote.')
                , @('Wait for it', '$map = Open-MemoryMappedFile -Name "Test" -Wait -Timeout 10', 'Waits up to ten seconds for a process that creates the map.')
                , @('Do without it', 'try { $map = Open-MemoryMappedFile -Name "Test" }
catch [System.IO.FileNotFoundException] { "Nobody holds it." }', 'A missing name is an exception of the type that .NET has for it.')
            )
        }
        'Out-MemoryMappedFile' = @{
            Synopsis = 'Writes text or bytes into a memory-mapped file.'
            Description = 'Out-MemoryMappedFile replaces the content of a map by a text, of which nothing old is left; with -Append it puts the text behind the content, on a line of its own. The bytes are UTF-8 without a byte order mark, from offset 0, with NULs behind.

It takes the content lock of the map itself, so several processes can append at the same time without losing a line. A text that does not fit is an error that says how many bytes it needs, and the content stays as it was.'
            Inputs = 'System.IO.MemoryMappedFiles.MemoryMappedFile', 'System.String', 'System.Byte[]'
            Outputs = 'None', 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Output = 'Nothing, or with -PassThru the map.'
            Notes = 'Each object in the pipeline is written on its own: without -Append the last one stays. Single bytes in the pipeline are written together at its end.'
            Parameters = @{
                String = "The text. An empty one clears the map. A byte array is written as it is."
                Append = 'Puts the text behind the content, with CR LF between.'
                Offset = 'Writes at this offset, in bytes, and leaves everything else as it is.'
                NoNewline = 'Puts nothing between the content and an appended text.'
                PassThru = 'Gives the map back. With -Name it stays open, and is yours to close.'
            }
            Examples = @(
                , @('Replace', 'Out-MemoryMappedFile -MemoryMappedFile $map -String "Hello World!"', 'The content is Hello World! now.')
                , @('Append', '"one", "two" | Out-MemoryMappedFile $map -Append', 'Adds two lines.')
                , @('Hand over an object', '$json = Get-Process -Id $PID | Select-Object Name, Id | ConvertTo-Json
$map = New-MemoryMappedFile -Name "Object" -Size 64KB
Out-MemoryMappedFile $map $json', 'Another process reads it with Read-MemoryMappedFile (Open-MemoryMappedFile Object) | ConvertFrom-Json.')
                , @('Bytes', 'Out-MemoryMappedFile $map ([byte[]] (1, 2, 3)) -Offset 16', 'Writes three bytes at offset 16.')
            )
        }
        'Read-MemoryMappedFile' = @{
            Synopsis = 'Reads text or bytes from a memory-mapped file.'
            Description = 'Read-MemoryMappedFile gives the content of a map as one string: its bytes up to the last one that is not NUL, decoded as UTF-8, every NUL left out. A byte order mark at the start of the map is honoured and left out.'
            Inputs = , 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Outputs = 'System.String', 'System.Byte[]'
            Output = 'The text; with -AsByteStream the bytes, one by one, and with -Raw as well as one array.'
            Notes = 'Memory that was never written costs nothing: a line in a delayed map of many gigabytes is read at once.'
            Parameters = @{
                Raw = 'Keeps the NULs in a text. With -AsByteStream: gives one array, not single bytes, which is much faster.'
                AsByteStream = 'Gives bytes, up to the end of the content.'
                Offset = 'Where to begin, in bytes.'
                Count = 'How many bytes to read. Without it, up to the end of the content.'
            }
            Examples = @(
                , @('Read', 'Read-MemoryMappedFile -MemoryMappedFile $map', 'The text in the map.')
                , @('Lines', '(Read-MemoryMappedFile $map) -split "\r\n"', 'What was appended, line by line.')
                , @('A part, as bytes', '$bytes = Read-MemoryMappedFile $map -Offset 16 -Count 8 -AsByteStream -Raw
[System.BitConverter]::ToInt64($bytes, 0)', 'A number that a program in C wrote at offset 16.')
            )
        }
        'Save-MemoryMappedFile' = @{
            Synopsis = 'Saves the content of a memory-mapped file to a file.'
            Description = 'Save-MemoryMappedFile writes the text of a map to a file as Set-Content does: UTF-8 without a byte order mark and a line end behind it. A file that exists is replaced in one step, keeps its permissions, and is found through links. The file of the map itself is refused.'
            Inputs = 'System.IO.MemoryMappedFiles.MemoryMappedFile', 'System.String'
            Outputs = 'None', 'System.IO.FileInfo'
            Output = 'Nothing, or with -PassThru the file.'
            Notes = 'A crash leaves the old file or the new one, never a half of each.'
            Parameters = @{
                Path = 'The file, or a pattern of files. A pattern that fits no file is taken for a name.'
                LiteralPath = 'The file, with no character taken for a wildcard.'
                AsByteStream = 'Saves the bytes of the content as they are, NULs and all.'
                NoNewline = 'Writes no line end behind the text.'
                NoClobber = 'Fails if the file exists.'
                Force = 'Accepted, as with Set-Content. A file that is marked read-only is replaced in any case, as version 1 did; -NoClobber protects files.'
                Append = 'Writes behind what the file has.'
                Encoding = 'The encoding of the file, as with Out-MemoryMappedFile. Without it UTF-8 without a byte order mark.'
                PassThru = 'Gives the file, as an object like those of Get-Item.'
            }
            Examples = @(
                , @('Save the text', 'Save-MemoryMappedFile -MemoryMappedFile $map -Path .\map.txt', 'Writes the text of the map to map.txt.')
                , @('Save the bytes', '$map | Save-MemoryMappedFile -Path .\map.bin -AsByteStream -NoClobber', 'Writes the content as it is, unless map.bin exists.')
            )
        }
        'Get-MemoryMappedFile' = @{
            Synopsis = 'Lists the named memory-mapped files that live.'
            Description = 'Get-MemoryMappedFile tells which named maps there are: name, kind, capacity, owner and path. It opens none of them, and so holds none. Looking also gives back the memory of maps whose processes were killed.'
            Inputs = , 'System.String'
            Outputs = , 'Mmf.MapEntry'
            Output = 'One object for each map, with the properties Name, Kind, Capacity, Owner, Path, IsForeign and Permissions.'
            Notes = 'A map can be gone by the time you open it.'
            Parameters = @{
                Name = 'The names, or patterns of names. A name that no map has is an error; a pattern that matches none is not.'
            }
            Examples = @(
                , @('All maps', 'Get-MemoryMappedFile', 'Lists every named map of this machine.')
                , @('Read those of one program', 'Get-MemoryMappedFile -Name "board-*" | ForEach-Object { $map = Open-MemoryMappedFile $_.Name; Read-MemoryMappedFile $map; Remove-MemoryMappedFile $map }', 'Reads every map whose name begins with board-.')
            )
        }
        'Use-MemoryMappedFile' = @{
            Synopsis = 'Runs a script block under the content lock of a memory-mapped file.'
            Description = 'Use-MemoryMappedFile takes the content lock of a map, runs the block, and releases the lock, however the block ends. Meanwhile no other process reads or changes the content through this module. What the block does with the map runs under the lock, also by the name of the map.'
            Inputs = , 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Outputs = , 'System.Object'
            Output = 'What the block gives.'
            Notes = 'The block runs in the scope of its caller, as with ForEach-Object. Ctrl+C ends the wait for the lock, and the block.'
            Parameters = @{
                ScriptBlock = 'What runs under the lock. In it, $_ is the map.'
            }
            Examples = @(
                , @('Count exactly', 'Use-MemoryMappedFile $map { $map | Out-MemoryMappedFile -String (1 + (Read-MemoryMappedFile $map)) }', 'However many processes do this at the same time, no count is lost.')
                , @('By name', 'Use-MemoryMappedFile -Name "Test" { $map = $_; Read-MemoryMappedFile $map }', 'Opens the map, runs the block under its lock, and closes the map.')
            )
        }
        'Remove-MemoryMappedFile' = @{
            Synopsis = 'Closes a memory-mapped file.'
            Description = 'Remove-MemoryMappedFile closes this handle of the map, as Dispose does. If it was the last one of all processes, the map is gone, and its name can be used again at once. A file that was mapped stays.'
            Inputs = , 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Outputs = , 'None'
            Output = 'Nothing.'
            Notes = 'Views of the map stay valid until they are disposed themselves. Removing a map twice is fine.'
            Parameters = @{}
            Examples = @(
                , @('Close a map', 'Remove-MemoryMappedFile -MemoryMappedFile $map', 'Other processes that hold the map go on with it.')
                , @('Close several', '$first, $second | Remove-MemoryMappedFile', 'Both are closed.')
            )
        }
    }
    About = @'
TOPIC
    about_MemoryMappedFile

SHORT DESCRIPTION
    Names, life, content and locks of memory-mapped files.

LONG DESCRIPTION
    A memory-mapped file, or map, is memory that several processes share. The six commands of this
    module create, open, write, read, save and close maps on Windows, Linux and macOS alike. The
    bytes have no header: a program in C, Python or .NET sees the same ones at the same offsets.

  NAMES
    A named map is found by its name, by every process of the machine. On Windows a name without a
    prefix belongs to the session, and Global\ to the whole machine; elsewhere there is one set of
    names, and the prefixes Local\ and Global\ are dropped. A short plain name is used as it is, so
    that other programs find it. Maps in memory and mapped files share one set of names.

    TAB completes the names that live: Open-MemoryMappedFile -Name <TAB>.

  LIFE
    A map lives as long as any process holds it. It is gone when the last holder has closed it
    (Remove-MemoryMappedFile, or Dispose), was collected as garbage, or ended, however it ended.
    Views that are open do not hold the name, except on Windows. Keep the object in a variable.

    Memory is reserved when a map is created; too little of it is an error then. The option
    DelayAllocatePages is the exception.

  CONTENT
    The content of a map is its bytes up to the last one that is not NUL. Out-MemoryMappedFile
    replaces it, or appends to it with CR LF between; Read-MemoryMappedFile gives it as text without
    NULs. It is UTF-8, unless it begins with a byte order mark that says otherwise.

  LOCKS
    The commands lock the content themselves: scripts need no mutex. They wait up to 30 seconds, or
    as long as -Timeout says. To make several steps one, take the lock yourself:

        $lock = $map.Lock(10)
        try {
            [int] $count = Read-MemoryMappedFile $map
            Out-MemoryMappedFile $map ($count + 1)
        }
        finally { $lock.Dispose() }

    Until Dispose everything that this runspace does with $map runs under the lock, and everybody
    else waits. The number is the seconds to wait for it.

    If you use System.Threading.Mutex all the same: outside Windows a mutex without a prefix belongs
    to the terminal session, so two terminals have two of them. Call it Global\name there.

  THE OBJECT
    A map is a System.IO.MemoryMappedFiles.MemoryMappedFile: typed variables and parameters take it,
    and CreateViewStream and CreateViewAccessor give the views of .NET. It crosses into
    ForEach-Object -Parallel and Start-ThreadJob with $using:, and into other processes by name.
    IsForeign says that a program without this library made the map, IsOrphaned that another program
    took its name away. GetAccessControl and SetAccessControl tell and change who may use it.

  THE LIBRARY
    The module comes with a native library for each system. The environment variable MMF_LIBRARY
    names the absolute path of another one to use in its place, for development.

SEE ALSO
    New-MemoryMappedFile
    Open-MemoryMappedFile
    Out-MemoryMappedFile
    Read-MemoryMappedFile
    Save-MemoryMappedFile
    Remove-MemoryMappedFile
'@
}
