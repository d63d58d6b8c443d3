//! The README's blocks: each is run as a reader would run it, or listed here with the reason why
//! not; and what the README says it prints is what it prints.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Result;
use crate::alone::alone;
use crate::cargo;
use crate::dotnet::Assemblies;
use crate::process;
use crate::report::{Outcome, Row};
use crate::shell::{self, Shell};
use crate::test::consumer;
use crate::workspace;

/// What is done with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// Run by a shell, line by line as one script.
    Script,
    /// As `Script`, but for these lines, each with its reason.
    ScriptBut(&'static [(&'static str, &'static str)]),
    /// Run by a PowerShell that stays open until the section's end.
    PowerShellStays,
    PowerShell,
    /// As `Script`, where this machine can make packages.
    Packages,
    /// As `Script`, but a debug build into the reader's home, where later scripts find it.
    Install,
    /// As `Script`, by a .NET SDK on what was packed.
    DotNet,
    /// Kept as this file, for a script that compiles it.
    File(&'static str),
    /// Kept for the program that depends on them.
    Dependencies,
    Rust,
    /// While process A of the demo waits: Python, C, C++, C#.
    BesideA,
    /// What the block before prints.
    Output,
    /// What the next script prints in the end, since it compiles the file.
    OutputOfNext,
    /// What the demo prints.
    DemoOutput,
}

/// Every block of the README, in order: section, language, what is done with it.
const BLOCKS: &[(&str, &str, How)] = &[
    ("See it", "sh", How::Script),
    ("See it", "text", How::DemoOutput),
    ("PowerShell", "sh", How::Script),
    ("PowerShell", "powershell", How::PowerShellStays),
    ("PowerShell", "powershell", How::PowerShell),
    ("PowerShell", "text", How::Output),
    ("C", "sh", How::Script),
    ("C", "c", How::File("hello.c")),
    ("C", "text", How::OutputOfNext),
    ("C", "sh", How::Script),
    ("C++", "cpp", How::File("hello.cpp")),
    ("C++", "text", How::OutputOfNext),
    ("C++", "cmake", How::File("CMakeLists.txt")),
    ("C++", "sh", How::Script),
    ("Rust", "toml", How::Dependencies),
    ("Rust", "rust", How::Rust),
    ("Rust", "text", How::Output),
    ("C#", "sh", How::Packages),
    ("C#", "xml", How::File("hello.csproj")),
    ("C#", "csharp", How::File("hello.cs")),
    ("C#", "text", How::OutputOfNext),
    ("C#", "sh", How::DotNet),
    ("The command line", "sh", How::Install),
    ("The command line", "sh", How::Script),
    ("The command line", "text", How::Output),
    ("Programs that do not use mmf", "python", How::BesideA),
    ("Programs that do not use mmf", "text", How::Output),
    ("Programs that do not use mmf", "c", How::BesideA),
    ("Programs that do not use mmf", "text", How::Output),
    ("Programs that do not use mmf", "cpp", How::BesideA),
    ("Programs that do not use mmf", "text", How::Output),
    ("Programs that do not use mmf", "csharp", How::BesideA),
    ("Programs that do not use mmf", "text", How::Output),
    ("How it compares", "sh", How::Script),
    (
        "Building and testing",
        "sh",
        How::ScriptBut(&[("cargo xtask test", "that is what runs this test")]),
    ),
    (
        "Building and testing",
        "sh",
        How::ScriptBut(&[(
            "cargo xtask package",
            "the suite 'packages' runs it and uses what it makes",
        )]),
    ),
];

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    section: String,
    language: String,
    text: String,
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut section = String::new();
    let mut open: Option<Block> = None;
    for line in markdown.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, Some(language)) => {
                open = Some(Block {
                    section: section.clone(),
                    language: language.to_owned(),
                    text: String::new(),
                });
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    title.clone_into(&mut section);
                }
            }
        }
    }
    blocks
}

