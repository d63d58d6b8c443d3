//! The README: this suite runs its commands and its programs, except those in PowerShell, which Pester runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::demo::lock_test_map;
use crate::error::{Result, ensure, unavailable};
use crate::module::Assemblies;
use crate::report::{Outcome, Row};
use crate::{files, process, workspace};

/// What a step needs (programs, folders, or the NuGet packages), its commands, and the end of what they print.
type Step = (&'static [&'static str], &'static str, &'static str);

const COMMANDS: &[Step] = &[
    (&[], "cargo xtask install --prefix \"$HOME/mmf\"", ""),
    (
        &["cc", "pkg-config"],
        "export PKG_CONFIG_PATH=\"$HOME/mmf/lib/pkgconfig\"\n\
         cc hello.c $(pkg-config --cflags --libs mmf-static) -o hello\n\
         ./hello",
        "Hello from C",
    ),
    (
        &["cmake", "c++"],
        "cmake -S . -B build -DCMAKE_PREFIX_PATH=\"$HOME/mmf\"\n\
         cmake --build build\n\
         build/hello",
        "Hello from C++",
    ),
    (
        &["dotnet", "packages"],
        "cargo xtask package\n\
         mkdir -p \"$HOME/packages\"\n\
         cp target/packages/Mmf.*.nupkg \"$HOME/packages\"",
        "",
    ),
    (
        &["dotnet", "packages"],
        "dotnet restore --source \"$HOME/packages\"\n\
         dotnet run --no-restore",
        "Hello from C#",
    ),
    (&[], "cargo install --locked --path cli", ""),
    (
        &[],
        "mmf run Job --size 64K -- sh -c 'echo \"step 1 of 3\" | mmf put Job; mmf cat Job'",
        "step 1 of 3",
    ),
    (&[], "cargo xtask bench --quick", ""),
];

/// Commands for programs that the README shows without commands.
const READERS: &[Step] = &[
    (&[], "cargo run --quiet --package mmf --example hello", "Hello from Rust"),
    (&["python3"], "python3 reader.py", A_SAYS),
    (&["cc"], "cc reader.c -o reader -lrt && ./reader", A_SAYS),
    (
        &["c++", "/usr/include/boost/interprocess"],
        "c++ reader.cpp -o reader -lrt && ./reader",
        A_SAYS,
    ),
];

const A_SAYS: &str = "Process A says: Hello World!";

pub(super) fn suite() -> Outcome {
    if !cfg!(target_os = "linux") {
        return unavailable("the README's commands need a Unix shell and /dev/shm");
    }
    let home = workspace::target().join("readme-home");
    files::remove(&home)?;
    files::copy(&workspace::root().join("examples/readme"), &home)?;
    let mut row = Row::new("readme");
    for step in COMMANDS.iter().chain(READERS) {
        row.check(&step.1.replace('\n', "; "), run(step, &home));
    }
    Ok(vec![row])
}

fn run((needs, commands, prints): &Step, home: &Path) -> Result {
    for need in *needs {
        match *need {
            "packages" => drop(Assemblies::for_packages()?),
            path if Path::new(path).is_dir() => {}
            path if path.starts_with('/') => return unavailable(format!("no {path}")),
            program => drop(process::find(program)?),
        }
    }
    // CARGO_TARGET_DIR may name another folder than the README.
    let mut words = commands.replace(" target/", " \"$TARGET\"/");
    if commands.starts_with("cargo install") {
        // A debug build is there already. Later steps find the program in the home folder.
        words.push_str(" --debug --target-dir \"$TARGET\" --root \"$HOME\"");
    } else if *prints == A_SAYS {
        // Create the map that the programs read, as process A of the demo does.
        words = format!("printf '{A_SAYS}' | mmf put Test; {words}");
        words = format!("mmf run Test --size 1024 -- sh -ec \"{words}\"");
    }
    // Commands of xtask that use the map take this lock themselves.
    let _lock = (!commands.starts_with("cargo xtask")).then(lock_test_map);
    let printed = process::run(shell(&words, home)?.env("TARGET", workspace::target()))?;
    let right = printed.trim_end().ends_with(prints);
    ensure(right, format!("it printed:\n{printed}The README shows:\n{prints}"))
}

