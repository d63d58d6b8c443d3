//! The arguments, and their help.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mmf::{MapOptions, Permissions, Rights, TextOptions, TrustedOwner};

use crate::{exit, users};

/// Lists, reads, writes and holds memory-mapped files: memory that processes share by name.
///
/// A named map exists as long as a process holds it. `put` and `run` create maps and hold them; the other
/// commands hold a map only while they use it.
#[derive(Debug, Parser)]
#[command(name = "mmf", version, after_help = exit::help(), max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(List),
    Cat(Cat),
    Put(Put),
    Run(Run),
    Info(Info),
    Wait(Wait),
    Sweep(Sweep),
    Completions(Completions),
    Man(Man),
}

/// List the named maps that exist.
///
/// Does not open the maps. Shows control characters in names as escapes; --json prints the names unchanged.
#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) json: Json,
}

/// Print the content of a map.
///
/// The content is the text in the map: its bytes up to the last one that is not NUL. The text is decoded
/// according to its byte order mark, otherwise as --encoding says (UTF-8 by default), and printed as UTF-8.
#[derive(Args, Debug)]
pub(crate) struct Cat {
    #[command(flatten)]
    pub(crate) map: NamedMap,
    /// After the content, print what each change adds, as lines: the appended text, or the whole content if
    /// it was replaced. Ends when no other process holds the map, or with Ctrl+C
    #[arg(long, short)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) encoding: TextEncoding,
    /// Print the bytes of the content unchanged
    #[arg(long, conflicts_with_all = ["encoding", "follow", "json", "lines"])]
    pub(crate) bytes: bool,
    /// Print lines with this system's line ends: adds one to the last line, and, except on Windows, prints
    /// LF for CR LF. This is the default on a terminal
    #[arg(long, conflicts_with = "json")]
    pub(crate) lines: bool,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// Write standard input into a map; create the map and hold it if it does not exist.
///
/// Reads standard input to its end, then replaces the content of the map, or appends to it. If the map
/// exists, the command then ends. Otherwise the command creates the map and holds it until you end the
/// command, for example with Ctrl+C; then the map is gone, unless other processes hold it.
///
/// One line end at the end of the input is removed, so that `echo text | mmf put NAME` writes only the text.
#[derive(Args, Debug)]
pub(crate) struct Put {
    /// The map's name
    pub(crate) name: String,
    /// Append to the content instead of replacing it
    #[arg(long, short)]
    pub(crate) append: bool,
    /// The text between the content and the appended text [default: CR LF]
    #[arg(long, value_name = "TEXT", requires = "append")]
    pub(crate) separator: Option<String>,
    /// The size of a map that is created: bytes, or a number with K, M, G or T
    /// [default: the size of the input, rounded up to 64K]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) size: Option<u64>,
    /// Fail if the map exists
    #[arg(long)]
    pub(crate) new: bool,
    /// Fail if the map does not exist
    #[arg(long, conflicts_with_all = ["new", "size", "mode", "quiet"])]
    pub(crate) existing: bool,
    #[command(flatten)]
    pub(crate) encoding: TextEncoding,
    /// Write the bytes of the input unchanged, including a line end at the end
    #[arg(long, conflicts_with = "encoding")]
    pub(crate) bytes: bool,
    #[command(flatten)]
    pub(crate) mode: Mode,
    /// Do not print on a terminal that the command holds the map
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) trust: Trust,
}

/// Create a map and hold it while a command runs.
///
/// Ends with the exit code of the command. The command handles Ctrl+C itself; SIGTERM and SIGHUP are passed
/// on to it.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The map's name
    pub(crate) name: String,
    /// The size of the map: bytes, or a number with K, M, G or T
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) size: u64,
    #[command(flatten)]
    pub(crate) mode: Mode,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// Show the properties of a map: its size, its owner, the length of its content.
#[derive(Args, Debug)]
pub(crate) struct Info {
    #[command(flatten)]
    pub(crate) map: NamedMap,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// Wait until a map is changed.
///
/// The command notices changes from the moment at which it has opened the map. With --until, it also checks
/// the content before it waits, so it misses no change.
#[derive(Args, Debug)]
pub(crate) struct Wait {
    #[command(flatten)]
    pub(crate) map: NamedMap,
    /// How long to wait [default: forever]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Wait until the content contains this text. Ends at once if it already does
    #[arg(long, value_name = "TEXT")]
    pub(crate) until: Option<String>,
    #[command(flatten)]
    pub(crate) encoding: TextEncoding,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// Free the memory of maps whose processes were killed.
///
/// This is seldom necessary: creating and listing maps also frees such memory, for a short time each. On
/// Windows the system does it.
#[derive(Args, Debug)]
pub(crate) struct Sweep {
    #[command(flatten)]
    pub(crate) json: Json,
}

/// Print the completions for a shell.
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Print a manual page in roff: of mmf, or of one of its commands.
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The command whose page is printed
    #[arg(conflicts_with = "folder")]
    pub(crate) command: Option<String>,
    /// Write all pages into this folder instead
    #[arg(long, value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
}

/// A map that exists.
#[derive(Args, Debug)]
pub(crate) struct NamedMap {
    /// The map's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// How long to wait for a map that does not exist yet
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "0")]
    pub(crate) open_timeout: Duration,
}

