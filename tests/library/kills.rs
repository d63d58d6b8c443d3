//! Writers are killed at random moments while they write texts of up to 4 MiB. The content is then the beginning of
//! the old text or of the new one. An append leaves the whole old text.
//!
//! `MMF_KILLS` sets the number of kills (2,000 for a long run), and `MMF_KILLS_SEED` the seed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common;
use common::{Numbers, again, text, unique};
use mmf::{Map, MapOptions};

const KILLS: u64 = 150;
const ROLE: &str = "MMF_KILLS_WRITER";
/// The longest text, and the capacity of the maps.
const LONGEST: u64 = 4 << 20;
const DONE: &str = "@done ";

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// A change of the content, which the writer and the test compute in the same way.
enum Change {
    Replace(Vec<u8>),
    Append(Vec<u8>),
}

impl Change {
    /// The length of the text, and whether it is appended.
    fn shape(seed: u64, number: u64) -> (u64, bool) {
        let mut numbers = Numbers(seed ^ number << 20);
        // Lengths of a line, of about a page, and of many pages.
        let length = match numbers.below(8) {
            0 => numbers.below(200),
            1 => 4_000 + numbers.below(200),
            2 => numbers.below(70_000),
            3 | 4 => numbers.below(600_000),
            _ => numbers.below(LONGEST),
        };
        (length, numbers.below(3) == 0)
    }

    fn of(seed: u64, number: u64) -> Change {
        let (length, appended) = Change::shape(seed, number);
        // Each eight bytes differ from all others, in this text and in other ones, and no byte is NUL.
        let mut bytes = vec![0; length as usize];
        for (at, place) in bytes.chunks_mut(8).enumerate() {
            let word = (number << 32 | at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let word = word | 0x0101_0101_0101_0101;
            place.copy_from_slice(&word.to_ne_bytes()[..place.len()]);
        }
        if appended { Change::Append(bytes) } else { Change::Replace(bytes) }
    }

    /// The content after the change. An append that does not fit changes nothing.
    fn apply(&self, content: &[u8], capacity: u64) -> Vec<u8> {
        match self {
            Change::Replace(bytes) => bytes.clone(),
            Change::Append(bytes) => match [content, bytes].concat() {
                longer if longer.len() as u64 > capacity => content.to_vec(),
                longer => longer,
            },
        }
    }

    fn run(&self, map: &Map) -> mmf::Result<()> {
        match self {
            Change::Replace(bytes) => map.replace_bytes(bytes),
            Change::Append(bytes) => match map.append_bytes_with(bytes, &text().separator("")) {
                Err(error) if error.kind() == mmf::ErrorKind::TooLong => Ok(()),
                other => other,
            },
        }
    }
}

/// The map that is written to.
enum Place {
    Named(String),
    File(PathBuf),
}

impl Place {
    fn open(&self) -> Map {
        match self {
            Place::Named(name) => Map::create_or_open(name, LONGEST).expect("a map"),
            Place::File(path) => MapOptions::new()
                .file_mode(mmf::FileMode::OpenOrCreate)
                .capacity(LONGEST)
                .map_file(path)
                .expect("a map"),
        }
    }
}

#[test]
fn a_killed_writer_leaves_the_beginning_of_a_text_in_memory() {
    let _alone = common::alone();
    kill_writers(&Place::Named(unique("kills")), setting("MMF_KILLS", KILLS));
}

#[test]
fn a_killed_writer_leaves_the_beginning_of_a_text_in_a_file() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().expect("a folder");
    kill_writers(&Place::File(folder.path().join("file")), setting("MMF_KILLS", KILLS) / 3);
}

fn kill_writers(place: &Place, kills: u64) {
    let seed = setting("MMF_KILLS_SEED", u64::from(std::process::id()));
    println!("seed {seed}, {kills} kills");
    let map = place.open();
    let mut dice = Numbers(seed);
    let (mut halves, mut number, mut content) = (0, 0, Vec::new());
    for kill in 0..kills {
        let mut writer = start(place, seed, number);
        let mut output = BufReader::new(writer.stdout.take().expect("piped"));
        // The kill comes anywhere in the change after this one.
        let mut done = number;
        for _ in 0..=dice.below(4) {
            done = hear(&mut output).expect("a report of the writer");
        }
        // The wait depends on the length, so that the kill hits long and short changes, and sometimes comes after
        // them.
        let (length, _) = Change::shape(seed, done);
        std::thread::sleep(Duration::from_micros(dice.below(60 + length / 800)));
        writer.kill().expect("kill a writer");
        writer.wait().expect("wait for a writer");
        while let Some(more) = hear(&mut output) {
            done = more;
        }
        for number in number..done {
            content = Change::of(seed, number).apply(&content, map.capacity());
        }
        let change = Change::of(seed, done);
        let next = change.apply(&content, map.capacity());
        let left = map.read_bytes().expect("read what is left");
        let of_old = content.starts_with(&left);
        let whole = match change {
            // The old text is still there.
            Change::Append(_) => next.starts_with(&left) && left.len() >= content.len(),
            Change::Replace(_) => of_old || next.starts_with(&left),
        };
        assert!(
            whole,
            "seed {seed}, kill {kill}, change {done} from {} to {} bytes: {} bytes are left, which match {} old bytes and {} new ones",
            content.len(),
            next.len(),
            left.len(),
            common_beginning(&left, &content),
            common_beginning(&left, &next)
        );
        halves += u64::from(left != content && left != next);
        content = left;
        number = done + 1;
    }
    println!("{kills} kills, {halves} in the middle of a text, 0 mixtures");
}

fn common_beginning(one: &[u8], two: &[u8]) -> usize {
    one.iter().zip(two).take_while(|(one, two)| one == two).count()
}

/// The number of finished changes, when the next one begins.
fn hear(output: &mut impl BufRead) -> Option<u64> {
    let mut line = String::new();
    loop {
        line.clear();
        if output.read_line(&mut line).unwrap_or(0) == 0 {
            return None;
        }
        if let Some(at) = line.find(DONE)
            && line.ends_with('\n')
        {
            return line[at + DONE.len()..].trim().parse().ok();
        }
    }
}

fn start(place: &Place, seed: u64, number: u64) -> Child {
    let place = match place {
        Place::Named(name) => format!("named {name}"),
        Place::File(path) => format!("file {}", path.display()),
    };
    Command::new(again::own())
        .args(again::only("kills::writer"))
        .env(ROLE, format!("{seed} {number} {place}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("start a writer")
}

/// Not a test: tests start this in other processes.
#[test]
fn writer() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let mut words = role.splitn(4, ' ');
    let mut word = || words.next().expect("seed, number, kind and place");
    let seed = word().parse().expect("a seed");
    let first: u64 = word().parse().expect("a number");
    let place = match (word(), word()) {
        ("named", name) => Place::Named(name.to_owned()),
        (_, path) => Place::File(Path::new(path).to_owned()),
    };
    let map = place.open();
    for number in first.. {
        let change = Change::of(seed, number);
        println!("{DONE}{number}");
        change.run(&map).expect("a change");
    }
}
