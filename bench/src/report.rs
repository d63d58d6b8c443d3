//! The report: all tables and pictures, as a page.

use std::fmt::Write;

use crate::instructions::Counts;
use crate::machine::machine;
use crate::measure::Figures;
use crate::plot::{Scheme, file};
use crate::rows::GROUPS;
use crate::table::{Score, table};

pub(crate) fn report(figures: &[Figures], counts: &Counts, left_out: &[String]) -> String {
    let mut text = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`, which measures all of this in one run on your machine. In each round every peer does the same work\n\
         in turn, so that whatever slows the machine down slows all of them. Figures are medians of the rounds. In parentheses: for mmf, where\n\
         the middle eight tenths of the rounds lie; for the others, mmf's time as a share of theirs, so below 1x mmf is faster.\n\n\
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
    let _ = write!(
        text,
        "\n{} goals are met, {} are missed, {} could not be measured.\n",
        score.met, score.missed, score.unknown
    );
    match counts {
        Counts::Counted(counts) => {
            text.push_str(
                "\n## Instructions\n\nHow many instructions one call of the C functions takes outside of the kernel, counted by callgrind.\n\n\
                 | | instructions |\n| --- | ---: |\n",
            );
            for (id, count) in counts {
                let row = GROUPS.iter().flat_map(|group| group.rows).find(|row| row.id == *id);
                let _ = writeln!(text, "| {} | {count} |", row.map_or(*id, |row| row.title));
            }
        }
        Counts::NotHere(reason) => {
            let _ = write!(text, "\nInstructions were not counted: {reason}.\n");
        }
    }
    if !left_out.is_empty() {
        text.push_str("\n## Not measured\n\n");
        for reason in left_out {
            let _ = writeln!(text, "* {reason}");
        }
    }
    text
}
