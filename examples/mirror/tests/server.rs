//! One host and a server: lost answers, missing servers, and messages to the user.
#![cfg(unix)]

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use mmf::Map;

use common::mirror::Mirror;
use common::server::{Held, Server, key};
use common::{LONG, not_run, unique, until};

/// A server on a socket; `None` if none is installed.
fn server() -> Option<Server> {
    let server = Server::start(&[], 0);
    if server.is_none() {
        not_run("one host and a server", "redis-server is not on PATH (Debian: redis-server)");
    }
    server
}

fn held(revision: u64, content: &str) -> Held {
    Held { revision, content: content.as_bytes().to_vec() }
}

/// Publishes like a mirror of another host.
fn publish_elsewhere(server: &Server, name: &str, content: &str) {
    let key = key(name);
    redis::pipe()
        .atomic()
        .cmd("HINCRBY")
        .arg(&key)
        .arg(&["revision", "1"])
        .cmd("HSET")
        .arg(&key)
        .arg(&["publication", &format!("elsewhere:{content}"), "content", content])
        .cmd("PUBLISH")
        .arg(&key)
        .arg("")
        .exec(&mut server.connect())
        .expect("published");
}

/// A relay between mirror and server. When it is armed, it withholds the answer to the next publication until the test
/// tells it to close the connection.
struct Relay {
    port: u16,
    armed: Arc<AtomicBool>,
    withheld: Receiver<()>,
    close: Sender<()>,
}

impl Relay {
    fn start(server: PathBuf) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let armed = Arc::new(AtomicBool::new(false));
        let (tell_withheld, withheld) = mpsc::channel();
        let (close, closed) = mpsc::channel();
        let closed = Arc::new(std::sync::Mutex::new(closed));
        let armed_there = Arc::clone(&armed);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("a connection");
                let upstream = UnixStream::connect(&server).expect("connect to the server");
                let withhold = Arc::new(AtomicBool::new(false));
                let (from, to) =
                    (client.try_clone().expect("a copy"), upstream.try_clone().expect("a copy"));
                let (armed, marked) = (Arc::clone(&armed_there), Arc::clone(&withhold));
                std::thread::spawn(move || pass_requests(from, to, &armed, &marked));
                let (tell, closed) = (tell_withheld.clone(), Arc::clone(&closed));
                std::thread::spawn(move || {
                    pass_answers(upstream, client, &withhold, || {
                        let _ = tell.send(());
                        let _ = closed.lock().expect("no panic").recv();
                    });
                });
            }
        });
        Relay { port, armed, withheld, close }
    }
}

