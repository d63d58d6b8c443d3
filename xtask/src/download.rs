//! Fetching a pinned file: by curl, checked, then laid in its place.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::pins::Pin;
use crate::process;

/// Why there is no file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is not to be had from here: no network, no curl, the server refuses. One may do without.
    Unreachable(String),
    /// Something came, and it is not what was asked for, or there is no room for it. Nobody may go
    /// on as if nothing had happened.
    Wrong(String),
}

impl Missing {
    /// The sentence to print.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Missing::Unreachable(reason) | Missing::Wrong(reason) => reason,
        }
    }
}

/// Fetches a file into `path`, unless it lies there already. What lies there is checked, too.
pub(crate) fn fetch(pin: Pin, path: &Path) -> Result<(), Missing> {
    // The tests have a server on the loopback, without a certificate.
    let protocol = if cfg!(test) { "=http" } else { "=https" };
    if path.is_file() {
        return check(pin, path);
    }
    let Some(curl) = process::find("curl") else {
        return Err(Missing::Unreachable(format!("no curl on PATH to fetch {} with", pin.url)));
    };
    let wrong = |what: &str, error| Missing::Wrong(format!("{what} {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| wrong("there is no folder for", error))?;
    }
    // Beside the target, so that the last step is a rename; by process, so that two may fetch.
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = Path::new(&part);
    println!("fetching {}", pin.url);
    let status = Command::new(curl)
        .args(["--fail", "--location", "--proto", protocol, "--silent", "--show-error"])
        .args(["--connect-timeout", "20", "--speed-time", "60", "--speed-limit", "1000"])
        .arg("--output")
        .arg(part)
        .arg(pin.url)
        .output();
    let outcome = match status {
        Ok(output) if output.status.success() => check(pin, part).and_then(|()| {
            std::fs::rename(part, path).map_err(|error| wrong("cannot be moved to", error))
        }),
        Ok(output) => Err(refused(pin, output.status.code(), &output.stderr)),
        Err(error) => Err(Missing::Unreachable(format!("curl does not start: {error}"))),
    };
    if outcome.is_err() {
        // There may be nothing to remove.
        let _ = std::fs::remove_file(part);
    }
    outcome
}

/// curl's exit code 23 is about this machine's disk; all others say that nothing whole came.
fn refused(pin: Pin, code: Option<i32>, stderr: &[u8]) -> Missing {
    let why = String::from_utf8_lossy(stderr);
    let sentence = format!("{} cannot be fetched ({})", pin.file(), why.trim());
    if code == Some(23) { Missing::Wrong(sentence) } else { Missing::Unreachable(sentence) }
}

fn check(pin: Pin, file: &Path) -> Result<(), Missing> {
    let sum = sha256(file)
        .map_err(|error| Missing::Wrong(format!("{} cannot be read: {error}", file.display())))?;
    if sum == pin.sha256 {
        return Ok(());
    }
    Err(Missing::Wrong(format!(
        "{} from {} has the SHA-256 {sum}; {} was expected. It is not used. Delete the file if it is there, and find out who changed it.",
        file.display(),
        pin.url,
        pin.sha256
    )))
}

/// The SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256(file: &Path) -> std::io::Result<String> {
    let mut file = File::open(file)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            size => hash.update(&piece[..size]),
        }
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    /// The SHA-256 of "hello".
    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    /// A server on the loopback that answers one request with these bytes and hangs up.
    pub(crate) fn server(answer: impl Into<Vec<u8>>) -> (&'static str, JoinHandle<()>) {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its number");
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a caller");
            let mut request = BufReader::new(stream.try_clone().expect("the same stream"));
            let mut line = String::new();
            while request.read_line(&mut line).expect("a request") > 2 {
                line.clear();
            }
            stream.write_all(&answer).expect("an answer");
        });
        (format!("http://{address}/file").leak(), thread)
    }

    /// Fetches by plain HTTP and returns what came and which files lie in the folder afterwards.
    fn fetch_from(url: &'static str) -> (Result<(), Missing>, Vec<String>) {
        let folder = tempfile::tempdir().expect("a folder");
        let pin = Pin { url, sha256: HELLO };
        let outcome = fetch(pin, &folder.path().join("a folder/file"));
        let files = std::fs::read_dir(folder.path().join("a folder")).expect("the folder");
        let names =
            files.map(|file| file.expect("a file").file_name().into_string().expect("text"));
        (outcome, names.collect())
    }

    /// Without curl nothing can be fetched, here as elsewhere.
    pub(crate) fn has_curl() -> bool {
        let found = process::find("curl").is_some();
        if !found {
            crate::not_run::not_run("download", "no curl on PATH");
        }
        found
    }

    #[test]
    fn what_was_asked_for_is_kept() {
        if !has_curl() {
            return;
        }
        let (url, thread) = server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        let (outcome, files) = fetch_from(url);
        assert_eq!(outcome, Ok(()));
        assert_eq!(files, ["file"]);
        thread.join().expect("the server");
    }

    #[test]
    fn a_wrong_checksum_is_an_error_and_nothing_is_kept() {
        if !has_curl() {
            return;
        }
        let (url, thread) = server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhallo");
        let (outcome, files) = fetch_from(url);
        assert!(matches!(&outcome, Err(Missing::Wrong(why)) if why.contains(HELLO)), "{outcome:?}");
        assert!(files.is_empty(), "{files:?}");
        thread.join().expect("the server");
    }

    #[test]
    fn a_cut_connection_is_no_network_and_nothing_is_kept() {
        if !has_curl() {
            return;
        }
        let (url, thread) = server("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello");
        let (outcome, files) = fetch_from(url);
        assert!(matches!(outcome, Err(Missing::Unreachable(_))), "{outcome:?}");
        assert!(files.is_empty(), "{files:?}");
        thread.join().expect("the server");
    }

    #[test]
    fn no_connection_is_no_network() {
        if !has_curl() {
            return;
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its number");
        drop(listener);
        let (outcome, files) = fetch_from(format!("http://{address}/file").leak());
        assert!(matches!(outcome, Err(Missing::Unreachable(_))), "{outcome:?}");
        assert!(files.is_empty(), "{files:?}");
    }

    #[test]
    fn an_answer_that_is_no_file_is_no_network() {
        if !has_curl() {
            return;
        }
        let (url, thread) = server("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello");
        let (outcome, files) = fetch_from(url);
        assert!(matches!(outcome, Err(Missing::Unreachable(_))), "{outcome:?}");
        assert!(files.is_empty(), "{files:?}");
        thread.join().expect("the server");
    }

    #[test]
    fn a_file_that_lies_there_is_checked_and_not_fetched() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        let pin = Pin { url: "https://localhost:1/file", sha256: HELLO };
        std::fs::write(&file, "hello").expect("a file");
        assert_eq!(fetch(pin, &file), Ok(()));
        std::fs::write(&file, "hallo").expect("a file");
        assert!(matches!(fetch(pin, &file), Err(Missing::Wrong(_))));
    }
}
