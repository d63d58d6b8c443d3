//! docs/abi.md against this back end.

use std::mem::offset_of;
use std::path::PathBuf;

use super::key::hex;
use super::record::{self, FileRecord, Record};
use super::words::{self, Words};
use super::{create, gate, lock, presence, shm, sweep, tickets};
use crate::os::unix::Inode;
use crate::shared::assert_promised;

#[test]
fn what_processes_share_is_what_is_promised() {
    let user = rustix::process::geteuid().as_raw().to_string();
    let directory = gate::path().expect("there is one").display().to_string();
    let mut rows = vec![
        ("directory of a name", hex(b"Test")),
        ("in it", [presence::KEEP, record::FINISHED, create::DATA, words::FILE].join(", ")),
        ("record while it is written", record::ASIDE.to_owned()),
        ("directory of the content lock", format!("{}{}", hex(b"Test"), lock::SUFFIX)),
        ("in it, the lock and its queue", [lock::FILE, tickets::FILE].join(", ")),
        ("longest name of an object", shm::LONGEST_NAME.to_string()),
        ("names of anonymous maps begin with", sweep::ANONYMOUS.to_owned()),
        ("in `words`: end word", offset_of!(Words, end).to_string()),
        ("in `words`: tick", offset_of!(Words, tick).to_string()),
        ("in `words`: handles that were opened", offset_of!(Words, opened).to_string()),
        ("in `words`: byte that is written to wake watches", offset_of!(Words, wake).to_string()),
        ("size of `words`", size_of::<Words>().to_string()),
    ];
    let file = FileRecord { path: PathBuf::from("/a file"), inode: Inode { device: 1, number: 2 } };
    let mut map = Record { name: "Test".to_owned(), capacity: 4096, read_only: false, file: None };
    rows.push(("record of a map", map.to_text()));
    map.file = Some(file);
    map.read_only = true;
    rows.push(("record of a named file map, read-only", map.to_text()));
    // A Mac has a directory for each user.
    if !cfg!(target_vendor = "apple") {
        assert_eq!(directory, format!("/tmp/.mmf-{user}"));
    }
    assert_promised("macOS and other Unix", &rows);
}
