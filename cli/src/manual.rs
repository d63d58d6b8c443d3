//! `mmf completions` and `mmf man`: generated from the description of the arguments.

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::arguments::{Arguments, Completions, Man as ManArguments};
use crate::exit::{self, Failure};
use crate::output;

/// The text at the bottom of each page.
const SOURCE: &str = concat!("mmf ", env!("CARGO_PKG_VERSION"));

pub(crate) fn completions(arguments: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "mmf", &mut script);
    output::write(&script)
}

pub(crate) fn man(arguments: &ManArguments) -> Result<(), Failure> {
    let mut command = Arguments::command();
    // Sets the full name of each command.
    command.build();
    if let Some(folder) = &arguments.folder {
        let commands = command.get_subcommands().filter(|it| it.get_name() != "help");
        for command in commands.chain([&command]) {
            let path = folder.join(format!("{}.1", title(command)));
            std::fs::write(&path, page(command)?)
                .map_err(|error| Failure::io(format!("write {}", path.display()), &error))?;
        }
        return Ok(());
    }
    let about = match &arguments.command {
        None => &command,
        Some(name) => command.find_subcommand(name).ok_or_else(|| {
            Failure::other(format!("mmf has no command '{name}'. 'mmf --help' lists them."))
        })?,
    };
    output::write(&page(about)?)
}

/// The title of the page: `mmf`, `mmf-cat`.
fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    // The exit codes have their own section.
    let man = Man::new(command.clone().after_help(None::<&str>)).source(SOURCE);
    let mut page = Vec::new();
    man.render(&mut page)
        .and_then(|()| exit_status().to_writer(&mut page))
        .map_err(|error| Failure::io("write the page", &error))?;
    Ok(page)
}

fn exit_status() -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in exit::TABLE {
        section.control("TP", []);
        section.text([bold(*code)]);
        section.text([roman(*meaning)]);
    }
    section
}
