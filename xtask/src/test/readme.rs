//! The README: what it tells to type is typed, and what it says is printed is compared. Its programs are
//! files below examples/, which it must show as they are. Those in PowerShell are run by Pester, the
//! others here.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::alone::alone;
use crate::dotnet::Assemblies;
use crate::error::{Result, ensure, not_here};
use crate::files;
use crate::process;
use crate::report::{Outcome, Row};
use crate::workspace;

/// One step of somebody who reads the README: what it needs (programs, files of the system, and `packages`,
/// the NuGet packages), what is typed, and what is printed last.
type Step = (&'static [&'static str], &'static str, &'static str);

/// Blocks that the README shows.
const TYPED: &[Step] = &[
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

/// Programs that the README only shows, each with one line of our own. Those that read find in the map
/// "Test" what process A of the demo has written.
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
        return not_here("its commands are a Unix shell's, and /dev/shm is Linux's");
    }
    let home = workspace::target().join("readme-home");
    files::remove(&home)?;
    files::copy(&workspace::root().join("examples/readme"), &home)?;
    let mut row = Row::new("readme");
    for step in TYPED.iter().chain(READERS) {
        row.check(&step.1.replace('\n', "; "), follow(step, &home));
    }
    Ok(vec![row])
}

fn follow((needs, typed, prints): &Step, home: &Path) -> Result {
    for need in *needs {
        match *need {
            "packages" => drop(Assemblies::for_packages()?),
            path if Path::new(path).is_dir() => {}
            path if path.starts_with('/') => return not_here(format!("no {path}")),
            program => drop(process::find(program)?),
        }
    }
    let mut words = (*typed).to_owned();
    if typed.starts_with("cargo install") {
        // Without optimizing again what is built already, and where later steps find it.
        words.push_str(" --debug --target-dir \"$TARGET\" --root \"$HOME\"");
    } else if *prints == A_SAYS {
        words = format!("printf '{A_SAYS}' | mmf put Test; {words}");
        words = format!("mmf run Test --size 1024 -- sh -ec \"{words}\"");
    }
    // The demo and the benchmark wait for their turn by themselves.
    let _turn = (!typed.starts_with("cargo xtask")).then(alone);
    let printed = process::run(shell(&words, home)?.env("TARGET", workspace::target()))?;
    let right = printed.trim_end().ends_with(prints);
    ensure(right, format!("it printed:\n{printed}instead of\n{prints}"))
}

/// A shell in a home of its own, with the tools of the real one. Commands of cargo are typed in the
/// checkout, all others where the reader's files lie.
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

    /// Programs in documents that are no files, by how they begin.
    const EXCERPTS: [(&str, &str); 6] = [
        ("docs/application-control.md", "$certificate = Get-ChildItem Cert:"),
        ("docs/command-line.md", "mmf completions powershell"),
        ("docs/from-version-1.md", "try { New-MemoryMappedFile -Name 'Test'"),
        ("docs/security.md", "use mmf::{MapOptions, Permissions};"),
        ("docs/security.md", "use mmf::{Access, MapOptions, TrustedOwner};"),
        ("docs/security.md", "mmf_map_options_t options = MMF_MAP_OPTIONS_INIT;"),
    ];

    /// What the README tells to type and other suites run: 'demo', 'install', every one, 'packages'.
    const OTHER_SUITES: [&str; 4] = [
        "cargo xtask demo",
        "cargo xtask install --module",
        "cargo xtask test",
        "cargo xtask package",
    ];

    /// What the README says that is compared by the suite 'demo' and by Pester.
    const OTHER_OUTPUT: [&str; 2] =
        ["Three processes share", "Hello from one PowerShell\nand from another"];

    fn read(path: &str) -> String {
        std::fs::read_to_string(workspace::root().join(path)).expect(path)
    }

    /// The documents, by their paths in the checkout.
    fn documents() -> Vec<String> {
        let mut documents = files::below(&workspace::root().join("docs")).expect("the documents");
        documents.iter_mut().for_each(|file| file.insert_str(0, "docs/"));
        documents.retain(|file| file.ends_with(".md"));
        let others = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
        documents.extend(others.map(str::to_owned));
        documents
    }

    /// The fenced blocks of a document: language and text.
    fn blocks(markdown: &str) -> impl Iterator<Item = (&str, &str)> {
        markdown.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'))
    }

    #[test]
    fn documents_show_programs_as_they_are() {
        let files = files::below(&workspace::root().join("examples")).expect("the examples");
        let programs: Vec<_> = files.iter().map(|file| read(&format!("examples/{file}"))).collect();
        // The pages of the cmdlets have a test of their own.
        for document in documents().iter().filter(|file| file.split('/').count() < 3) {
            for (language, text) in blocks(&read(document)) {
                // Commands have a test below, or none.
                let shown = matches!(language, "sh" | "text" | "json" | "toml")
                    || programs.iter().any(|program| program.contains(&format!("{text}\n")))
                    || EXCERPTS.iter().any(|(of, start)| document == of && text.starts_with(start));
                assert!(shown, "no file below examples/ has this block of {document}:\n{text}");
            }
        }
    }

    #[test]
    fn what_the_readme_tells_to_type_is_typed_and_what_it_prints_is_compared() {
        let readme = read("README.md");
        let steps = || TYPED.iter().chain(READERS);
        let version = env!("CARGO_PKG_VERSION").rsplit_once('.').expect("a version").0;
        for (language, text) in blocks(&readme) {
            let known = match language {
                "sh" => {
                    OTHER_SUITES.contains(&text) || TYPED.iter().any(|(_, typed, _)| *typed == text)
                }
                "text" => {
                    OTHER_OUTPUT.iter().any(|start| text.starts_with(start))
                        || steps().any(|(_, _, prints)| *prints == text)
                }
                "toml" => text.contains(&format!("version = \"{version}\"")),
                _ => true,
            };
            assert!(known, "nobody runs or compares this block of the README:\n{text}");
        }
        for (_, typed, _) in TYPED {
            assert!(readme.contains(&format!("```sh\n{typed}\n```")), "it does not say: {typed}");
        }
    }

    #[test]
    fn documents_lead_to_what_is_there() {
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
                assert!(target.exists(), "{document} leads to {link}");
                if !heading.is_empty() {
                    let text = std::fs::read_to_string(&target).expect(link).to_lowercase();
                    let mut headings = text.lines().filter(|line| line.starts_with('#'));
                    let found = headings
                        .any(|it| it.trim_start_matches('#').trim().replace(' ', "-") == heading);
                    assert!(found, "{document} leads to {link}");
                }
            }
        }
    }

    #[test]
    fn the_map_of_the_code_names_what_is_there() {
        let text = read("CONTRIBUTING.md");
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        let places = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
        let places: Vec<&str> = places.map(|place| place.trim_end_matches("*.rs")).collect();
        assert!(places.len() > 10, "{places:?}");
        for place in places {
            // The back ends are named behind the first of them.
            let folders = [workspace::root(), workspace::root().join("src/os")];
            assert!(folders.iter().any(|folder| folder.join(place).exists()), "{place}");
        }
    }
}
