//! The rows that are measured, with their goals.

/// A goal: the time of mmf, as a share of the time of a peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Goal {
    pub(crate) peer: &'static str,
    pub(crate) at_most: f64,
}

/// Rows in the same table and picture.
pub(crate) struct Group {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    pub(crate) rows: &'static [Row],
}

pub(crate) struct Row {
    /// The name of the row in the protocol of the peers.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) goals: &'static [Goal],
    /// Whether instructions and system calls are counted, too. The row must be short, with most of its work in the library.
    pub(crate) counted: bool,
    /// Why its goals may be missed.
    pub(crate) why: &'static str,
}

impl Row {
    const fn because(self, why: &'static str) -> Row {
        Row { why, ..self }
    }
}

const fn at_most(peer: &'static str, at_most: f64) -> Goal {
    Goal { peer, at_most }
}

const fn row(id: &'static str, title: &'static str, goals: &'static [Goal]) -> Row {
    Row { id, title, goals, counted: false, why: "" }
}

const fn counted(id: &'static str, title: &'static str, goals: &'static [Goal]) -> Row {
    Row { id, title, goals, counted: true, why: "" }
}

const LIFE: &[Goal] = &[at_most("floor", 1.1), at_most(".NET", 1.0), at_most("Boost", 1.0)];
const READ: &[Goal] = &[at_most("floor", 1.2), at_most(".NET", 1.0)];
const WRITE: &[Goal] = &[at_most("floor", 1.1), at_most(".NET", 1.0)];
const SMALL_WRITE: &str = "mmf takes and releases the byte lock that protects the recorded end of the content; these two calls cost twice as much as a `pwrite` of 64 bytes. Before it writes, it checks the size and the process's file size limit, which together cost as much as `fstat`. These costs are the same for every length.";
/// 95 % of the speed of plain memory.
const VIEW: &[Goal] = &[at_most("floor", 1.0 / 0.95)];
const TEXT_WRITE: &str = "since the baseline, a write also checks whether other processes wait in the queue for the lock, finds the end of the old content before it changes anything, records the new end for the next append, and checks the process's file size limit. Recording costs most: one call sets the file's modification time, and then the next write makes the kernel set it again. Both together cost more than a `pwrite`.";
const FLAT: &[Goal] = &[at_most("small map", 1.2)];
const TEXT: &[Goal] = &[at_most("baseline", 1.0)];

