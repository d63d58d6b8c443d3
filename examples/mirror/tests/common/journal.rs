//! The server's journal: every command that changed its data, in order.

use std::path::Path;

/// A publication that the engine accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub revision: u64,
    pub publication: String,
    pub content: Vec<u8>,
}

/// The accepted publications of a key.
pub fn accepted(folder: &Path, key: &str) -> Vec<Accepted> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the server has a journal")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "aof"))
        .collect();
    files.sort();
    let mut accepted = Vec::new();
    let mut revision = 0;
    for file in files {
        let bytes = std::fs::read(file).expect("read the journal");
        let mut rest = &bytes[..];
        while let Some(command) = command(&mut rest) {
            let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
            match words[..] {
                [b"HINCRBY", hash, b"revision", b"1"] if hash == key.as_bytes() => revision += 1,
                [b"HSET", hash, b"publication", publication, b"content", content]
                    if hash == key.as_bytes() =>
                {
                    let publication = String::from_utf8_lossy(publication).into_owned();
                    let content = content.to_vec();
                    accepted.push(Accepted { revision, publication, content });
                }
                _ => {}
            }
        }
    }
    accepted
}

/// The next command: an array of strings, each with its length before it. An incomplete last command was not accepted.
fn command(rest: &mut &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut left = *rest;
    // The server writes annotations between the commands.
    while left.first() == Some(&b'#') {
        line(&mut left)?;
    }
    let count = number(&mut left, b'*')?;
    let mut words = Vec::new();
    for _ in 0..count {
        let length = number(&mut left, b'$')?;
        words.push(left.get(..length)?.to_vec());
        left = left.get(length + 2..)?;
    }
    if let Some(name) = words.first_mut() {
        name.make_ascii_uppercase();
    }
    *rest = left;
    Some(words)
}

fn number(left: &mut &[u8], kind: u8) -> Option<usize> {
    let line = line(left)?;
    std::str::from_utf8(line.strip_prefix(&[kind])?).ok()?.parse().ok()
}

fn line<'a>(left: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = left.windows(2).position(|bytes| bytes == b"\r\n")?;
    let line = &left[..end];
    *left = &left[end + 2..];
    Some(line)
}
