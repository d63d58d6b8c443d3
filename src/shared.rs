//! What processes with different versions of the library have in common, as docs/abi.md has it in
//! tables: the tests of each back end compare them with what the code does.

const DOCUMENT: &str = include_str!("../docs/abi.md");

/// Asserts that the table under a heading has exactly these rows.
#[track_caller]
pub(crate) fn assert_promised(heading: &str, rows: &[(&str, String)]) {
    let (_, rest) =
        DOCUMENT.split_once(&format!("\n### {heading}\n")).expect("there is the heading");
    let section = rest.split("\n#").next().unwrap_or(rest);
    let cells = |line: &str| -> Option<(String, String)> {
        let (what, value) = line.strip_prefix("| ")?.split_once(" | ")?;
        Some((what.to_owned(), value.trim_end_matches(" |").trim_matches('`').to_owned()))
    };
    // Behind the head of the table.
    let promised: Vec<_> = section.lines().filter_map(cells).skip(2).collect();
    let actual: Vec<_> =
        rows.iter().map(|(what, value)| ((*what).to_owned(), value.replace('\n', "\\n"))).collect();
    assert_eq!(promised, actual, "docs/abi.md says when this may change");
}
