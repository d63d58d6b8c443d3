//! When memory is committed, and how views are mapped and protected.

use crate::common;
use common::process::Actor;
use common::unique;
use mmf::{Access, Map, MapOptions};

/// Whether the memory at an address is committed. This asks the system, because the library would commit memory.
fn is_committed(address: *const u8) -> bool {
    use windows_sys::Win32::System::Memory as win32;
    let mut facts = win32::MEMORY_BASIC_INFORMATION::default();
    // SAFETY: asks about an address, and writes into the variable.
    unsafe { win32::VirtualQuery(address.cast(), &raw mut facts, size_of_val(&facts)) };
    facts.State == win32::MEM_COMMIT
}

/// A view of a whole map, which the system itself creates.
struct WholeView(windows_sys::Win32::System::Memory::MEMORY_MAPPED_VIEW_ADDRESS);

impl WholeView {
    fn map(map: &Map) -> WholeView {
        use windows_sys::Win32::System::Memory as win32;
        // SAFETY: maps a section whose handle is open.
        let view =
            unsafe { win32::MapViewOfFile(common::number(map), win32::FILE_MAP_READ, 0, 0, 0) };
        assert!(!view.Value.is_null());
        WholeView(view)
    }

    fn is_committed(&self, offset: usize) -> bool {
        is_committed(self.0.Value.cast::<u8>().wrapping_add(offset))
    }
}

impl Drop for WholeView {
    fn drop(&mut self) {
        // SAFETY: `map` created the view, and nothing uses it any more.
        unsafe { windows_sys::Win32::System::Memory::UnmapViewOfFile(self.0) };
    }
}

#[test]
fn delayed_memory_is_committed_where_it_is_written() {
    let _alone = common::alone();
    let size: u64 = if cfg!(target_pointer_width = "64") { 64 << 30 } else { 64 << 20 };
    let name = unique("delayed");
    let map = MapOptions::new().delay_allocation(true).create_new(&name, size).unwrap();
    assert_eq!(map.capacity(), size);
    assert_eq!(map.content_length().unwrap(), 0);
    map.read_at(&mut [0; 100], 0).unwrap();
    let whole = WholeView::map(&map);
    assert!(!whole.is_committed(0), "reading committed memory");
    map.replace_text("a line").unwrap();
    assert!(whole.is_committed(0));
    assert!(!whole.is_committed(65_536));
    assert_eq!(map.read_text().unwrap(), "a line");

    // Memory that is not committed reads as zeros, also between other bytes.
    let far = size / 2 + 12_345;
    map.write_at(b"far", far).unwrap();
    let mut bytes = [1; 100_000];
    map.read_at(&mut bytes, far - 50_000).unwrap();
    assert_eq!(&bytes[50_000..50_003], b"far");
    assert!(bytes[..50_000].iter().chain(&bytes[50_003..]).all(|byte| *byte == 0));
    assert_eq!(map.content_length().unwrap(), far + 3);

    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    assert_eq!(actor.ask(&["capacity", "m"]).unwrap(), size.to_string());
    assert_eq!(actor.ask(&["read", "m"]).unwrap(), "a linefar");
    actor.ask(&["append", "m", "more"]).unwrap();
    assert_eq!(map.read_text().unwrap(), "a linefar\r\nmore");

    // The memory of a view is committed when the view is created, for every access.
    let accesses = [Access::Read, Access::ReadWrite, Access::Write, Access::CopyOnWrite];
    for (number, access) in (1_u64..).zip(accesses) {
        let start = number << 20;
        assert!(!whole.is_committed(start as usize));
        let view = map.view(start + 5, 300_000, access).unwrap();
        // For private views, the system reports memory as committed only after it was copied.
        if access != Access::CopyOnWrite {
            assert!(
                is_committed(view.pointer()) && is_committed(view.pointer().wrapping_add(299_999))
            );
        }
        assert!(!whole.is_committed(start as usize + 327_680));
        // SAFETY: inside of the view, whose memory must be committed. This is what the test checks.
        let byte = unsafe { view.pointer().wrapping_add(299_999).read_volatile() };
        assert_eq!(byte, 0);
        if access != Access::Read {
            view.write_at(b"x", 0).unwrap();
            view.write_at(b"\0", 0).unwrap();
        }
    }
}

#[test]
fn a_view_can_begin_at_any_offset() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(300_000).unwrap();
    let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    map.write_at(&bytes, 0).unwrap();
    for (offset, size) in [(0, 1), (1, 65_535), (65_535, 2), (65_536, 65_537), (131_071, 168_929)] {
        for access in [Access::Read, Access::ReadWrite, Access::CopyOnWrite] {
            let view = map.view(offset, size, access).unwrap();
            let mut seen = vec![0; size as usize];
            view.read_at(&mut seen, 0).unwrap();
            assert_eq!(seen, bytes[offset as usize..(offset + size) as usize], "{offset} {size}");
            view.flush().unwrap();
        }
    }
    let empty = map.view(map.capacity(), 0, Access::ReadWrite).unwrap();
    assert_eq!(empty.len(), 0);
    empty.flush().unwrap();
}

#[test]
fn the_pages_of_a_view_have_the_protection_of_its_access() {
    let _beside = common::beside_others();
    use windows_sys::Win32::System::Memory as win32;
    let map = MapOptions::new().access(Access::ReadWriteExecute).create_anonymous(200_000).unwrap();
    for (access, protection) in [
        (Access::Read, win32::PAGE_READONLY),
        (Access::ReadWrite, win32::PAGE_READWRITE),
        (Access::Write, win32::PAGE_READWRITE),
        (Access::CopyOnWrite, win32::PAGE_WRITECOPY),
        (Access::ReadExecute, win32::PAGE_EXECUTE_READ),
        (Access::ReadWriteExecute, win32::PAGE_EXECUTE_READWRITE),
    ] {
        let view = map.view(70_000, 10, access).unwrap();
        let mut facts = win32::MEMORY_BASIC_INFORMATION::default();
        let room = size_of_val(&facts);
        // SAFETY: asks about an address, and writes into the variable.
        unsafe { win32::VirtualQuery(view.pointer().cast(), &raw mut facts, room) };
        assert_eq!(facts.Protect, protection, "{access:?}");
    }
}
