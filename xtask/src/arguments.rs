//! The command line: a command, then `--flag` and `--option value` in any order.

use std::collections::VecDeque;

use crate::Result;

pub(crate) struct Arguments {
    left: VecDeque<String>,
}

impl Arguments {
    pub(crate) fn from_environment() -> Arguments {
        Arguments { left: std::env::args().skip(1).collect() }
    }

    /// The first word.
    pub(crate) fn command(&mut self) -> Option<String> {
        self.left.pop_front()
    }

    /// Whether `name` is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        match self.left.iter().position(|word| word == name) {
            Some(at) => {
                self.left.remove(at);
                true
            }
            None => false,
        }
    }

    /// The value behind `name`, as `--name value` or `--name=value`.
    pub(crate) fn option(&mut self, name: &str) -> Result<Option<String>> {
        let joined = format!("{name}=");
        let Some(at) = self.left.iter().position(|word| word == name || word.starts_with(&joined))
        else {
            return Ok(None);
        };
        let word = self.left.remove(at).unwrap_or_default();
        if let Some(value) = word.strip_prefix(&joined) {
            return Ok(Some(value.to_owned()));
        }
        match self.left.remove(at) {
            Some(value) => Ok(Some(value)),
            None => Err(format!("{name} needs a value behind it.")),
        }
    }

    /// Refuses what nobody asked for.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.left.front() {
            Some(word) => Err(format!("'{word}' is not known here. `cargo xtask help` lists all.")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Arguments {
        Arguments { left: words.iter().map(|&word| word.to_owned()).collect() }
    }

    #[test]
    fn options_come_in_two_spellings_and_any_order() {
        let mut given = arguments(&["test", "--only", "c", "--strict", "--shell=c"]);
        assert_eq!(given.command().as_deref(), Some("test"));
        assert_eq!(given.option("--shell"), Ok(Some("c".to_owned())));
        assert_eq!(given.option("--only"), Ok(Some("c".to_owned())));
        assert!(given.flag("--strict"));
        assert!(!given.flag("--strict"));
        assert_eq!(given.finish(), Ok(()));
    }

    #[test]
    fn what_nobody_asked_for_is_refused() {
        let mut given = arguments(&["test", "--stric", "--only"]);
        given.command();
        assert!(given.finish().is_err());
        assert!(given.option("--only").is_err());
    }
}
