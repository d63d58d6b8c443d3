//! What is written into maps, so that it tells what became of it.

use std::collections::HashMap;

/// A line that tells whether it is whole: who wrote it, and how long what follows is.
pub(super) fn line(tag: &str, step: u64, length: usize) -> String {
    format!("{tag}-{step}-{length}:{}", "x".repeat(length))
}

fn is_whole(line: &str) -> bool {
    line.split_once(':').is_some_and(|(head, rest)| {
        head.rsplit('-').next().and_then(|it| it.parse().ok()) == Some(rest.len())
    })
}

/// Every line that was appended is there exactly once, and none that is whole is there twice.
pub(super) fn every_line_once(content: &str, appended: &[String]) -> Result<(), String> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for line in content.split("\r\n").filter(|line| is_whole(line)) {
        *counts.entry(line).or_default() += 1;
    }
    let head = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    if let Some((line, count)) = counts.iter().find(|(_, count)| **count > 1) {
        return Err(format!("the line {} is there {count} times", head(line)));
    }
    let heads: HashMap<&str, ()> =
        counts.keys().filter_map(|line| line.split(':').next()).map(|head| (head, ())).collect();
    match appended.iter().find(|line| !heads.contains_key(line.as_str())) {
        Some(lost) => Err(format!("the append of {lost} is lost")),
        None => Ok(()),
    }
}

/// A text that shows where it was cut and whether it is one: its number decides every byte of it.
pub(super) fn patterned(number: u64, length: usize) -> String {
    let mut text = format!("{number}:{length}:");
    let body =
        (0..length as u64).map(|at| (b'a' + ((number + at * 7 + at / 4096) % 26) as u8) as char);
    text.extend(body);
    text
}

/// A killed writer leaves a beginning of a text and never a mixture; and what fits into a page is
/// there as a whole, or not at all.
pub(super) fn is_a_text(content: &str) -> Result<(), String> {
    let mut parts = content.splitn(3, ':');
    let number = parts.next().and_then(|part| part.parse().ok());
    let length = parts.next().and_then(|part| part.parse().ok());
    let (Some(number), Some(length), Some(_)) = (number, length, parts.next()) else {
        // Cut in its first bytes.
        return if content.len() < 32 { Ok(()) } else { Err("a text without a head".to_owned()) };
    };
    let whole = patterned(number, length);
    if !whole.starts_with(content) {
        let at = whole.bytes().zip(content.bytes()).position(|(one, other)| one != other);
        return Err(format!(
            "the text {number} of {length} bytes is mixed with another from {at:?} on ({} bytes)",
            content.len()
        ));
    }
    if whole.len() <= 4_096 && whole.len() != content.len() {
        return Err(format!("a text of {} bytes is cut at {}", whole.len(), content.len()));
    }
    Ok(())
}
