//! Whether the cost of an operation depends on the size of a map, its content, or the number of open handles, maps or
//! processes.

use std::fmt::Write;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use mmf::{Map, MapOptions};

use crate::Result;
use crate::measure::quantile;
use crate::plot::{Lines, Scheme, file};
use crate::table::{bytes, digits, time};

/// The minimum duration of one turn of an operation in nanoseconds, and the number of turns.
const TURN: u128 = 2_000_000;
const TURNS: usize = 15;
/// A cost is called flat if the most expensive point costs at most this many times the cheapest one.
const FLAT: f64 = 1.5;

/// An operation that is measured along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    CreateClose,
    OpenClose,
    Read,
    ReadText,
    Append,
    List,
}

impl Operation {
    fn title(self) -> &'static str {
        match self {
            Operation::CreateClose => "create and close",
            Operation::OpenClose => "open and close",
            Operation::Read => "read 64 B",
            Operation::ReadText => "read the text",
            Operation::Append => "append 100 B",
            Operation::List => "list all maps",
        }
    }
}

/// The quantity that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grows {
    Size,
    Content,
    Handles,
    Maps,
    Processes,
}

pub(crate) struct Axis {
    pub(crate) id: &'static str,
    title: &'static str,
    about: &'static str,
    grows: Grows,
    points: &'static [u64],
    /// Each operation with the reason why its cost may grow.
    operations: &'static [(Operation, &'static str)],
}

/// How many handles or maps this process opens itself: each needs three open files. Another process holds the rest.
const IN_ONE_PROCESS: u64 = 5000;
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const LOCKS: &str = "each handle holds a lock on the map, and the kernel walks all locks of a file whenever one is taken or released";

pub(crate) const AXES: &[Axis] = &[
    Axis {
        id: "growth-size",
        title: "The size of the map",
        about: "Maps whose memory is allocated when it is written, with a text of 100 bytes.",
        grows: Grows::Size,
        points: &[MIB, 4 * MIB, 16 * MIB, 64 * MIB, 256 * MIB, GIB, 4 * GIB, 16 * GIB, 64 * GIB],
        operations: &[
            (Operation::CreateClose, ""),
            (Operation::OpenClose, ""),
            (Operation::Read, ""),
            (Operation::ReadText, ""),
            (Operation::Append, ""),
        ],
    },
    Axis {
        id: "growth-content",
        title: "The length of the content",
        about: "A text in a map of 1 GiB. Each turn of appends starts with a text of the given length.",
        grows: Grows::Content,
        points: &[128, KIB, 8 * KIB, 64 * KIB, 512 * KIB, 4 * MIB, 32 * MIB, 256 * MIB],
        operations: &[
            (Operation::OpenClose, ""),
            (Operation::Read, ""),
            (Operation::ReadText, "it reads and decodes the whole text"),
            (Operation::Append, ""),
        ],
    },
    Axis {
        id: "growth-handles",
        title: "Handles open on one map",
        about: "The measuring process holds up to 5,000 of them, another process holds the rest.",
        grows: Grows::Handles,
        points: &[1, 10, 100, 1000, 5000, 10_000],
        operations: &[
            (Operation::OpenClose, LOCKS),
            (Operation::Read, ""),
            (Operation::Append, LOCKS),
        ],
    },
    Axis {
        id: "growth-maps",
        title: "Maps",
        about: "The measuring process holds up to 5,000 of them, another process holds the rest. The operations use one of them.",
        grows: Grows::Maps,
        points: &[1, 10, 100, 1000, 5000, 10_000],
        operations: &[
            (Operation::CreateClose, ""),
            (Operation::OpenClose, ""),
            (Operation::Append, ""),
            (Operation::List, "it checks each map"),
        ],
    },
    Axis {
        id: "growth-processes",
        title: "Processes that hold the map",
        about: "These processes only hold the map; another process runs the operations.",
        grows: Grows::Processes,
        points: &[1, 2, 4, 8, 16, 32, 64],
        operations: &[
            (Operation::OpenClose, ""),
            (Operation::Read, ""),
            (Operation::ReadText, ""),
            (Operation::Append, ""),
        ],
    },
];

/// The nanoseconds of each operation at each point that was reached.
pub(crate) struct Series<'a> {
    pub(crate) axis: &'a Axis,
    points: Vec<(u64, Vec<f64>)>,
    /// Why the last points are missing.
    stopped: Option<String>,
}