pub(super) fn suite() -> Outcome {
    const SUITE: &str = "readme";
    if !cfg!(target_os = "linux") {
        return Ok(vec![Row::not_run(
            SUITE,
            "its commands are a Unix shell's, and /dev/shm is Linux's",
        )]);
    }
    let file = workspace::root().join("README.md");
    let text =
        std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let found = blocks(&text);
    let seen: Vec<_> =
        found.iter().map(|block| (block.section.as_str(), block.language.as_str())).collect();
    let listed: Vec<_> =
        BLOCKS.iter().map(|(section, language, _)| (*section, *language)).collect();
    if seen != listed {
        return Err(
            format!("README.md has the blocks\n{seen:?}\nand this test knows\n{listed:?}").into()
        );
    }
    let mut reader = Reader::new()?;
    for (at, (block, (_, _, how))) in found.iter().zip(BLOCKS).enumerate() {
        let what = format!("block {} ({}, {})", at + 1, block.section, block.language);
        match reader.follow(block, *how) {
            Ok(Followed::Ran) => {
                println!("test {what} ... ok");
            }
            Ok(Followed::Skipped(reason)) => {
                // Nor is there an output of it.
                reader.printed = None;
                reader.awaited = None;
                println!("test {what} ... skipped: {reason}");
                reader.row.left_out.push(format!("{what}: {reason}"));
            }
            Err(reason) => {
                println!("test {what} ... FAILED\n{reason}");
                reader.row.failed.push(what);
            }
        }
    }
    Ok(vec![reader.row])
}

enum Followed {
    Ran,
    Skipped(String),
}

/// Somebody who reads the README and types what it says, in a home folder of their own.
struct Reader {
    home: PathBuf,
    shell: std::result::Result<Shell, String>,
    /// What the last block printed; `None` if it could not be run.
    printed: Option<String>,
    /// An output that the next script must print.
    awaited: Option<String>,
    /// What a Rust program says of its dependencies.
    dependencies: String,
    /// Whether there are packages.
    packed: bool,
    /// The PowerShell that stays open.
    open: Option<Waiting>,
    row: Row,
}

impl Reader {
    fn new() -> Result<Reader> {
        let home = workspace::target().join("readme-home");
        let failed = |error| format!("{} cannot be made: {error}", home.display());
        if home.exists() {
            std::fs::remove_dir_all(&home).map_err(failed)?;
        }
        std::fs::create_dir_all(&home).map_err(failed)?;
        let shell = shell::find().map_err(|missing| missing.reason().to_owned());
        Ok(Reader {
            home,
            shell,
            printed: None,
            awaited: None,
            dependencies: String::new(),
            packed: false,
            open: None,
            row: Row::new("readme"),
        })
    }

    fn follow(&mut self, block: &Block, how: How) -> Result<Followed> {
        let text = block.text.as_str();
        match how {
            How::Script => self.script(text),
            How::ScriptBut(left_out) => {
                let mut rest = String::new();
                for line in text.lines() {
                    match left_out.iter().find(|(start, _)| line.starts_with(start)) {
                        Some((_, reason)) => println!("not run: {line}: {reason}"),
                        None => {
                            rest.push_str(line);
                            rest.push('\n');
                        }
                    }
                }
                if rest.is_empty() {
                    return Ok(Followed::Skipped(
                        "every line is listed with its reason".to_owned(),
                    ));
                }
                self.script(&rest)
            }
            How::Packages => match Assemblies::for_packages() {
                Ok(_) => {
                    self.packed = true;
                    self.script(text)
                }
                Err(missing) => Ok(Followed::Skipped(missing.reason().to_owned())),
            },
            How::Install => self.script(&format!(
                "{} --debug --target-dir '{}' --root '{}'",
                text.trim_end(),
                workspace::target().display(),
                self.installed().display()
            )),
            How::DotNet if !self.packed => {
                self.awaited = None;
                Ok(Followed::Skipped("no package was made".to_owned()))
            }
            How::DotNet => self.script(text),
            How::PowerShellStays => self.powershell_stays(text),
            How::PowerShell => self.powershell(text),
            How::File(name) => self.write(name, text).map(|_| Followed::Ran),
            How::Dependencies => {
                self.dependencies = text.to_owned();
                Ok(Followed::Ran)
            }
            How::Rust => self.rust(text),
            How::BesideA => self.beside_a(&block.language, text),
            How::Output => self.output(text),
            How::OutputOfNext => {
                self.awaited = Some(text.to_owned());
                Ok(Followed::Ran)
            }
            How::DemoOutput => self.demo_output(text),
        }
    }

