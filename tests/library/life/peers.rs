//! Programs that use the memory of maps without this library.

use mmf::backend::TELLS_FOREIGN;

use super::*;

fn object(name: &str) -> String {
    format!("/{name}")
}

// The crate does not build for other systems.
#[cfg(any(target_os = "linux", target_os = "macos"))]
#[test]
fn the_crate_shared_memory_shares_maps_with_the_library() {
    let _beside = common::beside_others();
    use shared_memory::ShmemConf;
    let name = unique("crate");
    let map = Map::create_new(&name, 4096).unwrap();
    map.replace_text("ours").unwrap();
    let peer = ShmemConf::new().os_id(object(&name)).open().unwrap();
    assert_eq!(peer.len(), 4096);
    // SAFETY: the peer maps 4096 bytes, and nothing writes meanwhile.
    assert_eq!(unsafe { &peer.as_slice()[..4] }, b"ours");
    drop(peer);
    assert!(!map.is_orphaned().unwrap(), "the crate removed the name");
    drop(map);
    assert_missing(&name);

    let name = unique("crate");
    let peer = ShmemConf::new().os_id(object(&name)).size(8192).create().unwrap();
    let map = Map::open(&name).unwrap();
    assert_eq!(map.is_foreign(), TELLS_FOREIGN);
    assert_eq!(map.capacity(), 8192);
    map.replace_text("for you").unwrap();
    // SAFETY: the peer maps 8192 bytes, and nothing writes meanwhile.
    assert_eq!(unsafe { &peer.as_slice()[..7] }, b"for you");
    drop(map);
    assert!(Map::open(&name).is_ok(), "closing the map removed the foreign object");
    assert_eq!(Map::create_new(&name, 1).unwrap_err().kind(), ErrorKind::AlreadyExists);
    drop(peer);
    assert_missing(&name);
}

#[test]
fn python_shares_maps_with_the_library() {
    let _alone = common::alone();
    let script = r#"
import sys
from multiprocessing import shared_memory, resource_tracker
name, mode = sys.argv[1], sys.argv[2]
if mode == "create":
    memory = shared_memory.SharedMemory(name, create=True, size=5000)
    memory.buf[:6] = b"python"
    print("ready", flush=True)
    sys.stdin.readline()
    print(bytes(memory.buf[:4]).decode(), flush=True)
    memory.close()
    memory.unlink()
else:
    memory = shared_memory.SharedMemory(name)
    # Before 3.13, every process that attaches removes the name at exit, unless it unregisters.
    resource_tracker.unregister(memory._name, "shared_memory")
    print(bytes(memory.buf[:4]).decode(), memory.size, flush=True)
    memory.buf[:4] = b"snek"
    memory.close()
"#;
    let python = |name: &str, mode: &str| {
        std::process::Command::new("python3")
            .args(["-c", script, name, mode])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
    };
    let name = unique("python");
    let map = Map::create_new(&name, 5000).unwrap();
    map.replace_text("ours").unwrap();
    let Ok(peer) = python(&name, "open") else {
        common::not_run("python peer", "python3 is not installed");
        return;
    };
    let output = peer.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "ours 5000");
    assert!(!map.is_orphaned().unwrap());
    assert_eq!(map.read_text().unwrap(), "snek");

    let name = unique("python");
    let mut peer = python(&name, "create").unwrap();
    use std::io::{BufRead, BufReader, Write};
    let mut lines = BufReader::new(peer.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    let map = Map::open(&name).unwrap();
    assert_eq!(map.is_foreign(), TELLS_FOREIGN);
    assert_eq!(map.capacity(), 5000);
    assert_eq!(map.read_text().unwrap(), "python");
    map.replace_text("rust").unwrap();
    drop(map);
    assert!(Map::open(&name).is_ok(), "closing the map removed the foreign object");
    peer.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "rust");
    assert!(peer.wait().unwrap().success());
}

/// An object as a C program creates it, without any lock.
#[test]
fn an_object_of_shm_open_is_shared_and_left_alone() {
    let _beside = common::beside_others();
    let name = unique("posix");
    let path = std::ffi::CString::new(object(&name)).unwrap();
    let flags = libc::O_CREAT | libc::O_EXCL | libc::O_RDWR;
    // SAFETY: the name ends with a NUL.
    let fd = unsafe { libc::shm_open(path.as_ptr(), flags, 0o600) };
    assert!(fd >= 0);
    // SAFETY: the descriptor is open.
    assert_eq!(unsafe { libc::ftruncate(fd, 4096) }, 0);
    let map = Map::open(&name).unwrap();
    map.replace_text("seen").unwrap();
    drop(map);
    let again = Map::create_or_open(&name, 100).expect("open the foreign object");
    assert_eq!(again.read_text().unwrap(), "seen");
    assert_eq!(again.capacity(), 4096);
    drop(again);
    mmf::list().unwrap();
    assert!(Map::open(&name).is_ok(), "closing or listing removed the foreign object");
    // SAFETY: the name ends with a NUL.
    assert_eq!(unsafe { libc::shm_unlink(path.as_ptr()) }, 0);
    // SAFETY: the descriptor is open, and closed only here.
    unsafe { libc::close(fd) };
    assert_missing(&name);
}
