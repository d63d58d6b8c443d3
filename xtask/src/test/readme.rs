//! The README: what it tells to type is typed, and what it says is printed is compared. Its programs are
//! files below examples/, which it must show as they are. Those in PowerShell are run by Pester, the
//! others here.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::alone::alone;
use crate::dotnet::Assemblies;
use crate::download::Missing;
use crate::files;
use crate::process;
use crate::report::{Checks, Outcome};
use crate::test::{missing, needs};
use crate::workspace;

/// One step of somebody who reads the README.
struct Step {
    /// Programs, files of the system, and `packages`, which need the NuGet packages.
    needs: &'static [&'static str],
    /// Blocks that the README shows, or for `READERS` one line of our own.
    typed: &'static [&'static str],
    /// What comes last.
    prints: &'static str,
}

const TYPED: &[Step] = &[
    Step { needs: &[], typed: &["cargo xtask install --prefix \"$HOME/mmf\""], prints: "" },
    Step {
        needs: &["cc", "pkg-config"],
        typed: &["export PKG_CONFIG_PATH=\"$HOME/mmf/lib/pkgconfig\"\n\
                  cc hello.c $(pkg-config --cflags --libs mmf-static) -o hello\n\
                  ./hello"],
        prints: "Hello from C",
    },
    Step {
        needs: &["cmake", "c++"],
        typed: &["cmake -S . -B build -DCMAKE_PREFIX_PATH=\"$HOME/mmf\"\n\
                  cmake --build build\n\
                  build/hello"],
        prints: "Hello from C++",
    },
    Step {
        needs: &["dotnet", "packages"],
        typed: &[
            "cargo xtask package\n\
             mkdir -p \"$HOME/packages\"\n\
             cp target/packages/Mmf.*.nupkg \"$HOME/packages\"",
            "dotnet restore --source \"$HOME/packages\"\n\
             dotnet run --no-restore",
        ],
        prints: "Hello from C#",
    },
    Step { needs: &[], typed: &["cargo install --locked --path cli"], prints: "" },
    Step {
        needs: &[],
        typed: &[
            "mmf run Job --size 64K -- sh -c 'echo \"step 1 of 3\" | mmf put Job; mmf cat Job'",
        ],
        prints: "step 1 of 3",
    },
    Step { needs: &[], typed: &["cargo xtask bench --quick"], prints: "" },
];

/// Programs that the README only shows. Those that read find in the map "Test" what process A of the
/// demo has written.
const READERS: &[Step] = &[
    Step {
        needs: &[],
        typed: &["cargo run --quiet --package mmf --example hello"],
        prints: "Hello from Rust",
    },
    Step { needs: &["python3"], typed: &["python3 reader.py"], prints: A_SAYS },
    Step { needs: &["cc"], typed: &["cc reader.c -o reader -lrt && ./reader"], prints: A_SAYS },
    Step {
        needs: &["c++", "/usr/include/boost/interprocess"],
        typed: &["c++ reader.cpp -o reader -lrt && ./reader"],
        prints: A_SAYS,
    },
];

const A_SAYS: &str = "Process A says: Hello World!";

pub(super) fn suite() -> Outcome {
    if !cfg!(target_os = "linux") {
        return missing("its commands are a Unix shell's, and /dev/shm is Linux's");
    }
    let home = workspace::target().join("readme-home");
    if home.exists() {
        std::fs::remove_dir_all(&home)
            .map_err(|error| format!("{} stays: {error}", home.display()))?;
    }
    files::copy(&workspace::root().join("examples/readme"), &home)?;
    let mut checks = Checks::new("readme");
    for step in TYPED.iter().chain(READERS) {
        let what = step.typed.join("; ").replace('\n', "; ");
        checks.check_if_possible(&what, step.follow(&home));
    }
    Ok(vec![checks.row])
}

impl Step {
    fn follow(&self, home: &Path) -> std::result::Result<(), Missing> {
        for need in self.needs {
            match *need {
                "packages" => drop(Assemblies::for_packages()?),
                path if path.starts_with('/') && Path::new(path).exists() => {}
                path if path.starts_with('/') => return missing(format!("no {path}")),
                program => needs(&[program])?,
            }
        }
        let mut printed = String::new();
        for typed in self.typed {
            // The demo and the benchmark wait for their turn by themselves.
            let turn = (!typed.starts_with("cargo xtask")).then(alone);
            printed = process::run(&mut self.command(typed, home)?)?;
            drop(turn);
        }
        if printed.trim_end().ends_with(self.prints) {
            return Ok(());
        }
        Err(Missing::Wrong(format!("it printed:\n{printed}instead of\n{}", self.prints)))
    }

