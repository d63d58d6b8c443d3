//! The tables, in Markdown.

use std::fmt::Write;

use crate::measure::Figures;
use crate::rows::{Goal, Group};

/// How many goals are met and missed, over all tables.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Score {
    pub(crate) met: u32,
    pub(crate) missed: u32,
    pub(crate) unknown: u32,
}

/// The text of a goal; `None` means that it was not measured.
pub(crate) fn goal(limit: &str, met: Option<bool>, score: &mut Score) -> String {
    match met {
        None => {
            score.unknown += 1;
            format!("{limit} (not measured)")
        }
        Some(true) => {
            score.met += 1;
            limit.to_owned()
        }
        Some(false) => {
            score.missed += 1;
            format!("**missed:** {limit}")
        }
    }
}

/// The table of a group, for all peers that have a row in it, and the reasons for missed goals.
pub(crate) fn table(group: &Group, figures: &[Figures], score: &mut Score) -> String {
    let figures: Vec<&Figures> =
        figures.iter().filter(|it| group.rows.iter().any(|row| row.id == it.row)).collect();
    let mut peers: Vec<&str> = Vec::new();
    for (name, _) in figures.iter().flat_map(|it| &it.peers) {
        if name != "mmf" && !peers.contains(&&**name) {
            peers.push(name);
        }
    }
    let mut text = format!("| | mmf | {} | goals |\n", peers.join(" | "));
    let mut reasons = String::new();
    let _ = writeln!(text, "| --- | ---: |{} --- |", " ---: |".repeat(peers.len()));
    for row in group.rows {
        let Some(figures) = figures.iter().find(|it| it.row == row.id) else { continue };
        let (low, high) = figures.spread("mmf").unwrap_or_default();
        let ours = figures.median("mmf").unwrap_or(f64::NAN);
        let _ = write!(text, "| {} | {} ({} to {})", row.title, time(ours), time(low), time(high));
        for peer in &peers {
            match (figures.median(peer), figures.ratio(peer)) {
                (Some(median), Some(ratio)) => {
                    let _ = write!(text, " | {} ({}x)", time(median), digits(ratio));
                }
                _ => text.push_str(" | -"),
            }
        }
        let missed = score.missed;
        let goals: Vec<String> =
            row.goals.iter().map(|goal| shown(goal, figures.ratio(goal.peer), score)).collect();
        let _ = writeln!(text, " | {} |", goals.join(", "));
        if score.missed > missed {
            let _ = writeln!(reasons, "{}", reason(row.title, row.why));
        }
    }
    if !reasons.is_empty() {
        let _ = write!(text, "\nWhy goals are missed:\n\n{reasons}");
    }
    text
}

/// The reason for a missed goal.
pub(crate) fn reason(title: &str, why: &str) -> String {
    let why = if why.is_empty() { "the reason is unknown." } else { why };
    format!("* *{title}:* {why}")
}

fn shown(limit: &Goal, ratio: Option<f64>, score: &mut Score) -> String {
    let text = format!("{} at most {}x", limit.peer, digits(limit.at_most));
    goal(&text, ratio.map(|ratio| ratio <= limit.at_most), score)
}

/// A number of bytes in a suitable unit.
#[cfg(target_os = "linux")]
pub(crate) fn bytes(count: u64) -> String {
    match count {
        small if small < 1 << 10 => format!("{small} B"),
        small if small < 1 << 20 => format!("{} KiB", small >> 10),
        large if large < 1 << 30 => format!("{} MiB", large >> 20),
        large => format!("{} GiB", large >> 30),
    }
}

/// A time in a suitable unit.
pub(crate) fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{} {unit}", digits(value))
}

/// Rounds to three significant digits.
pub(crate) fn digits(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        small if small < 0.01 => format!("{small:.4}"),
        small if small < 10.0 => format!("{small:.2}"),
        middle if middle < 100.0 => format!("{middle:.1}"),
        large => format!("{large:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::GROUPS;

    #[test]
    fn a_table_shows_times_ratios_and_goals() {
        let figures = [Figures {
            row: "open_close",
            peers: vec![
                ("mmf".to_owned(), vec![1500.0, 1600.0, 1700.0]),
                ("floor".to_owned(), vec![1000.0, 1000.0, 1000.0]),
                ("Boost".to_owned(), vec![20_000.0, 20_000.0, 20_000.0]),
            ],
        }];
        let mut score = Score::default();
        assert_eq!(
            table(&GROUPS[0], &figures, &mut score),
            "| | mmf | floor | Boost | goals |\n\
             | --- | ---: | ---: | ---: | --- |\n\
             | open and close | 1.60 µs (1.50 µs to 1.70 µs) | 1.00 µs (1.60x) | 20.0 µs (0.08x) | \
             **missed:** floor at most 1.10x, .NET at most 1.00x (not measured), Boost at most 1.00x |\n\n\
             Why goals are missed:\n\n\
             * *open and close:* mmf checks that a running process holds the map, registers its own presence, and checks at the end whether it was the last holder. .NET and Boost only open and map a file.\n"
        );
        assert_eq!(score, Score { met: 1, missed: 1, unknown: 1 });
    }
}
