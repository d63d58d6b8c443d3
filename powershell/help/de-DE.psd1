@{
    Culture = 'de-DE'
    Example = 'Beispiel'
    Input = 'Über die Pipeline, als Wert oder über den Namen der Eigenschaft.'
    Defaults = @{
        'Open-MemoryMappedFile Timeout' = '-1 (ohne Grenze)'
        'Out-MemoryMappedFile Timeout' = '30'
        'Read-MemoryMappedFile Timeout' = '30'
        'Save-MemoryMappedFile Timeout' = '30'
        'Out-MemoryMappedFile Encoding' = 'utf8NoBOM'
        'Read-MemoryMappedFile Encoding' = 'utf8NoBOM'
        'New-MemoryMappedFile FileMode' = 'Open'
    }
    # Parameters that several commands have.
    Parameters = @{
        MemoryMappedFile = 'Die Abbildung: was New-MemoryMappedFile oder Open-MemoryMappedFile lieferte, oder jedes MemoryMappedFile von .NET.'
        Timeout = 'Wie viele Sekunden auf die Inhaltssperre gewartet wird, solange andere Prozesse die Abbildung benutzen. -1 wartet ohne Grenze, 0 versucht es einmal.'
        HandleInheritability = 'Ob Programme, die dieser Prozess startet, das Handle ebenfalls bekommen und die Abbildung damit festhalten.'
        Encoding = 'Die Kodierung: utf8, utf8BOM, unicode, bigendianunicode, utf32, bigendianutf32, ascii, latin1, ein anderer Name oder eine Codepage, die .NET kennt, oder ein Kodierungsobjekt. Eine Bytereihenfolgemarke am Anfang der Abbildung geht vor.'
        Name = 'Der Name der Abbildung. Der Befehl öffnet die Abbildung, tut seine Arbeit und schließt sie wieder. Läuft gerade der Block von Use-MemoryMappedFile mit dieser Abbildung, wird die dort geöffnete benutzt.'
        TrustedOwner = 'Wessen Abbildung unter Unix geöffnet wird, außer der eigenen und der von root: der Name oder die Nummer eines Benutzers, oder * für die Abbildungen aller. Ohne Angabe wird die Abbildung eines anderen Benutzers abgelehnt. Unter Windows entscheidet die Zugriffsliste der Abbildung.'
        WhatIf = 'Zeigt, was geschehen würde, und ändert nichts.'
        Confirm = 'Fragt, bevor etwas geschieht.'
    }
    Commands = @{
        'New-MemoryMappedFile' = @{
            Synopsis = 'Erzeugt eine im Speicher abgebildete Datei: im Speicher unter einem Namen, oder aus einer Datei.'
            Description = 'Mit -Name und -Size erzeugt New-MemoryMappedFile eine Abbildung von so vielen Bytes im Speicher, alle null. Jeder Prozess des Rechners kann sie über ihren Namen öffnen. Sie lebt, solange irgendein Prozess sie festhält, und ist fort, sobald der letzte sie schließt oder endet, gleich wie.

Mit -Path bildet es eine Datei ab: was in die Abbildung geschrieben wird, wird in die Datei geschrieben. Mit -Name dazu können andere Prozesse sie unter diesem Namen öffnen.

Der Speicher wird beim Erzeugen belegt. Reicht er nicht, so ist das hier ein Fehler und nie später ein Absturz.'
            Inputs = 'System.String', 'System.Int64', 'System.IO.FileInfo', 'System.IO.FileStream'
            Outputs = , 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Output = 'Die Abbildung. Sie ist vom Typ aus .NET abgeleitet und hat die Eigenschaften Name, Path, Capacity, Kind, Access, IsForeign, IsOrphaned, IsInheritable und IsDisposed sowie die Methoden Lock, GetAccessControl und SetAccessControl.'
            Notes = 'Behalten Sie das Objekt, solange die Abbildung gebraucht wird: Ein Prozess, dessen letztes Objekt eines Namens von der Speicherbereinigung eingesammelt wurde, hält sie nicht mehr. Remove-MemoryMappedFile gibt den Namen sofort frei.'
            Parameters = @{
                Name = 'Der Name, unter dem andere Prozesse die Abbildung öffnen. Die Vorsilben Local\ und Global\ bedeuten unter Windows, was sie dort immer bedeuteten; anderswo fallen sie weg. Benannte Dateiabbildungen und Abbildungen im Speicher teilen sich die Namen.'
                Path = 'Die Datei. Der Pfad gilt wörtlich: Platzhalter sind gewöhnliche Zeichen. Er darf sich auf den aktuellen Ort beziehen, mit ~ beginnen oder ein Laufwerk von PowerShell nennen.'
                FileStream = 'Eine offene Datei. Was sie noch nicht geschrieben hat, wird zuerst geschrieben.'
                FileMode = 'Wie die Datei geöffnet wird: CreateNew, Create, Open oder OpenOrCreate. Ohne Angabe muss es sie geben.'
                Size = 'Wie viele Bytes die Abbildung hat. Bei einer Datei bedeutet 0 ihre eigene Länge; mehr lässt die Datei wachsen.'
                MemoryMappedFileAccess = 'Wofür die Abbildung da ist: ReadWrite (ohne Angabe), Read, CopyOnWrite, ReadExecute oder ReadWriteExecute. Eine benannte Abbildung, die mit Read erzeugt wurde, kann niemand je beschreiben. Nennen Sie diesen Parameter beim Namen: Nach der Position hält PowerShell den dritten Wert für einen Namen.'
                MemoryMappedFileOptions = 'DelayAllocatePages belegt den Speicher erst, wenn er berührt wird. Einen Prozess, der ihn berührt, wenn keiner mehr da ist, beendet das Betriebssystem.'
                leaveOpen = 'Ob der Datenstrom offen bleibt, wenn die Abbildung entfernt wird.'
                CreateOrOpen = 'Öffnet die Abbildung, wenn der Name lebt, gleich wie groß sie ist, und erzeugt sie sonst.'
            }
            Examples = @(
                , @('Eine Abbildung im Speicher', '$map = New-MemoryMappedFile -Name "Test" -Size 1024', 'Erzeugt die Abbildung Test mit 1024 Bytes. Andere Prozesse öffnen sie mit Open-MemoryMappedFile -Name "Test".')
                , @('Wer zuerst kommt', '$map = New-MemoryMappedFile -Name "Board" -Size 1MB -CreateOrOpen', 'Der erste Prozess, der dies ausführt, erzeugt die Abbildung; alle anderen öffnen sie.')
                , @('Eine Datei', '$map = Get-Item .\data.bin | New-MemoryMappedFile
$map.Capacity', 'Bildet die ganze Datei ab.')
                , @('Ein Teil einer sehr großen Datei', '$map = New-MemoryMappedFile -Path .\ExtremelyLargeImage.data -FileMode Open -Name "ImgA"
$view = $map.CreateViewAccessor(256MB, 512MB)
$view.Write(0, [byte] 255)
$view.Dispose()', 'Ändert ein Byte mitten in der Datei durch eine Sicht auf einen Teil von ihr. Die Sichten sind die von .NET.')
            )
        }
        'Open-MemoryMappedFile' = @{
            Synopsis = 'Öffnet eine im Speicher abgebildete Datei, die ein anderer Prozess oder dieser festhält.'
            Description = 'Open-MemoryMappedFile öffnet die Abbildung eines Namens. Hält kein Prozess eine Abbildung dieses Namens, so ist das ein beendender Fehler (System.IO.FileNotFoundException), damit try und catch greifen; bei mehreren Namen in einer Pipeline gibt es für jeden einen Fehler.

Mit -Wait wartet es auf eine Abbildung, die es noch nicht gibt.'
            Inputs = , 'System.String'
            Outputs = , 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Output = 'Die Abbildung.'
            Notes = 'Auch eine geöffnete Abbildung wird festgehalten: Sie lebt weiter, wenn der Prozess endet, der sie erzeugte.'
            Parameters = @{
                Name = 'Der Name der Abbildung. Die Tabulatortaste zeigt die Namen, die leben.'
                MemoryMappedFileRights = 'Was dieses Handle darf: Read, Write, ReadWrite, Execute und die übrigen aus .NET. Ohne Angabe lesen und schreiben.'
                Wait = 'Wartet, bis ein Prozess die Abbildung erzeugt.'
                Timeout = 'Wie viele Sekunden -Wait wartet. -1 wartet ohne Grenze.'
            }
            Examples = @(
                , @('Eine Abbildung öffnen', '$map = Open-MemoryMappedFile -Name "Test"
Read-MemoryMappedFile $map', 'Liest, was ein anderer Prozess schrieb.')
                , @('Auf sie warten', '$map = Open-MemoryMappedFile -Name "Test" -Wait -Timeout 10', 'Wartet bis zu zehn Sekunden auf einen Prozess, der die Abbildung erzeugt.')
                , @('Ohne sie auskommen', 'try { $map = Open-MemoryMappedFile -Name "Test" }
catch [System.IO.FileNotFoundException] { "Niemand hält sie fest." }', 'Ein fehlender Name ist eine Ausnahme von dem Typ, den .NET dafür hat.')
            )
        }
        'Out-MemoryMappedFile' = @{
            Synopsis = 'Schreibt Text oder Bytes in eine im Speicher abgebildete Datei.'
            Description = 'Out-MemoryMappedFile ersetzt den Inhalt einer Abbildung durch einen Text, und nichts vom alten bleibt; mit -Append kommt der Text in einer eigenen Zeile hinter den Inhalt. Die Bytes sind UTF-8 ohne Bytereihenfolgemarke, ab dem Offset 0, dahinter NUL.

Es nimmt die Inhaltssperre der Abbildung selbst, daher können mehrere Prozesse gleichzeitig anhängen, ohne dass eine Zeile verloren geht. Ein Text, der nicht hineinpasst, ist ein Fehler, der sagt, wie viele Bytes er braucht, und der Inhalt bleibt, wie er war.'
            Inputs = 'System.IO.MemoryMappedFiles.MemoryMappedFile', 'System.String', 'System.Byte[]'
            Outputs = 'None', 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Output = 'Nichts, oder mit -PassThru die Abbildung.'
            Notes = 'Jedes Objekt in der Pipeline wird für sich geschrieben: Ohne -Append bleibt das letzte. Einzelne Bytes in der Pipeline werden an ihrem Ende zusammen geschrieben.'
            Parameters = @{
                String = 'Der Text. Ein leerer leert die Abbildung. Ein Bytearray wird geschrieben, wie es ist.'
                Append = 'Hängt den Text hinter den Inhalt, mit CR LF dazwischen.'
                Offset = 'Schreibt an diesem Offset, in Bytes, und lässt alles andere, wie es ist.'
                NoNewline = 'Setzt nichts zwischen den Inhalt und einen angehängten Text.'
                PassThru = 'Gibt die Abbildung zurück. Mit -Name bleibt sie geöffnet, und Sie schließen sie.'
            }
            Examples = @(
                , @('Ersetzen', 'Out-MemoryMappedFile -MemoryMappedFile $map -String "Hallo Welt!"', 'Der Inhalt ist nun Hallo Welt!.')
                , @('Anhängen', '"eins", "zwei" | Out-MemoryMappedFile $map -Append', 'Fügt zwei Zeilen hinzu.')
                , @('Ein Objekt übergeben', '$json = Get-Process -Id $PID | Select-Object Name, Id | ConvertTo-Json
$map = New-MemoryMappedFile -Name "Object" -Size 64KB
Out-MemoryMappedFile $map $json', 'Ein anderer Prozess liest es mit Read-MemoryMappedFile (Open-MemoryMappedFile Object) | ConvertFrom-Json.')
                , @('Bytes', 'Out-MemoryMappedFile $map ([byte[]] (1, 2, 3)) -Offset 16', 'Schreibt drei Bytes am Offset 16.')
            )
        }
        'Read-MemoryMappedFile' = @{
            Synopsis = 'Liest Text oder Bytes aus einer im Speicher abgebildeten Datei.'
            Description = 'Read-MemoryMappedFile liefert den Inhalt einer Abbildung als eine Zeichenfolge: ihre Bytes bis zum letzten, das nicht NUL ist, als UTF-8 gelesen, ohne jedes NUL. Eine Bytereihenfolgemarke am Anfang der Abbildung wird beachtet und weggelassen.'
            Inputs = , 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Outputs = 'System.String', 'System.Byte[]'
            Output = 'Der Text; mit -AsByteStream die Bytes, eines nach dem anderen, und mit -Raw dazu als ein Array.'
            Notes = 'Speicher, der nie beschrieben wurde, kostet nichts: Eine Zeile in einer aufgeschobenen Abbildung von vielen Gigabytes wird sofort gelesen.'
            Parameters = @{
                Raw = 'Behält die NUL in einem Text. Mit -AsByteStream: liefert ein Array statt einzelner Bytes, was viel schneller ist.'
                AsByteStream = 'Liefert Bytes, bis zum Ende des Inhalts.'
                Offset = 'Wo begonnen wird, in Bytes.'
                Count = 'Wie viele Bytes gelesen werden. Ohne Angabe bis zum Ende des Inhalts.'
            }
            Examples = @(
                , @('Lesen', 'Read-MemoryMappedFile -MemoryMappedFile $map', 'Der Text in der Abbildung.')
                , @('Zeilen', '(Read-MemoryMappedFile $map) -split "\r\n"', 'Was angehängt wurde, Zeile für Zeile.')
                , @('Ein Teil, als Bytes', '$bytes = Read-MemoryMappedFile $map -Offset 16 -Count 8 -AsByteStream -Raw
[System.BitConverter]::ToInt64($bytes, 0)', 'Eine Zahl, die ein Programm in C am Offset 16 schrieb.')
            )
        }
        'Save-MemoryMappedFile' = @{
            Synopsis = 'Speichert den Inhalt einer im Speicher abgebildeten Datei in einer Datei.'
            Description = 'Save-MemoryMappedFile schreibt den Text einer Abbildung in eine Datei, wie Set-Content es tut: UTF-8 ohne Bytereihenfolgemarke und ein Zeilenende dahinter. Eine vorhandene Datei wird in einem Schritt ersetzt, behält ihre Rechte und wird über Verknüpfungen gefunden. Die Datei der Abbildung selbst wird abgelehnt.'
            Inputs = 'System.IO.MemoryMappedFiles.MemoryMappedFile', 'System.String'
            Outputs = 'None', 'System.IO.FileInfo'
            Output = 'Nichts, oder mit -PassThru die Datei.'
            Notes = 'Ein Absturz hinterlässt die alte Datei oder die neue, nie eine halbe von beiden.'
            Parameters = @{
                Path = 'Die Datei, oder ein Muster für Dateien. Ein Muster, auf das keine Datei passt, gilt als Name.'
                LiteralPath = 'Die Datei; kein Zeichen gilt als Platzhalter.'
                AsByteStream = 'Speichert die Bytes des Inhalts, wie sie sind, mit allen NUL.'
                NoNewline = 'Schreibt kein Zeilenende hinter den Text.'
                NoClobber = 'Schlägt fehl, wenn es die Datei gibt.'
                Force = 'Wird angenommen wie bei Set-Content. Eine schreibgeschützte Datei wird auf jeden Fall ersetzt, wie in Version 1; -NoClobber schützt Dateien.'
                Append = 'Schreibt hinter das, was die Datei schon enthält.'
                Encoding = 'Die Kodierung der Datei, wie bei Out-MemoryMappedFile. Ohne Angabe UTF-8 ohne Bytereihenfolgemarke.'
                PassThru = 'Liefert die Datei als Objekt, wie Get-Item es tut.'
            }
            Examples = @(
                , @('Den Text speichern', 'Save-MemoryMappedFile -MemoryMappedFile $map -Path .\map.txt', 'Schreibt den Text der Abbildung nach map.txt.')
                , @('Die Bytes speichern', '$map | Save-MemoryMappedFile -Path .\map.bin -AsByteStream -NoClobber', 'Schreibt den Inhalt, wie er ist, sofern es map.bin nicht gibt.')
            )
        }
        'Get-MemoryMappedFile' = @{
            Synopsis = 'Listet die benannten, im Speicher abgebildeten Dateien auf, die es gerade gibt.'
            Description = 'Get-MemoryMappedFile nennt die benannten Abbildungen: Name, Art, Größe, Eigentümer und Pfad. Es öffnet keine davon und hält daher auch keine fest. Dabei wird der Speicher von Abbildungen frei, deren Prozesse abgebrochen wurden.'
            Inputs = , 'System.String'
            Outputs = , 'Mmf.MapEntry'
            Output = 'Ein Objekt je Abbildung, mit den Eigenschaften Name, Kind, Capacity, Owner, Path, IsForeign und Permissions.'
            Notes = 'Eine Abbildung kann verschwunden sein, bis Sie sie öffnen.'
            Parameters = @{
                Name = 'Die Namen, oder Muster für Namen. Ein Name, den keine Abbildung hat, ist ein Fehler; ein Muster, auf das keine passt, nicht.'
            }
            Examples = @(
                , @('Alle Abbildungen', 'Get-MemoryMappedFile', 'Listet jede benannte Abbildung dieses Rechners auf.')
                , @('Die eines Programms lesen', 'Get-MemoryMappedFile -Name "board-*" | ForEach-Object { $map = Open-MemoryMappedFile $_.Name; Read-MemoryMappedFile $map; Remove-MemoryMappedFile $map }', 'Liest jede Abbildung, deren Name mit board- beginnt.')
            )
        }
        'Use-MemoryMappedFile' = @{
            Synopsis = 'Führt einen Skriptblock unter der Inhaltssperre einer im Speicher abgebildeten Datei aus.'
            Description = 'Use-MemoryMappedFile nimmt die Inhaltssperre einer Abbildung, führt den Block aus und gibt die Sperre frei, gleich wie der Block endet. Solange liest oder ändert kein anderer Prozess den Inhalt über dieses Modul. Was der Block mit der Abbildung tut, läuft unter der Sperre, auch über ihren Namen.'
            Inputs = , 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Outputs = , 'System.Object'
            Output = 'Was der Block liefert.'
            Notes = 'Der Block läuft im Gültigkeitsbereich des Aufrufers, wie bei ForEach-Object. Strg+C beendet das Warten auf die Sperre und den Block.'
            Parameters = @{
                ScriptBlock = 'Was unter der Sperre läuft. Darin ist $_ die Abbildung.'
            }
            Examples = @(
                , @('Genau zählen', 'Use-MemoryMappedFile $map { $map | Out-MemoryMappedFile -String (1 + (Read-MemoryMappedFile $map)) }', 'Gleich wie viele Prozesse dies zur selben Zeit tun: Keine Zählung geht verloren.')
                , @('Über den Namen', 'Use-MemoryMappedFile -Name "Test" { $map = $_; Read-MemoryMappedFile $map }', 'Öffnet die Abbildung, führt den Block unter ihrer Sperre aus und schließt sie.')
            )
        }
        'Remove-MemoryMappedFile' = @{
            Synopsis = 'Schließt eine im Speicher abgebildete Datei.'
            Description = 'Remove-MemoryMappedFile schließt dieses Handle der Abbildung, wie Dispose. War es das letzte aller Prozesse, so ist die Abbildung fort, und ihr Name kann sofort wieder benutzt werden. Eine abgebildete Datei bleibt.'
            Inputs = , 'System.IO.MemoryMappedFiles.MemoryMappedFile'
            Outputs = , 'None'
            Output = 'Nichts.'
            Notes = 'Sichten auf die Abbildung gelten, bis sie selbst geschlossen werden. Zweimal zu entfernen schadet nicht.'
            Parameters = @{}
            Examples = @(
                , @('Eine Abbildung schließen', 'Remove-MemoryMappedFile -MemoryMappedFile $map', 'Andere Prozesse, die sie festhalten, arbeiten mit ihr weiter.')
                , @('Mehrere schließen', '$first, $second | Remove-MemoryMappedFile', 'Beide sind geschlossen.')
            )
        }
    }
    About = @'
THEMA
    about_MemoryMappedFile

KURZBESCHREIBUNG
    Namen, Leben, Inhalt und Sperren im Speicher abgebildeter Dateien.

LANGE BESCHREIBUNG
    Eine im Speicher abgebildete Datei, kurz Abbildung, ist Speicher, den sich mehrere Prozesse
    teilen. Die sechs Befehle dieses Moduls erzeugen, öffnen, schreiben, lesen, speichern und
    schließen Abbildungen, unter Windows, Linux und macOS gleich. Die Bytes haben keinen Vorspann:
    Ein Programm in C, Python oder .NET sieht dieselben an denselben Stellen.

  NAMEN
    Eine benannte Abbildung findet jeder Prozess des Rechners über ihren Namen. Unter Windows gehört
    ein Name ohne Vorsilbe zur Sitzung und Global\ zum ganzen Rechner; anderswo gibt es nur eine
    Menge von Namen, und die Vorsilben Local\ und Global\ fallen weg. Ein kurzer, einfacher Name
    wird unverändert benutzt, damit andere Programme ihn finden. Abbildungen im Speicher und
    abgebildete Dateien teilen sich die Namen.

    Die Tabulatortaste ergänzt die Namen, die leben: Open-MemoryMappedFile -Name <TAB>.

  LEBEN
    Eine Abbildung lebt, solange irgendein Prozess sie festhält. Sie ist fort, sobald der letzte sie
    geschlossen hat (Remove-MemoryMappedFile oder Dispose), sein Objekt von der Speicherbereinigung
    eingesammelt wurde oder er geendet hat, gleich wie. Offene Sichten halten den Namen nicht, außer
    unter Windows. Behalten Sie das Objekt in einer Variablen.

    Der Speicher wird beim Erzeugen belegt; zu wenig ist dann ein Fehler. Die Option
    DelayAllocatePages ist die Ausnahme.

  INHALT
    Der Inhalt einer Abbildung sind ihre Bytes bis zum letzten, das nicht NUL ist.
    Out-MemoryMappedFile ersetzt ihn oder hängt mit CR LF dazwischen an; Read-MemoryMappedFile
    liefert ihn als Text ohne NUL. Er ist UTF-8, es sei denn, er beginnt mit einer
    Bytereihenfolgemarke, die etwas anderes sagt.

  SPERREN
    Die Befehle sperren den Inhalt selbst: Skripte brauchen keinen Mutex. Sie warten bis zu 30
    Sekunden, oder so lange, wie -Timeout sagt. Um mehrere Schritte zu einem zu machen, nehmen Sie
    die Sperre selbst:

        $lock = $map.Lock(10)
        try {
            [int] $count = Read-MemoryMappedFile $map
            Out-MemoryMappedFile $map ($count + 1)
        }
        finally { $lock.Dispose() }

    Bis zu Dispose läuft alles, was dieser Runspace mit $map tut, unter der Sperre, und alle anderen
    warten. Die Zahl sind die Sekunden, die auf sie gewartet wird.

    Wenn Sie dennoch System.Threading.Mutex benutzen: Außerhalb von Windows gehört ein Mutex ohne
    Vorsilbe zur Terminalsitzung, zwei Terminals haben also zwei davon. Nennen Sie ihn dort
    Global\Name.

  DAS OBJEKT
    Eine Abbildung ist ein System.IO.MemoryMappedFiles.MemoryMappedFile: Typisierte Variablen und
    Parameter nehmen sie an, und CreateViewStream und CreateViewAccessor liefern die Sichten von
    .NET. Mit $using: gelangt sie in ForEach-Object -Parallel und Start-ThreadJob, in andere
    Prozesse über ihren Namen. IsForeign sagt, dass ein Programm ohne diese Bibliothek sie machte,
    IsOrphaned, dass ein anderes Programm ihr den Namen nahm. GetAccessControl und SetAccessControl
    sagen und ändern, wer sie benutzen darf.

  DIE BIBLIOTHEK
    Das Modul bringt für jedes System eine Bibliothek mit. Die Umgebungsvariable MMF_LIBRARY nennt
    für die Entwicklung den absoluten Pfad einer anderen, die an ihrer Stelle benutzt wird.

SIEHE AUCH
    New-MemoryMappedFile
    Open-MemoryMappedFile
    Out-MemoryMappedFile
    Read-MemoryMappedFile
    Save-MemoryMappedFile
    Remove-MemoryMappedFile
'@
}