/// A shell with a new home folder. Commands of cargo run in the checkout, all others in the home folder.
fn shell(words: &str, home: &Path) -> Result<Command> {
    let mut command = process::command("sh -ec");
    if !words.starts_with("cargo ") {
        command.current_dir(home);
    }
    let packages = std::env::home_dir().unwrap_or_default().join(".nuget/packages");
    let packages = std::env::var_os("MMF_NUGET").map_or(packages, PathBuf::from);
    command.arg(words).envs(workspace::rust_homes()).env("MMF_NUGET", packages);
    let mut path = vec![home.join("bin")];
    path.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    command.env("PATH", std::env::join_paths(path)?).env("HOME", home);
    command.env_remove("XDG_DATA_HOME").env_remove("DESTDIR");
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs in documents that are not files below examples/: the document, and how the program begins.
    const EXCERPTS: [(&str, &str); 6] = [
        ("docs/application-control.md", "$certificate = Get-ChildItem Cert:"),
        ("docs/command-line.md", "mmf completions powershell"),
        ("docs/from-version-1.md", "try { New-MemoryMappedFile -Name 'Test'"),
        ("docs/security.md", "use mmf::{MapOptions, Permissions};"),
        ("docs/security.md", "use mmf::{Access, MapOptions, TrustedOwner};"),
        ("docs/security.md", "mmf_map_options_t options = MMF_MAP_OPTIONS_INIT;"),
    ];

    /// Commands in the README that other suites run: 'demo', 'install', all of them, and 'packages'.
    const OTHER_SUITES: [&str; 4] = [
        "cargo xtask demo",
        "cargo xtask install --module",
        "cargo xtask test",
        "cargo xtask package",
    ];

    /// Output in the README that the suite 'demo' and Pester compare.
    const OTHER_OUTPUT: [&str; 2] =
        ["Three processes share", "Hello from one PowerShell\nand from another"];

    fn read(path: &str) -> String {
        std::fs::read_to_string(workspace::root().join(path)).expect(path)
    }

    fn documents() -> Vec<String> {
        let mut documents = files::list(&workspace::root().join("docs")).expect("the documents");
        documents.iter_mut().for_each(|file| file.insert_str(0, "docs/"));
        documents.retain(|file| file.ends_with(".md"));
        let others = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
        documents.extend(others.map(str::to_owned));
        documents
    }

    /// The language and text of each fenced block.
    fn blocks(markdown: &str) -> impl Iterator<Item = (&str, &str)> {
        markdown.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'))
    }

    #[test]
    fn programs_are_files_and_the_commands_of_the_readme_are_tested() {
        let files = files::list(&workspace::root().join("examples")).expect("the examples");
        let programs: Vec<_> = files.iter().map(|file| read(&format!("examples/{file}"))).collect();
        let steps = || COMMANDS.iter().chain(READERS);
        let version = env!("CARGO_PKG_VERSION").rsplit_once('.').expect("a version").0;
        // Pester tests the pages of the cmdlets.
        for document in documents().iter().filter(|file| file.split('/').count() < 3) {
            for (language, text) in blocks(&read(document)) {
                let known = match language {
                    "sh" | "text" | "json" | "toml" if document != "README.md" => true,
                    "sh" => {
                        OTHER_SUITES.contains(&text) || COMMANDS.iter().any(|step| step.1 == text)
                    }
                    "text" => {
                        OTHER_OUTPUT.iter().any(|start| text.starts_with(start))
                            || steps().any(|step| step.2 == text)
                    }
                    "toml" => text.contains(&format!("version = \"{version}\"")),
                    _ => {
                        let excerpt =
                            |(of, start): &(_, _)| document == of && text.starts_with(start);
                        programs.iter().any(|program| program.contains(&format!("{text}\n")))
                            || EXCERPTS.iter().any(excerpt)
                    }
                };
                assert!(
                    known,
                    "no file below examples/ or no suite has this block of {document}:\n{text}"
                );
            }
        }
        let readme = read("README.md");
        for (_, commands, _) in COMMANDS {
            let block = format!("```sh\n{commands}\n```");
            assert!(readme.contains(&block), "the README does not show: {commands}");
        }
    }

    #[test]
    fn links_in_documents_work() {
        for document in documents() {
            let text = read(&document);
            let folder = Path::new(&document).parent().expect("a folder");
            let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            for link in links.filter(|link| !link.starts_with("https://")) {
                let (path, heading) = link.split_once('#').unwrap_or((link, ""));
                let target = match path {
                    "" => workspace::root().join(&document),
                    path => workspace::root().join(folder).join(path),
                };
                assert!(target.exists(), "{document} has a broken link: {link}");
                if !heading.is_empty() {
                    let text = std::fs::read_to_string(&target).expect(link).to_lowercase();
                    let mut headings = text.lines().filter(|line| line.starts_with('#'));
                    let found = headings
                        .any(|it| it.trim_start_matches('#').trim().replace(' ', "-") == heading);
                    assert!(found, "{document} has a broken link: {link}");
                }
            }
        }
    }

    #[test]
    fn paths_in_contributing_exist() {
        let text = read("CONTRIBUTING.md");
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        let places = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
        let places: Vec<&str> = places.map(|place| place.trim_end_matches("*.rs")).collect();
        assert!(places.len() > 10, "{places:?}");
        for place in places {
            // The row of the back ends has the whole path only for the first one.
            let folders = [workspace::root(), workspace::root().join("src/os")];
            assert!(folders.iter().any(|folder| folder.join(place).exists()), "{place}");
        }
    }
}
