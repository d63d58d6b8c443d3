//! How many instructions one call takes, by callgrind: a figure that no other program on the machine changes.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Result;
use crate::measure::Figures;
use crate::rows::GROUPS;

/// The instructions of one call, per row; or the reason why nobody counted.
pub(crate) enum Counts {
    Counted(Vec<(&'static str, u64)>),
    NotHere(String),
}

/// Counts the rows that were measured and are marked for it.
pub(crate) fn count(program: &Path, measured: &[Figures]) -> Result<Counts> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(Counts::NotHere("no valgrind on PATH (Debian: valgrind)".to_owned()));
    }
    let mut counts = Vec::new();
    for row in GROUPS.iter().flat_map(|group| group.rows).filter(|row| row.counted) {
        if measured.iter().any(|figures| figures.row == row.id) {
            // What starting and preparing takes is in both.
            let (few, many) =
                (instructions(program, row.id, 100)?, instructions(program, row.id, 1100)?);
            counts.push((row.id, many.saturating_sub(few) / 1000));
        }
    }
    Ok(Counts::Counted(counts))
}

/// All instructions of a program that does the work of a row so often.
fn instructions(program: &Path, row: &str, times: u32) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    command.arg(format!("mmf-bench-count-{}", std::process::id()));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("valgrind: {error}"))?;
    let script = format!("begin {row}\nrun {times}\nend\n");
    if let Some(mut input) = child.stdin.take() {
        input.write_all(script.as_bytes()).map_err(|error| format!("valgrind: {error}"))?;
    }
    let output = child.wait_with_output().map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = if output.status.success() { collected(&said) } else { None };
    count.ok_or_else(|| format!("valgrind counted nothing for {row}: {said}"))
}

/// `==123== Collected : 4567`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_count_is_found_in_what_valgrind_says() {
        let said = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n";
        assert_eq!(super::collected(said), Some(123_456));
        assert_eq!(super::collected("==7== Killed"), None);
    }
}
