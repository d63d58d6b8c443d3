//! The report: a page with all tables and pictures.

use std::fmt::Write;

use crate::instructions::Counts;
use crate::machine::machine;
use crate::measure::Figures;
use crate::plot::{Scheme, file};
use crate::rows::GROUPS;
use crate::table::{Score, goal, reason, table};

/// All results.
pub(crate) struct Measured {
    pub(crate) figures: Vec<Figures>,
    /// Instructions, and system calls.
    pub(crate) counts: [Counts; 2],
    #[cfg(target_os = "linux")]
    pub(crate) processes: crate::processes::Processes,
    pub(crate) omitted: Vec<String>,
}

/// The goal: the most system calls of an operation on a text.
const MOST_CALLS: u64 = 12;
const CALLS: &str = "4 calls are for the lock, its queue and the recorded end of the content. The others check the size and the file size limit, find the end of the old content if it is not recorded, and write.";

pub(crate) fn report(measured: &Measured) -> String {
    let figures = &measured.figures;
    let mut text = format!(
        "# Benchmarks\n\n\
         `cargo xtask bench` writes this page; it measures everything in one run on your machine. The peers take turns in each round, so that\n\
         load on the machine slows all of them. Figures are medians of the rounds. The figures in parentheses are, for mmf, the range of the\n\
         middle 80 % of the rounds, and for the others, mmf's time as a share of theirs: below 1x, mmf is faster.\n\n\
         Measured on {}.\n",
        machine()
    );
    let mut score = Score::default();
    for group in GROUPS {
        if !figures.iter().any(|it| group.rows.iter().any(|row| row.id == it.row)) {
            continue;
        }
        let _ = write!(text, "\n## {}\n\n{}\n\n", group.title, group.about);
        text.push_str(&table(group, figures, &mut score));
        let _ = write!(
            text,
            "\n<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"{}\">\n  <img alt=\"The table above as a picture\" src=\"{}\">\n</picture>\n",
            file(group.id, &Scheme::DARK),
            file(group.id, &Scheme::LIGHT)
        );
    }
    #[cfg(target_os = "linux")]
    measured.processes.report(&mut text, &mut score);
    counted(&mut text, &measured.counts, &mut score);
    let _ = write!(
        text,
        "\n## Goals\n\n{} goals are met, {} are missed, {} could not be measured.\n",
        score.met, score.missed, score.unknown
    );
    if !measured.omitted.is_empty() {
        text.push_str("\n## Not measured\n\n");
        for reason in &measured.omitted {
            let _ = writeln!(text, "* {reason}");
        }
    }
    text
}

/// The table of instructions and system calls.
fn counted(text: &mut String, counts: &[Counts; 2], score: &mut Score) {
    let known: Vec<&[(&str, u64)]> = counts
        .iter()
        .map(|counts| match counts {
            Counts::Counted(counts) => &counts[..],
            Counts::Unavailable(_) => &[],
        })
        .collect();
    let of = |which: usize, id: &str| {
        known.get(which)?.iter().find(|(row, _)| *row == id).map(|(_, count)| *count)
    };
    let shown = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
    text.push_str(
        "\n## Instructions and system calls\n\n\
         The cost of one call of the C functions: instructions outside of the kernel (counted by callgrind), and system calls (counted by strace).\n\n\
         | | instructions | system calls | goals |\n| --- | ---: | ---: | --- |\n",
    );
    let mut reasons = String::new();
    for row in GROUPS.iter().flat_map(|group| group.rows) {
        let missed = score.missed;
        let (instructions, calls) = (of(0, row.id), of(1, row.id));
        if instructions.is_none() && calls.is_none() {
            continue;
        }
        let limit = if row.id.starts_with("text_") {
            let met = calls.map(|calls| calls <= MOST_CALLS);
            goal(&format!("at most {MOST_CALLS} system calls"), met, score)
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {limit} |",
            row.title,
            shown(instructions),
            shown(calls)
        );
        if score.missed > missed {
            let _ = writeln!(reasons, "{}", reason(row.title, CALLS));
        }
    }
    if !reasons.is_empty() {
        let _ = write!(text, "\nWhy goals are missed:\n\n{reasons}");
    }
    for counts in counts {
        if let Counts::Unavailable(reason) = counts {
            let _ = writeln!(text, "\nNot counted: {reason}.");
        }
    }
}
