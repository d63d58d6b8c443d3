//! What is measured: each row with its goals.

/// A limit for the time of mmf, as a share of the time of a peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Goal {
    pub(crate) peer: &'static str,
    pub(crate) at_most: f64,
}

/// Rows that are shown in one table and one picture.
pub(crate) struct Group {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    pub(crate) rows: &'static [Row],
}

pub(crate) struct Row {
    /// What the peers call it.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) goals: &'static [Goal],
    /// Whether instructions are counted, too: it is short, and most of it is in the library.
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
const SMALL_WRITE: &str = "mmf takes the byte lock that keeps the recorded end of the content right, and gives it back: the two calls cost twice as much as a `pwrite` of 64 bytes. Before it writes, it looks at the size and at the process's file size limit, which together cost as much as `fstat`. All of this costs the same for every length.";
/// 0.95 of the speed of plain memory.
const VIEW: &[Goal] = &[at_most("floor", 1.0 / 0.95)];
const TEXT_WRITE: &str = "since the baseline, a write also looks whether other processes wait in the queue for the lock, finds the end of the old content before it changes anything, records the new end for the next append, and looks at the process's file size limit. Recording costs most: one call sets the time of the object, and the next write has the kernel set it again; both together cost more than a `pwrite`.";
const FLAT: &[Goal] = &[at_most("small map", 1.2)];
const TEXT: &[Goal] = &[at_most("baseline", 1.0)];

pub(crate) const GROUPS: &[Group] = &[
    Group {
        id: "life",
        title: "Creating and opening",
        about: "A map of 1 KiB. The floor makes the same system calls as mmf. .NET, Boost, Python and the crate `shared_memory` map the memory at once and keep no account of who holds it.",
        rows: &[
            counted("create_close", "create and close", LIFE).because("mmf reserves the memory, registers its presence with a lock, publishes the map under its name only when it is whole, and asks at the end whether another process still holds it; .NET and Boost do none of that."),
            counted("open_close", "open and close", LIFE).because("mmf proves that a living process holds the map, registers its own presence, and asks at the end whether it was the last; .NET and Boost only open and map a file."),
        ],
    },
    Group {
        id: "bytes",
        title: "Bytes",
        about: "`read_at` and `write_at`. The floor is `pread`, and `fstat` with `pwrite`. The others copy from and to memory that they have mapped, which a program that truncates the file can end; mmf gives an error then.",
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
        about: "1 GiB of memory that is mapped. The floor is plain memory that processes share (`mmap`). One call of the first row adds one to each number in 1 MiB.",
        rows: &[
            row("view_sequential", "1 MiB by 1 MiB", VIEW),
            row("view_random", "8 bytes at random", VIEW),
            row("view_atomic", "add to an atomic number", VIEW),
        ],
    },
    Group {
        id: "text",
        title: "Text",
        about: "100 bytes in 64 KiB. mmf takes the content lock, looks whether the map is whole, clears what the old text leaves, and decodes what it reads. The floor takes a lock that readers can share, makes one `pread` or `pwrite`, and gives the lock back. Boost and .NET do without a lock.",
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
        about: "The same work where there is much, beside where there is little: appending 100 bytes to a content that is long, beside appending to one of 1 KiB; reading a text of 100 bytes from a map of 64 GiB whose memory is taken when it is written, beside one of 1 MiB. *In turn*: two handles append alternately.",
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
        about: "100 bytes from one process to another, which waits for them, and back. mmf: two maps, each watched, without and with the content lock. The floor: two files, `pwrite`, `inotify` and `pread`. Beside them two named pipes, which keep nothing: what was read is gone.",
        rows: &[
            row("handover", "bytes, round trip", &[at_most("floor", 2.0)]),
            row("handover_text", "text, round trip", &[]),
        ],
    },
    Group {
        id: "cmdlets",
        title: "Cmdlets",
        about: "100 bytes in 1 MiB, per call. `Set-Content`, `Add-Content` and `Get-Content` work on a file in `/dev/shm`. Version 1 is measured where its module is given.",
        rows: &[
            row(
                "cmdlet_out",
                "Out-MemoryMappedFile",
                &[at_most("version 1", 1.0 / 20.0), at_most("Content cmdlets", 1.0)],
            ),
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
                "10,000 strings down the pipeline, -Append",
                &[at_most("Content cmdlets", 1.0)],
            )
            .because("each string is appended by itself, under the content lock, so that other processes find it at once; `Add-Content` opens its file once and buffers what it writes."),
            row("import", "import and first map", &[at_most("version 1", 1.0)]),
        ],
    },
];
