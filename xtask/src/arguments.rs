//! The command line: a command, then `--flag` and `--option value` in any order.

use crate::error::{Result, ensure};

pub(crate) struct Arguments(pico_args::Arguments);

impl Arguments {
    pub(crate) fn from_environment() -> Arguments {
        Arguments(pico_args::Arguments::from_env())
    }

    /// The first word.
    pub(crate) fn command(&mut self) -> Option<String> {
        self.0.subcommand().ok().flatten()
    }

    /// Whether `name` is there.
    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        self.0.contains(name)
    }

    /// The value behind `name`, as `--name value` or `--name=value`.
    pub(crate) fn option(&mut self, name: &'static str) -> Result<Option<String>> {
        Ok(self.0.opt_value_from_str(name).map_err(|error| format!("{name}: {error}."))?)
    }

    /// Refuses what nobody asked for.
    pub(crate) fn finish(&self) -> Result {
        let rest = self.0.clone().finish();
        let sentence = format!("{rest:?} is not known here. `cargo xtask help` lists all.");
        ensure(rest.is_empty(), sentence)
    }
}
