//! Hosts: namespaces with their own network and `/dev/shm`, and a program in each that uses the map. They end with the
//! test, even if it crashes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mmf::Map;

use super::{find, long};

/// Marks the lines of the protocol in the output of the test harness.
const MARK: &str = "@host\t";
const ROLE: &str = "MMF_MIRROR_HOST";

/// The reason why this machine cannot have hosts, if there is one.
pub fn lacking() -> Option<String> {
    for (program, package) in [
        ("ip", "iproute2"),
        ("unshare", "util-linux"),
        ("nsenter", "util-linux"),
        ("redis-server", "redis-server"),
    ] {
        if find(program).is_none() {
            return Some(format!("{program} is not on PATH (Debian: {package})"));
        }
    }
    let mut probe = Command::new("unshare");
    probe.args(["--net", "--mount", "true"]).stderr(Stdio::null());
    match probe.status() {
        Ok(status) if status.success() => None,
        _ => Some("creating namespaces is not permitted here".to_owned()),
    }
}

/// A process that keeps the namespaces alive.
pub struct Host {
    child: Child,
}

impl Host {
    pub fn new() -> Host {
        // The process ends when its input does, which is at the end of the test at the latest.
        let script = "mount -t tmpfs tmpfs /dev/shm && ip link set lo up && echo ready && exec cat";
        let mut child = Command::new("unshare")
            .args(["--net", "--mount", "--propagation", "private", "sh", "-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("run unshare");
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("read from a host");
        assert_eq!(line, "ready\n", "a host must report that it is ready");
        Host { child }
    }

    /// The words before a command that runs it on this host.
    pub fn prefix(&self) -> Vec<String> {
        let target = self.child.id().to_string();
        ["nsenter", "--net", "--mount", "--target", &target].map(str::to_owned).to_vec()
    }

    pub fn ip(&self, words: &str) {
        let prefix = self.prefix();
        let mut command = Command::new(&prefix[0]);
        command.args(&prefix[1..]).arg("ip").args(words.split(' '));
        assert!(command.status().expect("run ip").success(), "ip {words}");
    }

    /// Connects this host to another one. Their addresses are 10.77.N.1 and 10.77.N.2.
    pub fn connect(&self, other: &Host, number: u8) -> Cable<'_> {
        let peer = other.child.id();
        self.ip(&format!("link add cable{number} type veth peer name cable netns {peer}"));
        self.ip(&format!("address add 10.77.{number}.1/24 dev cable{number}"));
        self.ip(&format!("link set cable{number} up"));
        other.ip(&format!("address add 10.77.{number}.2/24 dev cable"));
        other.ip("link set cable up");
        Cable { host: self, number }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Cable<'a> {
    host: &'a Host,
    number: u8,
}

impl Cable<'_> {
    /// Cuts the connection: packets are lost without an error.
    pub fn cut(&self) {
        self.host.ip(&format!("link set cable{} down", self.number));
    }

    pub fn mend(&self) {
        self.host.ip(&format!("link set cable{} up", self.number));
    }

    /// The address of the host that created the connection.
    pub fn url(&self) -> String {
        format!("redis://10.77.{}.1/", self.number)
    }
}

/// A program that uses the map of a host: the test program itself, started there.
pub struct User {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl User {
    pub fn new(prefix: &[String], name: &str) -> User {
        let program = std::env::current_exe().expect("the test program's path");
        let mut child = Command::new(&prefix[0])
            .args(&prefix[1..])
            .arg(program)
            .args(["user", "--exact", "--nocapture", "--test-threads=1"])
            .env(ROLE, name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start a user");
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let mut user = User {
            child,
            input: input.expect("piped"),
            output: BufReader::new(output.expect("piped")),
        };
        assert_eq!(user.hear(), "ready");
        user
    }

    fn ask(&mut self, words: &[&str]) -> String {
        writeln!(self.input, "{}", words.join("\t")).expect("write to a user");
        self.hear()
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let count = self.output.read_line(&mut line).expect("read from a user");
            assert!(count > 0, "a user ended unexpectedly");
            if let Some((_, answer)) = line.split_once(MARK) {
                return answer.trim_end_matches('\n').to_owned();
            }
        }
    }

    pub fn write(&mut self, value: &str) {
        self.ask(&["write", value]);
    }

    pub fn read(&mut self) -> String {
        self.ask(&["read"])
    }

    /// Waits with a watch until the map has this value.
    pub fn wait_for(&mut self, value: &str) {
        self.ask(&["wait", value]);
    }

    /// Writes values as fast as possible: `word-1`, `word-2` and so on, each repeated to the given length.
    pub fn write_on(&mut self, word: &str, length: usize) {
        self.ask(&["write on", word, &length.to_string()]);
    }

    /// Ends the writing. Gives the last word that was written.
    pub fn stop(&mut self) -> String {
        self.ask(&["stop"])
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the role of a user if this process has one.
pub fn play() {
    let Ok(name) = std::env::var(ROLE) else { return };
    let map = Map::create_or_open(&name, 1 << 20).expect("the map");
    println!("{MARK}ready");
    let is_running = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mut writer = None;
        for line in std::io::stdin().lines() {
            let line = line.expect("a command");
            let words: Vec<&str> = line.split('\t').collect();
            let mut answer = String::new();
            match words[..] {
                ["write", value] => map.replace_text(value).expect("written"),
                ["read"] => answer = map.read_text().expect("read"),
                ["wait", value] => wait_for(&map, value),
                ["write on", word, length] => {
                    let (map, is_running) = (&map, &is_running);
                    let (word, length) = (word.to_owned(), length.parse().expect("a number"));
                    is_running.store(true, Ordering::Relaxed);
                    writer = Some(scope.spawn(move || write_on(map, &word, length, is_running)));
                }
                ["stop"] => {
                    is_running.store(false, Ordering::Relaxed);
                    answer = writer.take().expect("a user that writes").join().expect("no panic");
                }
                _ => panic!("unknown command {words:?}"),
            }
            println!("{MARK}{answer}");
        }
    });
}

fn wait_for(map: &Map, value: &str) {
    let watch = map.watch().expect("a watch");
    while map.read_text().expect("read") != value {
        let event = watch.wait(Some(super::LONG)).expect("a watch that works");
        assert_ne!(event, mmf::Event::TimedOut, "{value} did not arrive");
    }
}

fn write_on(map: &Map, word: &str, length: usize, is_running: &AtomicBool) -> String {
    for number in 1.. {
        let word = format!("{word}-{number}");
        map.replace_text(&long(&word, length)).expect("written");
        if !is_running.load(Ordering::Relaxed) {
            return word;
        }
        // Lets other processes take the content lock.
        std::thread::sleep(Duration::from_millis(2));
    }
    unreachable!("the numbers do not end")
}