impl NamedMap {
    /// Opens the map for reading.
    pub(crate) fn open(&self) -> mmf::Result<mmf::Map> {
        self.open_with(Rights::READ)
    }

    pub(crate) fn open_with(&self, rights: Rights) -> mmf::Result<mmf::Map> {
        let options = MapOptions::new().rights(rights).wait(self.open_timeout);
        options.trusted_owner(self.trust.owner()).open(&self.name)
    }
}

#[derive(Args, Debug)]
pub(crate) struct Trust {
    /// Also open a map that belongs to this user: a name, a number, or * for every user. By default,
    /// only your own maps and those of root are opened. Has no effect on Windows
    #[arg(long, value_name = "OWNER", value_parser = users::trusted)]
    trust: Option<TrustedOwner>,
}

impl Trust {
    pub(crate) fn owner(&self) -> TrustedOwner {
        self.trust.unwrap_or_default()
    }
}

#[derive(Args, Debug)]
pub(crate) struct Json {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Mode {
    /// Who may open the map, as permission bits: 660 for the group, 666 for everybody [default: 600].
    /// Other users can open it only if they trust its owner. Not on Windows and macOS
    #[arg(long, value_parser = mode)]
    mode: Option<u32>,
}

impl Mode {
    pub(crate) fn permissions(&self) -> Permissions {
        self.mode.map_or_else(Permissions::new, |mode| Permissions::new().mode(mode))
    }
}

#[derive(Args, Debug)]
pub(crate) struct TextEncoding {
    /// The encoding of the map's text, if the text has no byte order mark
    #[arg(long, value_enum, ignore_case = true, default_value = "utf8")]
    encoding: Encoding,
}

impl TextEncoding {
    pub(crate) fn options(&self) -> TextOptions<'static> {
        TextOptions::new().encoding(match self.encoding {
            Encoding::Utf8 => mmf::Encoding::Utf8,
            Encoding::Utf8Bom => mmf::Encoding::Utf8Mark,
            Encoding::Utf16Le => mmf::Encoding::Utf16Le,
            Encoding::Utf16Be => mmf::Encoding::Utf16Be,
            Encoding::Utf32Le => mmf::Encoding::Utf32Le,
            Encoding::Utf32Be => mmf::Encoding::Utf32Be,
        })
    }

    /// The number of bytes of a text with its byte order mark.
    pub(crate) fn length_of(&self, text: &str) -> u64 {
        let bytes = match self.encoding {
            Encoding::Utf8 => text.len(),
            Encoding::Utf8Bom => 3 + text.len(),
            Encoding::Utf16Le | Encoding::Utf16Be => 2 + 2 * text.encode_utf16().count(),
            Encoding::Utf32Le | Encoding::Utf32Be => 4 + 4 * text.chars().count(),
        };
        bytes as u64
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "lower")]
enum Encoding {
    Utf8,
    Utf8Bom,
    Utf16Le,
    Utf16Be,
    Utf32Le,
    Utf32Be,
}

/// Parses `4096`, `64K` or `1G`.
fn size(text: &str) -> Result<u64, String> {
    const UNITS: &str = "KMGT";
    let last = text.chars().last().map(|last| last.to_ascii_uppercase());
    let (digits, power) = match last.and_then(|last| UNITS.find(last)) {
        Some(at) => (&text[..text.len() - 1], 10 * (at + 1)),
        None => (text, 0),
    };
    let number: u64 = digits
        .parse()
        .map_err(|_| "use a number of bytes, or a number with K, M, G or T".to_owned())?;
    number.checked_mul(1 << power).ok_or_else(|| "no computer has that much memory".to_owned())
}

/// Parses `5` or `0.25`.
fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "use a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(number)
        .map_err(|_| "use a finite number of seconds, 0 or more".to_owned())
}

/// Parses `660` or `0660`.
fn mode(text: &str) -> Result<u32, String> {
    u32::from_str_radix(text, 8).map_err(|_| "use an octal number, such as 660".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_description_of_the_arguments_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn sizes_are_parsed() {
        assert_eq!(size("4096"), Ok(4096));
        assert_eq!(size("64k"), Ok(65_536));
        assert_eq!(size("2G"), Ok(2 << 30));
        for wrong in ["", "K", "-1", "1.5M", "1KiB", "20000000T", "\u{e9}"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_parsed() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        for wrong in ["", "-1", "nan", "inf", "1s"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
