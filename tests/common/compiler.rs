//! Compiles and runs C and C++ programs for tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::not_run;

/// The warnings for our own code.
const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    C,
    Cpp,
}

pub struct Compiler {
    program: PathBuf,
    language: Language,
    /// Additional options.
    more: Vec<&'static str>,
}

impl Compiler {
    /// The compiler of this machine. If there is none, reports that `suite` did not run.
    pub fn find(suite: &str, language: Language) -> Option<Compiler> {
        let (variable, names) = match language {
            Language::C => ("CC", ["cc", "gcc", "clang"]),
            Language::Cpp => ("CXX", ["c++", "g++", "clang++"]),
        };
        let named = std::env::var_os(variable).map(PathBuf::from);
        let Some(program) = named.or_else(|| names.into_iter().find_map(on_path)) else {
            let reason = format!("no compiler on PATH ({variable}, {})", names.join(", "));
            not_run(suite, &reason);
            return None;
        };
        let compiler = Compiler { program, language, more: Vec::new() };
        let machine = compiler.command().arg("-dumpmachine").output().expect("run the compiler");
        let machine = String::from_utf8_lossy(&machine.stdout).trim().to_owned();
        let right_arch = machine.starts_with(std::env::consts::ARCH)
            || cfg!(target_arch = "x86") && machine.starts_with("x86_64")
            || cfg!(target_arch = "aarch64") && machine.starts_with("arm64");
        if !right_arch || machine.contains("musl") != cfg!(target_env = "musl") {
            let ours = std::env::consts::ARCH;
            let reason = format!("the compiler is for {machine}, the tests are for {ours}");
            not_run(suite, &reason);
            return None;
        }
        Some(compiler)
    }

    /// The same compiler with one more option.
    pub fn with(mut self, option: &'static str) -> Compiler {
        self.more.push(option);
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.more);
        if cfg!(target_arch = "x86") {
            command.arg("-m32");
        }
        command
    }

    /// Checks that each source compiles without warnings, without building anything.
    pub fn check(&self, standard: &str, sources: &[&str]) {
        for source in sources {
            let mut command = self.strict(standard);
            run(command.arg("-fsyntax-only").arg(root().join(source)));
        }
    }

    /// Builds a program that is linked with the library as `link` says.
    pub fn build(&self, standard: &str, sources: &[&str], link: Link) -> Program {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(format!("program{}", std::env::consts::EXE_SUFFIX));
        let mut command = self.strict(standard);
        command.arg("-g").arg("-o").arg(&file);
        command.args(sources.iter().map(|source| root().join(source)));
        // The following files are not sources.
        command.args(["-x", "none"]);
        let libraries = library_folder();
        match link {
            Link::Shared | Link::Watched => {
                command.arg("-L").arg(&libraries).arg("-lmmf").arg("-pthread");
                if cfg!(unix) {
                    command.arg(format!("-Wl,-rpath,{}", libraries.display()));
                }
            }
            Link::Static => {
                command.arg(libraries.join("libmmf.a"));
                let system = if cfg!(target_os = "macos") {
                    ["-lSystem", "-lm", "-liconv"]
                } else {
                    ["-lpthread", "-ldl", "-lm"]
                };
                command.args(system);
            }
        }
        if link == Link::Watched {
            command.arg("-fsanitize=address,undefined").arg("-fno-sanitize-recover=all");
        }
        run(&mut command);
        Program { _folder: folder, file }
    }

    /// Whether programs can be built with the address sanitizer. Reports it if not.
    pub fn can_watch(&self, suite: &str) -> bool {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("empty.c");
        std::fs::write(&source, "int main(void) { return 0; }\n").expect("a file");
        let mut command = self.command();
        command.args(["-fsanitize=address,undefined", "-o"]).arg(folder.path().join("empty"));
        let built = command.arg(&source).output().expect("run the compiler").status.success();
        let runs = || Command::new(folder.path().join("empty")).output();
        let watches = built && runs().is_ok_and(|output| output.status.success());
        if !watches {
            not_run(suite, "the compiler here has no address sanitizer");
        }
        watches
    }

    fn strict(&self, standard: &str) -> Command {
        let mut command = self.command();
        command.arg(format!("-std={standard}")).args(STRICT);
        command.arg("-I").arg(root().join("include"));
        // The names of the files may have other extensions.
        command.args(["-x", if self.language == Language::C { "c" } else { "c++" }]);
        command
    }
}

/// The example program in the comment at the top of a header, with another name for its map.
pub fn example(header: &str, name: &str) -> String {
    let lines = header.lines().skip_while(|line| !line.contains("#include <mmf.h"));
    let lines = lines.map_while(|line| line.strip_prefix(" *"));
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with("     "));
    let source = lines.collect::<Vec<_>>().join("\n").replace("\"Test\"", &format!("\"{name}\""));
    assert!(source.contains("int main(") && source.contains(name), "{source}");
    source + "\n"
}

/// How a program is linked with the library.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Shared,
    Static,
    /// Like `Shared`, with the sanitizers for addresses and undefined behaviour.
    Watched,
}

/// A compiled program. Dropping it removes the file.
pub struct Program {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Program {
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.file);
        // Cargo's search paths may have a library from an earlier build.
        command.env_remove("LD_LIBRARY_PATH").env_remove("DYLD_FALLBACK_LIBRARY_PATH");
        if cfg!(windows) {
            let mut path = vec![library_folder()];
            path.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
            command.env("PATH", std::env::join_paths(path).expect("a path"));
        }
        command
    }

    /// Runs the program, asserts that it succeeds, and returns its output.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = run(self.command().args(arguments));
        String::from_utf8(output.stdout).expect("programs print UTF-8").replace("\r\n", "\n")
    }
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|file| file.is_file())
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the library that Cargo built with this test.
pub fn library_folder() -> PathBuf {
    let program = std::env::current_exe().expect("the test program's path");
    program.parent().expect("a parent folder").to_owned()
}

/// The shared library that Cargo built with this test, on systems that have one.
pub fn shared_library() -> Option<PathBuf> {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    Some(library_folder().join(format!("{DLL_PREFIX}mmf{DLL_SUFFIX}"))).filter(|it| it.is_file())
}