fn pass_requests(mut from: TcpStream, mut to: UnixStream, armed: &AtomicBool, marked: &AtomicBool) {
    let mut bytes = [0; 65536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let publishes = bytes[..count].windows(7).any(|word| word == b"EVALSHA");
        if publishes && armed.swap(false, Ordering::SeqCst) {
            marked.store(true, Ordering::SeqCst);
        }
        if to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

fn pass_answers(mut from: UnixStream, mut to: TcpStream, withhold: &AtomicBool, wait: impl Fn()) {
    let mut bytes = [0; 65536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if withhold.load(Ordering::SeqCst) {
            wait();
            break;
        }
        if to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

#[test]
fn a_publication_with_a_lost_answer_does_not_overwrite_a_newer_value() {
    let _alone = common::alone();
    let Some(server) = server() else { return };
    let name = unique("lost-answer");
    let map = Map::create_new(&name, 4096).expect("a map");
    let relay = Relay::start(server.socket());
    // A long time-out, so that the answer is lost only because the relay closes the connection.
    let url = format!("redis://127.0.0.1:{}/", relay.port);
    let mirror = Mirror::start(&[], &name, &url, &["--timeout", "60"]);
    mirror.expect("follows the server");
    map.replace_text("first").expect("written");
    until("the first value is published", || server.held(&name) == held(1, "first"));

    relay.armed.store(true, Ordering::SeqCst);
    map.replace_text("second").expect("written");
    relay.withheld.recv_timeout(LONG).expect("the second value is published");
    assert_eq!(server.held(&name), held(2, "second"));
    publish_elsewhere(&server, &name, "third");
    relay.close.send(()).expect("the relay runs");

    until("the newest value comes", || map.read_text().expect("read") == "third");
    mirror.expect("follows the server");
    assert_eq!(server.held(&name), held(3, "third"));
    // It must not be repeated later, either.
    map.replace_text("fourth").expect("written");
    until("the next value is published", || server.held(&name) == held(4, "fourth"));
    let contents: Vec<_> = server.accepted(&name).into_iter().map(|it| it.content).collect();
    assert_eq!(contents, [&b"first"[..], b"second", b"third", b"fourth"]);
}

#[test]
fn a_missing_server_is_reported_once_and_waited_for() {
    let _alone = common::alone();
    let Some(mut server) = server() else { return };
    server.kill();
    let name = unique("absent");
    let map = Map::create_new(&name, 4096).expect("a map");
    map.replace_text("written before").expect("written");
    let mirror = Mirror::start(&[], &name, &server.url(), &[]);
    mirror.expect("Trying again until it succeeds; press Ctrl+C to end.");
    server.restart();
    let before = mirror.expect("follows the server");
    assert_eq!(before, [""; 0], "the missing server must be reported only once");
    assert_eq!(server.held(&name), held(1, "written before"));

    // The loss of the server is reported again.
    server.kill();
    mirror.expect("No connection to the server");
    let (status, output) = mirror.interrupt();
    assert!(status.success(), "{status}");
    assert_eq!(output, [""; 0]);
    drop(map);
    assert!(Map::open(&name).is_err(), "the mirror still holds the map");
}

#[test]
fn invalid_arguments_are_refused_with_a_sentence() {
    let _alone = common::alone();
    let refused = |name: &str, server: &str, words: &str| {
        let mirror = Mirror::start(&[], name, server, &[]);
        let (status, output) = mirror.ended();
        assert!(!status.success());
        assert!(output.iter().any(|line| line.contains(words)), "{output:?}");
        assert!(!output.iter().any(|line| line.contains("secret")), "{output:?}");
    };
    refused("mmf-x", "http://:secret@host/", "Write it as redis://HOST:PORT/.");
    refused("", "redis://127.0.0.1/", "A map name cannot be empty");
}

#[test]
fn a_value_that_does_not_fit_does_not_change_the_map() {
    let _alone = common::alone();
    let Some(server) = server() else { return };
    let name = unique("too-long");
    let map = Map::create_new(&name, 8).expect("a map");
    map.replace_text("mine").expect("written");
    publish_elsewhere(&server, &name, "longer than eight bytes");
    let mirror = Mirror::start(&[], &name, &server.url(), &[]);
    mirror.expect("The value of revision 1 has 23 bytes, but the map has 8 on this host");
    mirror.expect("follows the server");
    assert_eq!(map.read_text().expect("read"), "mine");
    map.replace_text("newer").expect("written");
    until("a change of this host is published", || server.held(&name) == held(2, "newer"));
}

#[test]
fn the_bytes_of_a_value_are_not_changed() {
    let _alone = common::alone();
    let Some(server) = server() else { return };
    let name = unique("bytes");
    let map = Map::create_new(&name, 1 << 20).expect("a map");
    let mirror = Mirror::start_connected(&[], &name, &server.url());
    let mut revision = 0;
    for value in ["a\0b\u{feff}\r\n", "", "\0\0behind two NULs", &"long ".repeat(100_000), "x"] {
        map.replace_bytes(value.as_bytes()).expect("written");
        revision += 1;
        until("the value is published", || server.held(&name) == held(revision, value));
    }
    publish_elsewhere(&server, &name, "from\0elsewhere");
    until("a value comes", || map.read_bytes().expect("read") == b"from\0elsewhere");
    // After another change here, the revisions show that nothing was published again meanwhile.
    map.append_text("and here").expect("written");
    revision += 2;
    until("the change is published", || {
        server.held(&name) == held(revision, "from\0elsewhere\r\nand here")
    });
    drop(mirror);
}

#[test]
fn a_key_of_another_program_is_reported_and_not_changed() {
    let _alone = common::alone();
    let Some(server) = server() else { return };
    let name = unique("foreign");
    let set = |words: &[&str]| {
        let mut command = redis::cmd(words[0]);
        command.arg(key(&name)).arg(&words[1..]).exec(&mut server.connect()).expect("done");
    };
    set(&["SET", "a string"]);
    let map = Map::create_new(&name, 64).expect("a map");
    map.replace_text("mine").expect("written");
    let mirror = Mirror::start(&[], &name, &server.url(), &[]);
    mirror.expect("WRONGTYPE");
    set(&["DEL"]);
    mirror.expect("follows the server");
    assert_eq!(server.held(&name), held(1, "mine"));
}

#[test]
fn a_new_mirror_takes_over_the_value_of_the_engine() {
    let _alone = common::alone();
    let Some(server) = server() else { return };
    let name = unique("start");
    let map = Map::create_new(&name, 4096).expect("a map");
    publish_elsewhere(&server, &name, "of the engine");
    // Half a value, as a mirror leaves it if it is killed while writing.
    map.replace_text("of the en").expect("written");
    let mirror = Mirror::start_connected(&[], &name, &server.url());
    assert_eq!(map.read_text().expect("read"), "of the engine");
    mirror.kill();
    assert_eq!(server.held(&name), held(1, "of the engine"));
}

#[test]
#[cfg(target_os = "linux")]
fn the_mirror_ends_if_the_name_of_its_map_is_removed() {
    let Some(server) = server() else { return };
    let name = unique("orphan");
    let map = Map::create_new(&name, 64).expect("a map");
    let mirror = Mirror::start_connected(&[], &name, &server.url());
    std::fs::remove_file(format!("/dev/shm/{name}")).expect("removed");
    let (status, output) = mirror.ended();
    assert!(!status.success());
    assert!(output.iter().any(|line| line.contains("Start again")), "{output:?}");
    drop(map);
}
