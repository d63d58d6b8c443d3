//! The programs that do the work, and the protocol to control them (see `peers/peer.h`).

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Result;

/// A running peer that waits for commands.
pub(crate) struct Peer {
    pub(crate) name: String,
    rows: Vec<String>,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    pub(crate) fn start(name: &str, mut command: Command) -> Result<Peer> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{name} has no pipes for input and output"));
        };
        let output = BufReader::new(output);
        let mut peer = Peer { name: name.to_owned(), rows: Vec::new(), child, input, output };
        peer.rows = peer.hear()?.split(' ').map(str::to_owned).collect();
        Ok(peer)
    }

    pub(crate) fn has(&self, row: &str) -> bool {
        self.rows.iter().any(|known| known == row)
    }

    pub(crate) fn begin(&mut self, row: &str) -> Result<()> {
        self.ask(&format!("begin {row}")).map(drop)
    }

    /// Does the work of the row this many times; gives the nanoseconds that it took.
    pub(crate) fn run(&mut self, times: u64) -> Result<f64> {
        let answer = self.ask(&format!("run {times}"))?;
        answer.parse().map_err(|_| format!("{} answered '{answer}' instead of a number", self.name))
    }

    pub(crate) fn end(&mut self) -> Result<()> {
        self.ask("end").map(drop)
    }

    fn ask(&mut self, words: &str) -> Result<String> {
        writeln!(self.input, "{words}").map_err(|error| format!("{}: {error}", self.name))?;
        self.hear()
    }

    fn hear(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(1..) => Ok(line.trim_end().to_owned()),
            Ok(0) => Err(format!("{} ended unexpectedly", self.name)),
            Err(error) => Err(format!("{}: {error}", self.name)),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
