//! `mmf info`

use std::time::Duration;

use mmf::{ErrorKind, Map, Rights, TextOptions};
use serde::Serialize;

use crate::arguments::{Info, NamedMap};
use crate::exit::Failure;
use crate::{output, shown, users};

/// How long to wait for the content lock. If a process holds it longer, the output says so.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Facts {
    name: String,
    kind: &'static str,
    capacity: u64,
    /// The length of the content in bytes; `None` while another process holds the content lock.
    content: Option<u64>,
    /// The file of a file map.
    path: Option<String>,
    mode: Option<String>,
    uid: Option<u32>,
    gid: Option<u32>,
    /// The security descriptor, on Windows.
    sddl: Option<String>,
    /// Whether this user can write the map.
    writable: bool,
    /// Whether a program without mmf created the map.
    foreign: bool,
}

impl Facts {
    fn of(map: &Map) -> Result<Facts, Failure> {
        let content = match map.content_length_with(&TextOptions::new().timeout(LOCK_TIMEOUT)) {
            Ok(length) => Some(length),
            Err(error) if error.kind() == ErrorKind::Timeout => None,
            Err(error) => return Err(error.into()),
        };
        // Some systems have no permissions, or do not show them to every user.
        let permissions = map.permissions().unwrap_or_default();
        Ok(Facts {
            name: map.name().unwrap_or_default().to_owned(),
            kind: shown::kind(map.kind()),
            capacity: map.capacity(),
            content,
            path: map.path().map(|path| path.display().to_string()),
            mode: permissions.mode.map(shown::mode),
            uid: permissions.uid,
            gid: permissions.gid,
            sddl: permissions.sddl,
            writable: map.rights().contains(Rights::WRITE) && !map.is_read_only(),
            foreign: map.is_foreign(),
        })
    }

    fn lines(&self) -> Vec<(&str, String)> {
        let content = match self.content {
            Some(length) => format!("{length} bytes"),
            None => "another process holds the content lock".to_owned(),
        };
        let mut lines = vec![
            ("name", shown::plain(&self.name)),
            ("kind", self.kind.to_owned()),
            ("capacity", format!("{} bytes", self.capacity)),
            ("content", content),
        ];
        lines.extend(self.path.as_ref().map(|path| ("file", shown::plain(path))));
        lines.extend(self.uid.map(|uid| ("owner", users::name_of(uid))));
        lines.extend(self.mode.clone().map(|mode| ("mode", mode)));
        lines.extend(self.sddl.clone().map(|sddl| ("sddl", sddl)));
        lines.push(("writable", yes_or_no(self.writable)));
        lines.push(("foreign", yes_or_no(self.foreign)));
        lines
    }
}

fn yes_or_no(fact: bool) -> String {
    if fact { "yes" } else { "no" }.to_owned()
}

/// Opens the map with all rights of this user.
fn open(map: &NamedMap) -> mmf::Result<Map> {
    match map.open_with(Rights::READ_WRITE) {
        Err(error) if error.kind() == ErrorKind::AccessDenied => map.open(),
        other => other,
    }
}

pub(crate) fn info(arguments: &Info) -> Result<(), Failure> {
    let facts = Facts::of(&open(&arguments.map)?)?;
    if arguments.json.json {
        return output::json(&facts);
    }
    let lines = facts.lines().into_iter().map(|(what, fact)| format!("{what:<10} {fact}\n"));
    output::write(lines.collect::<String>().as_bytes())
}
