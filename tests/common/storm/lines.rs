//! Texts for maps, in which a check can find what was lost, cut or mixed.

use std::collections::HashMap;

/// A line that contains its writer and its length, so that a check can find out whether it is complete.
pub(super) fn line(tag: &str, step: u64, length: usize) -> String {
    format!("{tag}-{step}-{length}:{}", "x".repeat(length))
}

fn is_complete(line: &str) -> bool {
    line.split_once(':').is_some_and(|(head, rest)| {
        head.rsplit('-').next().and_then(|it| it.parse().ok()) == Some(rest.len())
    })
}

/// Checks that the content has every appended line exactly once, and no complete line twice.
pub(super) fn check_lines(content: &str, appended: &[String]) -> Result<(), String> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for line in content.split("\r\n").filter(|line| is_complete(line)) {
        *counts.entry(line).or_default() += 1;
    }
    let head = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    if let Some((line, count)) = counts.iter().find(|(_, count)| **count > 1) {
        return Err(format!("the content has the line {} {count} times", head(line)));
    }
    let heads: HashMap<&str, ()> =
        counts.keys().filter_map(|line| line.split(':').next()).map(|head| (head, ())).collect();
    match appended.iter().find(|line| !heads.contains_key(line.as_str())) {
        Some(lost) => Err(format!("the appended line {lost} is lost")),
        None => Ok(()),
    }
}

/// A text whose number determines all its bytes, so that a check can find out whether it was cut or mixed.
pub(super) fn patterned_text(number: u64, length: usize) -> String {
    let mut text = format!("{number}:{length}:");
    let body =
        (0..length as u64).map(|at| (b'a' + ((number + at * 7 + at / 4096) % 26) as u8) as char);
    text.extend(body);
    text
}

/// Checks that the content is a text or the beginning of one, which a killed writer leaves, and not a mixture of two.
/// A text that fits into a page must be complete.
pub(super) fn check_text(content: &str) -> Result<(), String> {
    let mut parts = content.splitn(3, ':');
    let number = parts.next().and_then(|part| part.parse().ok());
    let length = parts.next().and_then(|part| part.parse().ok());
    let (Some(number), Some(length), Some(_)) = (number, length, parts.next()) else {
        // The text was cut in its first bytes.
        return if content.len() < 32 { Ok(()) } else { Err("a text without a header".to_owned()) };
    };
    let whole = patterned_text(number, length);
    if !whole.starts_with(content) {
        let at = whole.bytes().zip(content.bytes()).position(|(one, other)| one != other);
        return Err(format!(
            "the text {number} of {length} bytes is mixed with another one at {at:?} ({} bytes)",
            content.len()
        ));
    }
    if whole.len() <= 4_096 && whole.len() != content.len() {
        return Err(format!("a text of {} bytes is cut at {}", whole.len(), content.len()));
    }
    Ok(())
}