    fn output(&mut self, wanted: &str) -> Result<Followed> {
        match self.printed.take() {
            None => Ok(Followed::Skipped("what prints it could not run".to_owned())),
            Some(printed) if same(&printed, wanted) => Ok(Followed::Ran),
            Some(printed) => Err(format!("printed was:\n{printed}")),
        }
    }

    fn demo_output(&mut self, wanted: &str) -> Result<Followed> {
        let printed = self.printed.take().ok_or("the demo did not run")?;
        let from =
            printed.find("Three processes").ok_or(format!("the demo printed:\n{printed}"))?;
        if story(&printed[from..]) == story(wanted) {
            Ok(Followed::Ran)
        } else {
            Err(format!("printed was:\n{}", &printed[from..]))
        }
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.home.join(name);
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(file)
    }

    /// A home of one's own, and the tools that lie in the real one.
    fn at_home<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let real = std::env::home_dir().unwrap_or_default();
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let place = std::env::var_os(name).map_or_else(|| real.join(folder), PathBuf::from);
            command.env(name, place);
        }
        command.env("HOME", &self.home).env_remove("XDG_DATA_HOME").env_remove("DESTDIR");
        if std::env::var_os("MMF_NUGET").is_none() {
            command.env("MMF_NUGET", real.join(".nuget/packages"));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = [self.installed().join("bin")].into_iter().chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(places) {
            command.env("PATH", path);
        }
        command.env_remove("PSModulePath")
    }

    /// Where `cargo install` puts programs.
    fn installed(&self) -> PathBuf {
        self.home.join("installed")
    }

    /// Commands of cargo are typed in the checkout, all others where the reader's files lie.
    fn script(&mut self, text: &str) -> Result<Followed> {
        let in_checkout = text.lines().any(|line| line.starts_with("cargo "));
        let folder = if in_checkout { workspace::root() } else { self.home.clone() };
        let mut command = Command::new("sh");
        command.args(["-e", "-c", text]).current_dir(folder);
        let programs = text.lines().filter_map(|line| line.split(' ').next());
        let missing = programs
            .filter(|program| *program != "export" && !program.contains('/'))
            .find(|program| {
                process::find(program).is_none()
                    && !self.installed().join("bin").join(program).is_file()
            });
        if let Some(program) = missing {
            return Ok(Followed::Skipped(format!("no {program} on PATH")));
        }
        // The demo waits for its turn by itself.
        let turn = (!in_checkout).then(alone);
        let printed = process::run(self.at_home(&mut command))?;
        drop(turn);
        if let Some(wanted) = self.awaited.take()
            && !printed.trim_end().ends_with(wanted.trim_end())
        {
            return Err(format!("printed was:\n{printed}instead of, at the end,\n{wanted}"));
        }
        self.printed = Some(printed);
        Ok(Followed::Ran)
    }

    fn powershell_stays(&mut self, text: &str) -> Result<Followed> {
        let shell = match &self.shell {
            Ok(shell) => shell,
            Err(reason) => return Ok(Followed::Skipped(reason.clone())),
        };
        let text = format!(
            "$ErrorActionPreference = 'Stop'\n{text}\n'it waits'\n[void] [Console]::ReadLine()\n"
        );
        let file = self.write("first.ps1", &text)?;
        let mut command = shell.command();
        command.arg("-File").arg(file);
        self.open = Some(Waiting::start(self.at_home(&mut command), "it waits")?);
        Ok(Followed::Ran)
    }

    fn powershell(&mut self, text: &str) -> Result<Followed> {
        let shell = match &self.shell {
            Ok(shell) => shell,
            Err(reason) => return Ok(Followed::Skipped(reason.clone())),
        };
        let file = self.write("second.ps1", &format!("$ErrorActionPreference = 'Stop'\n{text}"))?;
        let mut command = shell.command();
        command.arg("-File").arg(file);
        self.printed = Some(process::run(self.at_home(&mut command))?);
        match self.open.take() {
            Some(first) => first.end().map(|()| Followed::Ran),
            None => Err("the first PowerShell is not there".to_owned()),
        }
    }

    fn rust(&mut self, text: &str) -> Result<Followed> {
        let program = consumer::build(&self.dependencies, text)?.program;
        let _alone = alone();
        self.printed = Some(process::run(&mut Command::new(program))?);
        Ok(Followed::Ran)
    }

    fn beside_a(&mut self, language: &str, text: &str) -> Result<Followed> {
        let mut command = match self.foreign(language, text)? {
            Ok(command) => command,
            Err(reason) => return Ok(Followed::Skipped(reason)),
        };
        process::run(cargo::command().args([
            "build",
            "--package",
            "mmf",
            "--example",
            "process_a",
        ]))?;
        let _alone = alone();
        let a = workspace::target().join("debug/examples/process_a");
        let a =
            Waiting::start(&mut Command::new(a), "Start Process B and press ENTER to continue.")?;
        let printed = process::run(&mut command);
        a.end()?;
        self.printed = Some(printed?);
        Ok(Followed::Ran)
    }

    /// The command that runs a block of another program's language, or why there is none.
    fn foreign(&self, language: &str, text: &str) -> Result<std::result::Result<Command, String>> {
        let compiled =
            |name: &str, compiler: &str| -> Result<std::result::Result<Command, String>> {
                if process::find(compiler).is_none() {
                    return Ok(Err(format!("no {compiler} on PATH")));
                }
                let file = self.write(name, text)?;
                let program = file.with_extension("program");
                process::run(Command::new(compiler).arg("-o").arg(&program).arg(file).arg("-lrt"))?;
                Ok(Ok(Command::new(program)))
            };
        match language {
            "python" => {
                let Some(python) = process::find("python3") else {
                    return Ok(Err("no python3 on PATH".to_owned()));
                };
                let mut command = Command::new(python);
                command.arg(self.write("reader.py", text)?);
                Ok(Ok(command))
            }
            "c" => compiled("reader.c", "cc"),
            "cpp" if !Path::new("/usr/include/boost/interprocess").is_dir() => {
                Ok(Err("no Boost (Debian: libboost-dev)".to_owned()))
            }
            "cpp" => compiled("reader.cpp", "c++"),
            "csharp" => match &self.shell {
                Err(reason) => Ok(Err(format!("no .NET: {reason}"))),
                Ok(shell) => {
                    let script = format!(
                        "$ErrorActionPreference = 'Stop'\nAdd-Type -TypeDefinition @'\nusing System;\nusing System.IO;\n\
                         using System.IO.MemoryMappedFiles;\npublic static class Reader {{ public static void Main() {{\n\
                         {text}}} }}\n'@\n[Reader]::Main()\n"
                    );
                    let mut command = shell.command();
                    command.arg("-File").arg(self.write("reader.ps1", &script)?);
                    Ok(Ok(command))
                }
            },
            other => Err(format!("nobody knows how to run {other}")),
        }
    }
}

