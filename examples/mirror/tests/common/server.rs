//! A server for the tests, which keeps its data.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use redis::Connection;

use super::journal::{self, Accepted};
use super::{find, until};

/// The engine's value for a map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub revision: u64,
    pub content: Vec<u8>,
}

/// A running server. It listens on a socket in its folder, which needs no network, and optionally on a port.
pub struct Server {
    folder: tempfile::TempDir,
    /// The words before its command; they can run it in a host's namespaces.
    prefix: Vec<String>,
    port: u16,
    child: Option<Child>,
}

impl Server {
    /// Starts a server. `None` if none is installed.
    pub fn start(prefix: &[String], port: u16) -> Option<Server> {
        find("redis-server")?;
        let folder = tempfile::Builder::new().prefix("mmf-mirror-").tempdir().expect("a folder");
        let mut server = Server { folder, prefix: prefix.to_vec(), port, child: None };
        server.restart();
        Some(server)
    }

    /// Starts the server again with its data.
    pub fn restart(&mut self) {
        let program = find("redis-server").expect("found before");
        let mut words = self.prefix.clone();
        words.push(program.to_string_lossy().into_owned());
        let port = self.port.to_string();
        let socket = self.socket();
        let folder = self.folder.path();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command.args(["--port", &port, "--bind", "0.0.0.0", "--protected-mode", "no"]);
        command.arg("--unixsocket").arg(&socket).arg("--dir").arg(folder);
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
        // The tests read the journal, which contains every command.
        command.args(["--auto-aof-rewrite-percentage", "0", "--logfile", "log"]);
        command.stdout(Stdio::null()).stderr(Stdio::inherit());
        self.child = Some(command.spawn().expect("start the server"));
        until("the server answers", || {
            let client = redis::Client::open(self.url()).expect("an address");
            client.get_connection().is_ok_and(|mut connection| {
                redis::cmd("PING").query::<String>(&mut connection).is_ok()
            })
        });
    }

    /// Kills the server, like a crash.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("kill the server");
            child.wait().expect("the server ends");
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The address for programs of this machine, in any network namespace.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    pub fn connect(&self) -> Connection {
        let client = redis::Client::open(self.url()).expect("an address");
        client.get_connection().expect("a connection")
    }

    /// The value of a map; revision 0 if there is none.
    pub fn held(&self, name: &str) -> Held {
        let (revision, content): (Option<u64>, Option<Vec<u8>>) = redis::cmd("HMGET")
            .arg(key(name))
            .arg(&["revision", "content"])
            .query(&mut self.connect())
            .expect("ask the server");
        Held { revision: revision.unwrap_or(0), content: content.unwrap_or_default() }
    }

    /// All values that were ever accepted for a map, in order.
    pub fn accepted(&self, name: &str) -> Vec<Accepted> {
        let folder: &Path = self.folder.path();
        journal::accepted(&folder.join("appendonlydir"), &key(name))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

pub fn key(name: &str) -> String {
    format!("mmf:{{{name}}}")
}