pub(crate) fn measure(quick: bool) -> Result<Vec<Series<'static>>> {
    allow_many_files();
    AXES.iter().map(|axis| along(axis, if quick { 3 } else { TURNS })).collect()
}

/// Raises the limit of open files to the user's maximum.
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    // If the maximum is too low, the report says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// The handles, maps and processes of an axis so far.
#[derive(Default)]
struct Built {
    /// Dropped first, so that this process closes the maps last and removes their names.
    processes: Vec<Holder>,
    handles: Vec<Map>,
}

fn along(axis: &'static Axis, turns: usize) -> Result<Series<'static>> {
    let name = format!("mmf-{}-{}", axis.id, std::process::id());
    let mut series = Series { axis, points: Vec::new(), stopped: None };
    let mut built = Built::default();
    for point in axis.points {
        let size = if axis.grows == Grows::Size { *point } else { GIB };
        if matches!(axis.grows, Grows::Size | Grows::Content) {
            built.handles.clear();
        }
        let length = if axis.grows == Grows::Content { *point } else { 100 };
        if let Err(error) = build(axis.grows, *point, size, length, &name, &mut built) {
            series.stopped = Some(error);
            break;
        }
        let map = built.handles.first().ok_or("no map")?;
        let mut rounds: Vec<Vec<f64>> = axis.operations.iter().map(|_| Vec::new()).collect();
        for _ in 0..turns {
            for ((operation, _), times) in axis.operations.iter().zip(&mut rounds) {
                times.push(
                    turn(*operation, map, &name, size, length)
                        .map_err(|error| error.to_string())?,
                );
            }
        }
        series.points.push((*point, rounds.iter().map(|times| quantile(times, 0.5)).collect()));
    }
    eprintln!("{}: {} points", axis.title, series.points.len());
    Ok(series)
}

/// Adds handles, maps or processes up to the point. The operations use the first handle.
fn build(
    grows: Grows,
    point: u64,
    size: u64,
    length: u64,
    name: &str,
    built: &mut Built,
) -> Result<()> {
    let failed = |error: mmf::Error| error.to_string();
    let options = MapOptions::new().delay_allocation(true);
    if built.handles.is_empty() {
        let map = options.create_new(name, size).map_err(failed)?;
        map.replace_text(&"x".repeat(length as usize)).map_err(failed)?;
        built.handles.push(map);
    }
    match grows {
        Grows::Size | Grows::Content => {}
        Grows::Handles | Grows::Maps => {
            let kind = if grows == Grows::Maps { "maps" } else { "handles" };
            while (built.handles.len() as u64) < point.min(IN_ONE_PROCESS) {
                built.handles.push(one_more(kind, name, built.handles.len() as u64)?);
            }
            if point > IN_ONE_PROCESS {
                built.processes.push(Holder::start(kind, name, IN_ONE_PROCESS, point)?);
            }
        }
        Grows::Processes => {
            while (built.processes.len() as u64) < point {
                built.processes.push(Holder::start("handles", name, 0, 1)?);
            }
        }
    }
    Ok(())
}

/// Opens another handle of the map, or creates another map.
fn one_more(kind: &str, name: &str, number: u64) -> Result<Map> {
    let map = match kind {
        "handles" => Map::open(name),
        _ => Map::create_new(&format!("{name}-{number}"), 4096),
    };
    map.map_err(|error| error.to_string())
}

/// The average time of one call in one turn, in nanoseconds.
fn turn(operation: Operation, map: &Map, name: &str, size: u64, length: u64) -> mmf::Result<f64> {
    let options = MapOptions::new().delay_allocation(true);
    let new = format!("{name}-new");
    let text = "x".repeat(100);
    let mut bytes = [0; 64];
    let begun = Instant::now();
    let mut calls = 0_u32;
    while calls == 0 || begun.elapsed().as_nanos() < TURN {
        // Several calls per look at the clock, so that its cost does not matter.
        for _ in 0..if matches!(operation, Operation::Read | Operation::Append) { 16 } else { 1 } {
            match operation {
                Operation::CreateClose => drop(options.create_new(&new, size)?),
                Operation::OpenClose => drop(Map::open(name)?),
                Operation::Read => map.read_at(&mut bytes, 0)?,
                Operation::ReadText => drop(std::hint::black_box(map.read_text()?)),
                Operation::Append => map.append_text(&text)?,
                Operation::List => drop(std::hint::black_box(mmf::list()?)),
            }
            calls += 1;
        }
    }
    let took = begun.elapsed().as_nanos() as f64 / f64::from(calls);
    // Restores the length of the text for the next turn. A long text hardly grows by appending.
    if operation == Operation::Append && length < 4 * MIB {
        map.replace_text(&"x".repeat(length as usize))?;
    }
    Ok(took)
}

/// Another process that holds maps or handles.
struct Holder(Child);

impl Holder {
    fn start(kind: &str, name: &str, from: u64, to: u64) -> Result<Holder> {
        let failed = |error: std::io::Error| error.to_string();
        let own = std::env::current_exe().map_err(failed)?;
        let mut command = Command::new(own);
        command.args(["--hold", kind, name, &from.to_string(), &to.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = Holder(command.spawn().map_err(failed)?);
        let output = holder.0.stdout.as_mut().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).map_err(failed)?;
        if line.is_empty() {
            Err("another process cannot open so many".to_owned())
        } else {
            Ok(holder)
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // The process closes its maps and ends. Killing it would leave thousands of names behind.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Runs such a process: it holds its maps until its input ends.
pub(crate) fn hold(kind: &str, name: &str, from: &str, to: &str) -> Result<()> {
    allow_many_files();
    let number = |word: &str| word.parse::<u64>().map_err(|_| format!("not a number: {word}"));
    let held: Vec<Map> = (number(from)?..number(to)?)
        .map(|number| one_more(kind, name, number))
        .collect::<Result<_>>()?;
    println!("ready");
    std::io::stdin().read_to_end(&mut Vec::new()).map_err(|error| error.to_string())?;
    drop(held);
    Ok(())
}

impl Series<'_> {
    fn is_size(&self) -> bool {
        matches!(self.axis.grows, Grows::Size | Grows::Content)
    }

    fn label(&self, point: u64) -> String {
        if self.is_size() { bytes(point) } else { point.to_string() }
    }

    /// The data of the picture.
    pub(crate) fn lines(&self) -> Lines {
        let operations = self.axis.operations.iter().enumerate();
        Lines {
            title: self.axis.title,
            points: self.points.iter().map(|(at, _)| (*at as f64, self.label(*at))).collect(),
            lines: operations
                .map(|(place, (operation, _))| {
                    let times = self.points.iter().filter_map(|(_, times)| times.get(place));
                    (operation.title(), times.copied().collect())
                })
                .collect(),
        }
    }

    /// The heading, one sentence per operation, and the picture.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("\n### {}\n\n{}\n\n", self.axis.title, self.axis.about);
        let lines = self.lines();
        for ((title, times), (_, why)) in lines.lines.iter().zip(self.axis.operations) {
            let _ = writeln!(text, "* {}", sentence(title, times, why));
        }
        if let Some(error) = &self.stopped {
            let _ = writeln!(text, "* The remaining points were not reached: {error}");
        }
        let _ = write!(
            text,
            "\n<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"{}\">\n  <img alt=\"{}: the cost of each operation\" src=\"{}\">\n</picture>\n",
            file(self.axis.id, &Scheme::DARK),
            self.axis.title,
            file(self.axis.id, &Scheme::LIGHT)
        );
        text
    }
}

/// Says that the cost is flat, or why it is not.
fn sentence(title: &str, times: &[f64], why: &str) -> String {
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return format!("*{title}:* not measured.");
    };
    let low = times.iter().copied().fold(f64::MAX, f64::min);
    let high = times.iter().copied().fold(0.0, f64::max);
    let from_to = format!("from {} to {}", time(*first), time(*last));
    if high <= FLAT * low {
        return format!("*{title}:* flat, {from_to}.");
    }
    let spread = digits(high / low);
    match why {
        "" => format!(
            "*{title}:* not flat in this run, {from_to}; the most expensive point costs {spread}x the cheapest one."
        ),
        why => format!("*{title}:* {from_to}, because {why}."),
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn the_sentence_states_whether_the_cost_is_flat() {
        assert_eq!(sentence("x", &[100.0, 140.0], "y"), "*x:* flat, from 100 ns to 140 ns.");
        assert_eq!(sentence("x", &[100.0, 900.0], "y"), "*x:* from 100 ns to 900 ns, because y.");
        assert_eq!(
            sentence("x", &[100.0, 900.0, 200.0], ""),
            "*x:* not flat in this run, from 100 ns to 200 ns; the most expensive point costs 9.00x the cheapest one."
        );
    }
}
