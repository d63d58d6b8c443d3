//! `mmf list`

use mmf::MapInfo;
use serde::Serialize;

use crate::arguments::List;
use crate::exit::Failure;
use crate::{output, shown, users};

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    kind: &'static str,
    capacity: u64,
    /// The file of a file map.
    path: Option<String>,
    mode: Option<String>,
    uid: Option<u32>,
    gid: Option<u32>,
    /// Whether the map can be opened without `--trust`.
    trusted: bool,
    /// Whether a program without mmf created the map.
    foreign: bool,
}

impl Entry<'_> {
    fn of(map: &MapInfo) -> Entry<'_> {
        Entry {
            name: &map.name,
            kind: shown::kind(map.kind),
            capacity: map.capacity,
            path: map.path.as_ref().map(|path| path.display().to_string()),
            mode: map.permissions.mode.map(shown::mode),
            uid: map.owner,
            gid: map.permissions.gid,
            trusted: map.trusted,
            foreign: map.foreign,
        }
    }
}

pub(crate) fn list(arguments: &List) -> Result<(), Failure> {
    let maps = mmf::list()?;
    if arguments.json.json {
        let entries: Vec<Entry<'_>> = maps.iter().map(Entry::of).collect();
        return output::json(&entries);
    }
    let mut rows = vec![["NAME", "CAPACITY", "KIND", "OWNER", "FILE"].map(str::to_owned)];
    rows.extend(maps.iter().map(row));
    output::write(table(&rows).as_bytes())
}

fn row(map: &MapInfo) -> [String; 5] {
    let kind = shown::kind(map.kind);
    [
        shown::plain(&map.name),
        map.capacity.to_string(),
        if map.foreign { format!("{kind}, foreign") } else { kind.to_owned() },
        map.owner.map(users::name_of).unwrap_or_default(),
        map.path.as_ref().map(|path| shown::plain(&path.to_string_lossy())).unwrap_or_default(),
    ]
}

/// Formats columns that are as wide as their longest cell.
fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
