//! The corpus: for each known result (a function and a status), the shortest input that leads to it. Replaying it is
//! fast, and shows whether all results still occur.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use mmf::ErrorKind;

use super::caller::Caller;
use super::pool::Pool;
use super::source::Source;
use super::{Answers, violation};
use crate::Found;
use crate::common::Numbers;

const CORPUS: &str = include_str!("../../corpus/answers.txt");

/// How many inputs are tried to collect a corpus, and how many calls each of them makes.
const TRIES: u64 = 60_000;
const CALLS: usize = 60;

/// A line: function, status, and the bytes in hexadecimal.
fn lines() -> impl Iterator<Item = (&'static str, &'static str, Vec<u8>)> {
    CORPUS.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let &[function, status, hex] = words.as_slice() else {
            panic!("torture/corpus/answers.txt: not a line of the corpus: {line}");
        };
        let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        (function, status, (0..hex.len()).step_by(2).map(digit).collect())
    })
}

/// Replays the whole corpus.
pub(crate) fn replay() -> Found {
    let mut wanted = BTreeSet::new();
    let mut reached = BTreeSet::new();
    for (function, status, bytes) in lines() {
        wanted.insert((function.to_owned(), status.to_owned()));
        for (function, status) in replay_one(&bytes).into_keys() {
            reached.insert((function.to_owned(), name(status).to_owned()));
        }
    }
    let lost: Vec<_> = wanted.difference(&reached).collect();
    println!("the corpus: {} inputs, {} results", wanted.len(), reached.len());
    // Some results depend on the machine. If many are missing, the corpus is outdated.
    if lost.len() * 4 > wanted.len() {
        return Err(format!(
            "These results of the corpus no longer occur: {lost:?}\nIf the calls or their results were changed, write the corpus again: cargo run -p torture -- --collect"
        ));
    }
    Ok(())
}

fn replay_one(bytes: &[u8]) -> Answers {
    // The first byte determines the pool.
    let pool = Pool::new(&mut Numbers(u64::from(bytes.first().copied().unwrap_or(0))));
    let mut caller = Caller::new(Source::Bytes { bytes, at: 1 }, &pool);
    while !caller.source.is_empty() {
        caller.call();
    }
    let answers = caller.finish();
    pool.close_all();
    answers
}

fn name(status: i32) -> &'static str {
    match ErrorKind::from_number(status) {
        Some(kind) => kind.name(),
        None if status == 0 => "OK",
        None => violation(&format!("{status} is not a status")),
    }
}

/// Tries random inputs, and writes the shortest one for each result to the file.
pub(crate) fn collect(seed: u64) -> Found {
    println!("{}", crate::world::enter());
    let mut shortest: BTreeMap<(&'static str, i32), Vec<u8>> = BTreeMap::new();
    for attempt in 0..TRIES {
        let mut numbers = Numbers(seed ^ attempt.rotate_left(32));
        let first = numbers.next() as u8;
        let pool = Pool::new(&mut Numbers(u64::from(first)));
        let source = Source::Recorded { numbers, bytes: vec![first] };
        let mut caller = Caller::new(source, &pool);
        let mut new: Vec<((&'static str, i32), usize)> = Vec::new();
        let mut seen = BTreeSet::new();
        for _ in 0..CALLS {
            caller.call();
            let Source::Recorded { bytes, .. } = &caller.source else { unreachable!("as above") };
            for answer in caller.answers().keys().filter(|answer| !seen.contains(*answer)) {
                new.push((*answer, bytes.len()));
            }
            seen.extend(caller.answers().keys().copied());
        }
        let Source::Recorded { bytes, .. } = caller.source() else { unreachable!("as above") };
        for (answer, length) in new {
            let kept = shortest.get(&answer).map_or(usize::MAX, Vec::len);
            if length < kept {
                shortest.insert(answer, bytes[..length].to_vec());
            }
        }
        pool.close_all();
    }
    let mut text = String::from(
        "# Function, status, and the shortest known input with this result.\n# Written by `cargo run -p torture -- --collect`.\n",
    );
    for ((function, status), bytes) in &shortest {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        text += &format!("{function} {} {hex}\n", name(*status));
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus/answers.txt");
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("{} results", shortest.len());
    Ok(())
}