pub(crate) const GROUPS: &[Group] = &[
    Group {
        id: "life",
        title: "Creating and opening",
        about: "A map of 1 KiB. The floor makes the same system calls as mmf. .NET, Boost, Python and the crate `shared_memory` map the memory immediately, and do not track which processes hold it.",
        rows: &[
            counted("create_close", "create and close", LIFE).because("mmf reserves the memory, registers its presence with a lock, publishes the map under its name only when it is complete, and checks at the end whether another process still holds it. .NET and Boost do none of this."),
            counted("open_close", "open and close", LIFE).because("mmf checks that a running process holds the map, registers its own presence, and checks at the end whether it was the last holder. .NET and Boost only open and map a file."),
        ],
    },
    Group {
        id: "bytes",
        title: "Bytes",
        about: "`read_at` and `write_at`. The floor is `pread` for reading, and `fstat` with `pwrite` for writing. The others copy from and to mapped memory. If another program truncates the file, that copy can crash them, while mmf returns an error.",
        rows: &[
            counted("read_64", "read 64 B", &[at_most("floor", 1.2)]),
            counted("read_4k", "read 4 KiB", READ),
            row("read_1m", "read 1 MiB", READ),
            row("read_1g", "read 1 GiB", READ),
            counted("write_64", "write 64 B", &[at_most("floor", 1.1)]).because(SMALL_WRITE),
            counted("write_4k", "write 4 KiB", WRITE).because(SMALL_WRITE),
            row("write_1m", "write 1 MiB", WRITE),
            row("write_1g", "write 1 GiB", WRITE),
        ],
    },
    Group {
        id: "views",
        title: "Views",
        about: "1 GiB of mapped memory. The floor is plain shared memory (`mmap`). One call of the first row adds one to each number in 1 MiB.",
        rows: &[
            row("view_sequential", "1 MiB by 1 MiB", VIEW),
            row("view_random", "8 bytes at random", VIEW),
            row("view_atomic", "add to an atomic number", VIEW),
        ],
    },
    Group {
        id: "text",
        title: "Text",
        about: "100 bytes in 64 KiB. mmf takes the content lock, checks whether the file was truncated, clears the rest of a longer old text, and decodes the text that it reads. The floor takes a lock that readers can share, makes one `pread` or `pwrite`, and releases the lock. Boost and .NET use no lock.",
        rows: &[
            counted("text_replace", "replace", TEXT).because(TEXT_WRITE),
            counted("text_replace_used", "replace, after 40 KB", TEXT).because(TEXT_WRITE),
            counted("text_read", "read", TEXT),
            counted("text_read_used", "read, after 40 KB", TEXT),
            counted("text_append", "append", TEXT).because(TEXT_WRITE),
        ],
    },
    Group {
        id: "amounts",
        title: "Small and large",
        about: "The same work with a large and with a small amount of data: appending 100 bytes to a long content, compared with a content of 1 KiB; and reading a text of 100 bytes from a map of 64 GiB whose memory is allocated when it is written, compared with a map of 1 MiB. *In turn* means that two handles append alternately.",
        rows: &[
            row("append_1m", "append to 1 MiB", FLAT),
            row("append_512m", "append to 512 MiB", FLAT),
            row("append_1m_in_turn", "append to 1 MiB in turn", FLAT),
            row("append_512m_in_turn", "append to 512 MiB in turn", FLAT),
            row("read_line_64g", "read a line from 64 GiB", &[at_most("small map", 2.0)]),
        ],
    },
    Group {
        id: "handover",
        title: "Hand-over",
        about: "100 bytes from one process to another one that waits for them, and back. mmf uses two watched maps, without and with the content lock. The floor uses two files, `pwrite`, `inotify` and `pread`. For comparison: two named pipes, which do not keep the data after it is read.",
        rows: &[
            row("handover", "bytes, round trip", &[at_most("floor", 2.0)]),
            row("handover_text", "text, round trip", &[]),
        ],
    },
    Group {
        id: "cmdlets",
        title: "Cmdlets",
        about: "100 bytes in 1 MiB, per call. `Set-Content`, `Add-Content` and `Get-Content` use a file in `/dev/shm`. Version 1 is measured if its module is given.",
        rows: &[
            row(
                "cmdlet_out",
                "Out-MemoryMappedFile",
                &[at_most("version 1", 1.0 / 20.0), at_most("Content cmdlets", 1.0)],
            )
            .because("PowerShell's part of a call takes as long as the call of a cmdlet that does nothing, about 10 µs, and the kernel searches the reserved memory of the 1 MiB for old text, another 8 µs. Version 1 neither takes a lock nor clears old text."),
            row(
                "cmdlet_append",
                "Out-MemoryMappedFile -Append",
                &[at_most("version 1", 1.0 / 200.0), at_most("Content cmdlets", 1.0)],
            ),
            row(
                "cmdlet_read",
                "Read-MemoryMappedFile",
                &[at_most("version 1", 1.0 / 200.0), at_most("Content cmdlets", 1.0)],
            ),
            row(
                "cmdlet_pipeline",
                "10,000 piped strings, -Append",
                &[at_most("Content cmdlets", 1.0)],
            )
            .because("each string is appended separately, under the content lock, so that other processes can read it immediately; `Add-Content` opens its file once and buffers its output."),
            row("import", "import and first map", &[at_most("version 1", 1.0)]),
        ],
    },
];