    /// A shell in a home of its own, with the tools of the real one. Commands of cargo are typed in the
    /// checkout, all others where the reader's files lie.
    fn command(&self, typed: &str, home: &Path) -> Result<Command> {
        let mut words = typed.to_owned();
        if typed.starts_with("cargo install") {
            // Without optimizing again what is built already, and where later steps find it.
            words.push_str(" --debug --target-dir \"$TARGET\" --root \"$HOME\"");
        } else if self.prints == A_SAYS {
            words = format!("printf '{A_SAYS}' | mmf put Test; {words}");
            words = format!("mmf run Test --size 1024 -- sh -ec \"{words}\"");
        }
        let mut command = Command::new("sh");
        command.args(["-e", "-c", &words]);
        let in_checkout = typed.starts_with("cargo ");
        command.current_dir(if in_checkout { workspace::root() } else { home.to_owned() });
        let real = std::env::home_dir().unwrap_or_default();
        for (name, folder) in
            [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"), ("MMF_NUGET", ".nuget/packages")]
        {
            let place = std::env::var_os(name).map_or_else(|| real.join(folder), PathBuf::from);
            command.env(name, place);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(
            std::iter::once(home.join("bin")).chain(std::env::split_paths(&path)),
        );
        command.env("PATH", path.map_err(|error| error.to_string())?);
        command.env("HOME", home).env("TARGET", workspace::target());
        command.env_remove("XDG_DATA_HOME").env_remove("DESTDIR");
        Ok(command)
    }
}

/// The fenced blocks of a document: language and text.
pub(super) fn blocks(markdown: &str) -> impl Iterator<Item = (&str, &str)> {
    markdown.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'))
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

    /// What the README tells to type and other suites run.
    const OTHER_SUITES: [(&str, &str); 4] = [
        ("cargo xtask demo", "demo"),
        ("cargo xtask install --module", "install"),
        ("cargo xtask test", "every suite is a part of it"),
        ("cargo xtask package", "packages"),
    ];

    fn read(path: &str) -> String {
        std::fs::read_to_string(workspace::root().join(path)).expect(path)
    }

    #[test]
    fn blocks_are_found_with_their_language() {
        let found = blocks("# a\n```sh\none\n```\n## b\ntext\n```c\ntwo\n\nthree\n```\n");
        assert_eq!(found.collect::<Vec<_>>(), [("sh", "one"), ("c", "two\n\nthree")]);
    }

    #[test]
    fn documents_show_programs_as_they_are() {
        let files = files::below(&workspace::root().join("examples")).expect("the examples");
        let programs: Vec<_> = files.iter().map(|file| read(&format!("examples/{file}"))).collect();
        let docs = files::below(&workspace::root().join("docs")).expect("the documents");
        // The pages of the cmdlets have a test of their own.
        let docs = docs.into_iter().filter(|file| !file.contains('/') && file.ends_with(".md"));
        let docs = docs.map(|file| format!("docs/{file}"));
        for document in docs.chain(["README.md".to_owned(), "CONTRIBUTING.md".to_owned()]) {
            for (language, text) in blocks(&read(&document)) {
                // Commands have a test below, or none.
                let shown = matches!(language, "sh" | "text" | "json" | "toml")
                    || programs.iter().any(|program| program.contains(&format!("{text}\n")))
                    || EXCERPTS
                        .iter()
                        .any(|(of, start)| document == *of && text.starts_with(start));
                assert!(shown, "no file below examples/ has this block of {document}:\n{text}");
            }
        }
    }

    #[test]
    fn what_the_readme_tells_to_type_is_typed_and_what_it_prints_is_compared() {
        let readme = read("README.md");
        let steps = || TYPED.iter().chain(READERS);
        let typed: Vec<_> = TYPED.iter().flat_map(|step| step.typed).copied().collect();
        for (language, text) in blocks(&readme) {
            let known = match language {
                "sh" => typed.contains(&text) || OTHER_SUITES.iter().any(|(it, _)| *it == text),
                // What the demo prints is compared by its suite, and the greeting by Pester.
                "text" if text.starts_with("Three processes share") => true,
                "text" => text == GREETING || steps().any(|step| step.prints == text),
                "toml" => text.contains(&format!("version = \"{VERSION}\"")),
                _ => true,
            };
            assert!(known, "nobody runs or compares this block of the README:\n{text}");
        }
        for step in typed {
            assert!(readme.contains(&format!("```sh\n{step}\n```")), "it does not say: {step}");
        }
    }

    const GREETING: &str = "Hello from one PowerShell\nand from another";
    const VERSION: &str =
        concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

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
