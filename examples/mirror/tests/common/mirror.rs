//! The mirror as a process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};

use super::LONG;

/// A running mirror.
pub struct Mirror {
    child: Child,
    lines: Receiver<String>,
}

impl Mirror {
    /// Starts a mirror, optionally with a `prefix` of words before the command. Its time-out is one second.
    pub fn start(prefix: &[String], name: &str, server: &str, more: &[&str]) -> Mirror {
        let mut words = prefix.to_vec();
        words.push(env!("CARGO_BIN_EXE_mirror").to_owned());
        // One stream for all output, so that the lines stay in order.
        let (stream, writer) = std::io::pipe().expect("a pipe");
        let child = Command::new(&words[0])
            .args(&words[1..])
            .args([name, "--timeout", "1", "--size", "1048576"])
            .args(more)
            .env("MMF_MIRROR_SERVER", server)
            .stdin(Stdio::null())
            .stdout(writer.try_clone().expect("the other end of the pipe"))
            .stderr(writer)
            .spawn()
            .expect("start the mirror");
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                println!("mirror: {line}");
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Mirror { child, lines }
    }

    /// Starts a mirror and waits until map and engine are identical.
    pub fn start_connected(prefix: &[String], name: &str, server: &str) -> Mirror {
        let mirror = Mirror::start(prefix, name, server, &[]);
        mirror.expect("follows the server");
        mirror
    }

    /// Waits for a line that contains these words. Gives the lines before it.
    #[track_caller]
    pub fn expect(&self, words: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            match self.lines.recv_timeout(LONG) {
                Ok(line) if line.contains(words) => return before,
                Ok(line) => before.push(line),
                Err(error) => panic!("{words:?} was not printed ({error}), but {before:?}"),
            }
        }
    }

    /// Kills the mirror, like a crash.
    pub fn kill(mut self) {
        self.child.kill().expect("kill the mirror");
        self.child.wait().expect("wait for the mirror");
    }

    /// Ends the mirror like Ctrl+C. Gives its remaining output.
    pub fn interrupt(mut self) -> (ExitStatus, Vec<String>) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.expect("run kill").success());
        let status = self.child.wait().expect("wait for the mirror");
        (status, self.lines.iter().collect())
    }

    /// Waits for the end of the mirror.
    pub fn ended(mut self) -> (ExitStatus, Vec<String>) {
        let status = self.child.wait().expect("wait for the mirror");
        (status, self.lines.iter().collect())
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
