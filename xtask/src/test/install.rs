//! The module as a user builds and installs it: the same sources give the same bytes, a machine without the
//! reference assemblies gets assemblies for its own PowerShell, and a module in use is replaced.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::dotnet::{self, Assemblies};
use crate::files;
use crate::module;
use crate::process;
use crate::report::{Checks, Outcome};
use crate::shell::{self, Shell};
use crate::test::missing;
use crate::workspace;

pub(super) fn suite() -> Outcome {
    if cfg!(windows) {
        return missing(
            "a home folder for the installation cannot be named by the environment there",
        );
    }
    let shell = shell::find()?;
    let folder = workspace::target().join("install tried out");
    files::remove(&folder)?;
    let user = User { shell: &shell, home: folder.join("home") };
    std::fs::create_dir_all(&user.home).map_err(|error| failed(&user.home, &error))?;

    let mut checks = Checks::new("install");
    let twice = same_bytes_twice(&shell, &folder);
    checks.check("sources in another folder give the same assemblies, byte for byte", twice);
    checks.check(
        "without the reference assemblies the module is for this PowerShell, says so, and works",
        user.installs_for_this_shell(),
    );
    checks.check("packages refuse such assemblies, and say what they need", user.cannot_pack());
    checks.check(
        "a module that is in use is replaced, and whoever uses it goes on",
        user.replaces_what_is_in_use(),
    );
    Ok(vec![checks.row])
}

fn failed(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn same_bytes_twice(shell: &Shell, folder: &Path) -> Result<()> {
    let copy = folder.join("a copy");
    files::copy(&workspace::root().join("powershell"), &copy)?;
    let one = Assemblies::compile(shell, &dotnet::script(), &folder.join("one"))?;
    let other = Assemblies::compile(shell, &copy.join("build.ps1"), &folder.join("other"))?;
    for name in dotnet::FILES {
        let read = |assemblies: &Assemblies| {
            let path = assemblies.folder.join(name);
            std::fs::read(&path).map_err(|error| failed(&path, &error))
        };
        if read(&one)? != read(&other)? {
            return Err(format!("{name} of {} is another one", other.folder.display()));
        }
    }
    Ok(())
}

/// Someone with a home folder that has nothing in it yet.
struct User<'a> {
    shell: &'a Shell,
    home: PathBuf,
}

impl User<'_> {
    /// A command that sees this user's home and module path, but the programs and crates of the real one.
    fn at_home<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let real = std::env::home_dir().unwrap_or_default();
        for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            if std::env::var_os(variable).is_none() {
                command.env(variable, real.join(folder));
            }
        }
        command.env("HOME", &self.home).env_remove("XDG_DATA_HOME").env_remove("PSModulePath")
    }

    fn xtask(&self, arguments: &[&str]) -> Result<Command> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        self.at_home(command.args(arguments));
        Ok(command)
    }

    /// The same on a machine without the packages that have the reference assemblies.
    fn xtask_without_packages(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = self.xtask(arguments)?;
        command.env_remove("MMF_NUGET").env_remove("NUGET_PACKAGES");
        Ok(command)
    }

    /// A PowerShell that finds what is installed.
    fn command(&self, script: &str) -> Command {
        let mut command = self.shell.command();
        self.at_home(&mut command);
        command.env_remove("MMF_LIBRARY").args(["-Command", script]);
        command
    }

    fn installs_for_this_shell(&self) -> Result<()> {
        let said = process::run(&mut self.xtask_without_packages(&["install", "--module"])?)?;
        let mut version = self.shell.version.split('.');
        let (major, minor) = (version.next().unwrap_or(""), version.next().unwrap_or(""));
        let wanted = format!("It is for PowerShell {major}.{minor} and later.");
        if !said.lines().any(|line| line == wanted) {
            return Err(format!("no line '{wanted}' in:\n{said}"));
        }
        self.works()
    }

    /// The installed module makes a map that is .NET's, too, writes and reads it.
    fn works(&self) -> Result<()> {
        const SCRIPT: &str = "$ErrorActionPreference = 'Stop'; \
            [System.IO.MemoryMappedFiles.MemoryMappedFile] $map = New-MemoryMappedFile \"mmf-installed-$PID\" 64; \
            Out-MemoryMappedFile $map 'it works'; Read-MemoryMappedFile $map; $map.CreateViewAccessor().ReadByte(1)";
        let said = process::run(&mut self.command(SCRIPT))?;
        if said.lines().eq(["it works", "116"]) { Ok(()) } else { Err(format!("it says:\n{said}")) }
    }

    fn cannot_pack(&self) -> Result<()> {
        match process::run(&mut self.xtask_without_packages(&["package"])?) {
            Ok(said) => Err(format!("packages were made:\n{said}")),
            Err(said) if said.contains("packages need the NuGet packages NETStandard.Library") => {
                Ok(())
            }
            Err(said) => Err(said),
        }
    }

    fn replaces_what_is_in_use(&self) -> Result<()> {
        // What it does after the replacement it has not done before: code, help and library are in use.
        const SCRIPT: &str = "$ErrorActionPreference = 'Stop'; $map = New-MemoryMappedFile \"mmf-installed-$PID\" 64; \
            'ready'; $null = [System.Console]::In.ReadLine(); \
            Out-MemoryMappedFile $map 'goes on'; Use-MemoryMappedFile $map { Read-MemoryMappedFile $_ }";
        let mut command = self.command(SCRIPT);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let lost = |error: std::io::Error| format!("the one that uses the module is lost: {error}");
        let mut busy = command.spawn().map_err(lost)?;
        let mut lines =
            BufReader::new(busy.stdout.take().ok_or("it cannot be listened to")?).lines();
        let ready = lines.next().transpose().map_err(lost)?;
        let installed = self
            .xtask(&["install", "--module"])
            .and_then(|mut command| process::run(&mut command))
            .and_then(|_| self.works());
        if let Some(input) = &mut busy.stdin {
            writeln!(input).map_err(lost)?;
        }
        let rest = lines.collect::<std::io::Result<Vec<_>>>().map_err(lost)?;
        busy.wait().map_err(lost)?;
        installed?;
        if ready.as_deref() != Some("ready") || rest != ["goes on"] {
            return Err(format!("the one that uses the module says: {ready:?}, {rest:?}"));
        }
        // Nothing is left of what was replaced.
        let place = self.home.join(".local/share/powershell/Modules").join(module::NAME);
        let found = std::fs::read_dir(&place).map_err(|error| failed(&place, &error))?;
        let names: Vec<_> = found.flatten().map(|entry| entry.file_name()).collect();
        if names == [env!("CARGO_PKG_VERSION")] { Ok(()) } else { Err(format!("{names:?}")) }
    }
}