/// Without regard to blank lines at the end and to how lines end.
fn same(one: &str, other: &str) -> bool {
    let lines = |text: &str| {
        text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>()
    };
    lines(one) == lines(other)
}

/// What the demo prints, without the numbers that differ each time and the language.
fn story(printed: &str) -> String {
    let mut text = String::new();
    for line in printed.lines() {
        let line = match (line.split_once(", in "), line.split_once("(pid ")) {
            (Some((before, _)), _) => before.to_owned(),
            (_, Some((before, after))) => {
                format!("{before}{}", after.split_once(')').map_or("", |(_, rest)| rest))
            }
            _ => line.to_owned(),
        };
        // Where its programs lie.
        if !line.starts_with("The three programs") {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text.trim_end().to_owned()
}

/// A program that has said a line and waits for its input to end.
struct Waiting {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Waiting {
    fn start(command: &mut Command, ready: &str) -> Result<Waiting> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", process::shown(command)))?;
        let output = child.stdout.take().ok_or("it has no output")?;
        let mut waiting = Waiting { child, output: BufReader::new(output) };
        let mut line = String::new();
        loop {
            line.clear();
            match waiting.output.read_line(&mut line) {
                Ok(size) if size > 0 && line.trim_end() == ready => return Ok(waiting),
                Ok(size) if size > 0 => {}
                _ => {
                    waiting.end()?;
                    return Err(format!(
                        "{} ended before it said '{ready}'",
                        process::shown(command)
                    ));
                }
            }
        }
    }

    fn end(mut self) -> Result<()> {
        if let Some(mut input) = self.child.stdin.take() {
            // It may have ended already.
            let _ = input.write_all(b"\n\n\n");
        }
        let mut rest = String::new();
        while self.output.read_line(&mut rest).is_ok_and(|size| size > 0) {}
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("it ended with {status}:\n{rest}")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_their_section() {
        let found = blocks("# a\n```sh\none\n```\n## b\ntext\n```c\ntwo\n\nthree\n```\n");
        let block = |section: &str, language: &str, text: &str| Block {
            section: section.to_owned(),
            language: language.to_owned(),
            text: text.to_owned(),
        };
        assert_eq!(found, [block("", "sh", "one\n"), block("b", "c", "two\n\nthree\n")]);
    }

    #[test]
    fn two_runs_of_the_demo_tell_one_story() {
        let one = "Three, in C.\n  process A  starts (pid 1), creates\n  | x\n";
        let other = "Three, in Rust.\n  process A  starts (pid 22), creates\n  | x";
        assert_eq!(story(one), story(other));
        let differs = "Three, in C.\n  process A  starts (pid 1), opens\n  | x";
        assert_ne!(story(one), story(differs));
    }

    #[test]
    fn documents_lead_to_what_is_there() {
        let root = workspace::root();
        let single = [
            "README.md",
            "CHANGELOG.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "docs/benchmarks/README.md",
            "docs/en-US/about_MemoryMappedFile.md",
            "docs/de-DE/about_MemoryMappedFile.md",
        ];
        let docs = std::fs::read_dir(root.join("docs")).expect("the folder");
        let docs = docs.map(|entry| entry.expect("an entry").path());
        let docs = docs.filter(|path| path.extension().is_some_and(|it| it == "md"));
        for file in single.map(|document| root.join(document)).into_iter().chain(docs) {
            let document = file.display();
            let text = std::fs::read_to_string(&file).expect("a document");
            let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            for link in links.filter(|link| !link.starts_with("https://")) {
                let (path, heading) = link.split_once('#').unwrap_or((link, ""));
                let target = match path {
                    "" => file.clone(),
                    path => file.parent().expect("a folder").join(path),
                };
                assert!(target.exists(), "{document} leads to {link}");
                if !heading.is_empty() {
                    let text = std::fs::read_to_string(&target).expect(link);
                    let headings = text
                        .lines()
                        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
                    let anchors: Vec<_> =
                        headings.map(|it| it.to_lowercase().replace(' ', "-")).collect();
                    assert!(anchors.iter().any(|it| it == heading), "{document} leads to {link}");
                }
            }
        }
    }

    #[test]
    fn the_map_of_the_code_names_what_is_there() {
        let root = workspace::root();
        let text = std::fs::read_to_string(root.join("CONTRIBUTING.md")).expect("the document");
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        let places = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
        let places: Vec<&str> = places.map(|place| place.trim_end_matches("*.rs")).collect();
        assert!(places.len() > 10, "{places:?}");
        for place in places {
            // The back ends are named behind the first of them.
            let found = root.join(place).exists() || root.join("src/os").join(place).exists();
            assert!(found, "{place}");
        }
    }
}
