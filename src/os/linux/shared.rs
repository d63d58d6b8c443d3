//! docs/abi.md against this back end.

use std::path::PathBuf;

use super::end_record::EndRecord;
use super::locks::Byte;
use super::place::{FOLDER, Inode, MARK_BITS, Mark};
use super::record::Record;
use super::tickets;
use crate::access::Access;
use crate::shared::assert_promised;

#[test]
fn what_processes_share_is_what_is_promised() {
    let octal = |bits: u32| format!("0{bits:04o}");
    let byte = |byte: Byte| format!("0x{:016X}", byte as i64);
    let record = Record {
        inode: Inode { device: 1, number: 2 },
        access: Access::ReadWrite,
        capacity: 4096,
        path: PathBuf::from("/a file"),
    };
    let time = EndRecord::with_parts([7, 1_700_000_000, 5]).time(12_345).expect("it is near");
    assert_promised(
        "Linux",
        &[
            ("directory of the objects", FOLDER.to_owned()),
            ("mode bits of a mark", octal(MARK_BITS)),
            ("mark of a map", octal(Mark::Map.bits())),
            ("mark of a map that was created read-only", octal(Mark::ReadOnlyMap.bits())),
            ("mark of the record of a named file map", octal(Mark::Record.bits())),
            ("byte of presence", byte(Byte::Presence)),
            ("byte of the gate", byte(Byte::Gate)),
            ("byte of the content lock", byte(Byte::Content)),
            ("byte of raw writes", byte(Byte::Raw)),
            (
                "bytes of the ticket of somebody who arrived at 3 s and waits until 3.020 s at least",
                format!("{} from 0x{:016X}", tickets::length(3_020_000), tickets::start(3_000_000)),
            ),
            (
                "record of 4096 bytes of `/a file`, device 1, inode 2, for reading and writing",
                String::from_utf8(record.write()).expect("it is text"),
            ),
            (
                "modification time that says 12345 for inode 7, born at 1700000000 s and 5 ns",
                format!("{} s, {} ns", time.tv_sec, time.tv_nsec),
            ),
        ],
    );
}
