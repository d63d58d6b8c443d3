//! Maps shared with native programs, by name and by inheritance.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::common;
use common::unique;
use mmf::{ErrorKind, Kind, Map, MapOptions};

/// A native program. It is compiled by whoever runs the tests, since the machine that runs this
/// may have no compiler.
struct Peer {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(words: &[&str]) -> Option<Peer> {
        let Some(program) = std::env::var_os("MMF_WIN32_PEER") else {
            common::not_run(
                "native peer",
                "MMF_WIN32_PEER does not name tests/c/win32_peer.c, compiled",
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
        self.output.read_line(&mut line).expect("listen to the native program");
        line.trim_end().to_owned()
    }

    /// Sends it the line that it waits for, and gives its last word.
    fn end(mut self) -> String {
        let _ = self.child.stdin.take().expect("piped").write_all(b"\n");
        let last = self.hear();
        assert!(self.child.wait().expect("wait for the native program").success(), "{last}");
        last
    }
}

#[test]
fn a_native_program_opens_ours() {
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
fn we_open_that_of_a_native_program() {
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
    // The peer is gone, and ours holds the map now.
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
fn a_program_that_is_started_inherits_the_handle_only_when_asked() {
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
fn a_name_that_something_else_has_is_not_a_map() {
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
