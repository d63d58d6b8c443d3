//! Maps shared with native programs, by name and by inheritance.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::common;
use common::unique;
use mmf::{ErrorKind, Kind, Map, MapOptions};

/// A native program, which is compiled before the tests, because this machine may have no compiler.
struct Peer {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(words: &[&str]) -> Option<Peer> {
        let Some(program) = std::env::var_os("MMF_WIN32_PEER") else {
            common::not_run(
                "native peer",
                "MMF_WIN32_PEER does not name the program of tests/c/win32_peer.c",
            );
            return None;
        };
        let mut child = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start the native program");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Some(Peer { child, output })
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("read from the native program");
        line.trim_end().to_owned()
    }

    /// Ends the program with a line of input, and returns its last line of output.
    fn end(mut self) -> String {
        let _ = self.child.stdin.take().expect("piped").write_all(b"\n");
        let last = self.hear();
        assert!(self.child.wait().expect("wait for the native program").success(), "{last}");
        last
    }
}

#[test]
fn a_native_program_can_open_a_map() {
    let _alone = common::alone();
    for name in [unique("native"), format!("Local\\{}", unique("native")), unique("native ä€😀/x")]
    {
        let map = Map::create_new(&name, 5000).unwrap();
        map.replace_text("from us").unwrap();
        let Some(mut peer) = Peer::start(&["open", &name, "from the peer"]) else { return };
        assert_eq!(peer.hear(), format!("{} from us", map.capacity()), "{name}");
        peer.end();
        assert_eq!(map.read_text().unwrap(), "from the peer");
    }
}

#[test]
fn a_map_of_a_native_program_can_be_opened() {
    let _alone = common::alone();
    let name = unique("native");
    let Some(mut peer) = Peer::start(&["create", &name, "5000", "from the peer"]) else { return };
    assert_eq!(peer.hear(), "ready");
    let map = Map::open(&name).unwrap();
    assert_eq!(map.kind(), Kind::Named);
    assert!(map.capacity() >= 5000);
    assert_eq!(map.read_text().unwrap(), "from the peer");
    map.replace_text("from us").unwrap();
    assert_eq!(Map::create_new(&name, 1).unwrap_err().kind(), ErrorKind::AlreadyExists);
    let again = Map::create_or_open(&name, 1).unwrap();
    assert_eq!(again.capacity(), map.capacity());
    drop(again);
    assert_eq!(peer.end(), "from us");
    // The native program has ended, and this process holds the map.
    assert!(Map::open(&name).is_ok());
    let Some(mut other) = Peer::start(&["create", &name, "64", "from another"]) else { return };
    assert_eq!(other.hear(), "exists");
    assert_eq!(other.hear(), "ready");
    assert_eq!(map.read_text().unwrap(), "from another");
    drop(map);
    other.end();
    assert_eq!(Map::open(&name).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_started_program_inherits_only_inheritable_handles() {
    let _alone = common::alone();
    for inherits in [true, false] {
        let map = MapOptions::new().inheritable(inherits).create_anonymous(64).unwrap();
        map.replace_text("inherited").unwrap();
        assert_eq!(map.is_inheritable(), inherits);
        let handle = common::number(&map).addr().to_string();
        let Some(mut peer) = Peer::start(&["inherited", &handle]) else { return };
        assert_eq!(peer.hear() == "inherited", inherits);
        let _ = peer.child.wait();

        map.set_inheritable(!inherits).unwrap();
        assert_eq!(map.is_inheritable(), !inherits);
        let Some(mut peer) = Peer::start(&["inherited", &handle]) else { return };
        assert_eq!(peer.hear() == "inherited", !inherits);
        let _ = peer.child.wait();
    }
}

#[test]
fn a_name_of_another_kernel_object_is_not_a_map() {
    let _alone = common::alone();
    let name = unique("event");
    let Some(mut peer) = Peer::start(&["event", &name]) else { return };
    assert_eq!(peer.hear(), "ready");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    for error in [
        Map::open(&name).unwrap_err(),
        Map::create_new(&name, 1).unwrap_err(),
        Map::create_or_open(&name, 1).unwrap_err(),
        MapOptions::new().name(&name).map_file(&path).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotAMap, "{error}");
    }
    peer.end();
    Map::create_new(&name, 1).unwrap();
}
