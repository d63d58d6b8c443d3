//! `cargo xtask compare`: what common steps cost with mmf and with what one would use instead, all
//! in one run, as the table of the README.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::arguments::Arguments;
use crate::demo;
use crate::install;
use crate::module;
use crate::process;
use crate::shell;
use crate::workspace;

pub(crate) fn main(arguments: &mut Arguments) -> Result<()> {
    arguments.finish()?;
    if !cfg!(target_os = "linux") {
        return Err("The peers are written for Linux; there is no comparison here.".to_owned());
    }
    let prefix = install::sdk_here()?;
    let folder = workspace::target().join("compare");
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    println!("Measuring");
    let mut rows = Vec::new();
    let mut left_out = Vec::new();
    let all: [(&str, Peer); 4] =
        [("C", in_c), ("Boost", in_boost), ("Python", in_python), ("PowerShell", in_powershell)];
    for (name, peer) in all {
        match peer(&folder, &prefix) {
            Ok(mut command) => {
                rows.extend(process::run(&mut command)?.lines().filter_map(row));
            }
            Err(reason) => left_out.push(format!("{name} was not measured: {reason}")),
        }
    }
    // By what a text costs to write, so that one sees at once who is near whom.
    rows.sort_by(|one, other| one.1[0].total_cmp(&other.1[0]));
    println!(
        "\n| | write 100 bytes | read 100 bytes | append 100 bytes to 512 KiB | read 512 KiB |"
    );
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (name, figures) in rows {
        println!("| {name} | {} |", figures.map(shown).join(" | "));
    }
    println!("\nMicroseconds for one call, the best of several rounds. {}.", machine());
    for line in left_out {
        println!("{line}");
    }
    Ok(())
}

/// Gives the program that measures, or says why there is none here.
type Peer = fn(&Path, &Path) -> Result<Command>;

fn source(name: &str) -> PathBuf {
    workspace::root().join("xtask/compare").join(name)
}

/// No other process knows this name.
fn name(of: &str) -> String {
    format!("mmf-compare-{of}-{}", std::process::id())
}

fn in_c(folder: &Path, prefix: &Path) -> Result<Command> {
    let program = folder.join("compare");
    let library = prefix.join("lib");
    let mut compiler = Command::new(demo::c_compiler().ok_or("no C compiler on PATH")?);
    compiler.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program);
    compiler.arg(source("compare.c")).arg("-I").arg(prefix.join("include"));
    compiler.arg("-L").arg(&library).arg("-lmmf");
    compiler.arg(format!("-Wl,-rpath,{}", library.display()));
    process::run(&mut compiler)?;
    let mut command = Command::new(program);
    command.arg(name("c")).arg(folder.join("a file"));
    Ok(command)
}

fn in_boost(folder: &Path, _prefix: &Path) -> Result<Command> {
    if !Path::new("/usr/include/boost/interprocess").is_dir() {
        return Err("no Boost (Debian: libboost-dev)".to_owned());
    }
    let program = folder.join("boost");
    let mut compiler = Command::new("c++");
    compiler.args(["-std=c++17", "-O2", "-o"]).arg(&program).arg(source("boost.cpp")).arg("-lrt");
    process::run(&mut compiler)?;
    let mut command = Command::new(program);
    command.arg(name("boost"));
    Ok(command)
}

fn in_python(_folder: &Path, _prefix: &Path) -> Result<Command> {
    let python = process::find("python3").ok_or("no python3 on PATH")?;
    let mut command = Command::new(python);
    command.arg(source("compare.py")).arg(Path::new("/dev/shm").join(name("python")));
    Ok(command)
}

fn in_powershell(_folder: &Path, _prefix: &Path) -> Result<Command> {
    let shell = shell::find().map_err(|missing| missing.reason().to_owned())?;
    let mut command = shell.command();
    command.arg("-File").arg(source("compare.ps1")).arg("-ModulePath").arg(module::build(&shell)?);
    command.arg("-Name").arg(name("powershell"));
    command.arg("-Place").arg(Path::new("/dev/shm").join(name("dotnet")));
    Ok(command)
}

/// `name|1.5|2|-|30`.
fn row(line: &str) -> Option<(String, [f64; 4])> {
    let mut parts = line.trim().split('|');
    let name = parts.next()?.to_owned();
    let figures: Vec<f64> = parts.map(|part| part.parse().unwrap_or(f64::NAN)).collect();
    Some((name, figures.try_into().ok()?))
}

/// Two digits, for the next run differs in the third.
fn shown(figure: f64) -> String {
    match figure {
        none if none.is_nan() => "-".to_owned(),
        tiny if tiny < 0.005 => "< 0.01".to_owned(),
        small if small < 1.0 => format!("{small:.2}"),
        middle if middle < 10.0 => format!("{middle:.1}"),
        large => {
            let unit = 10_f64.powf(large.log10().floor() - 1.0);
            format!("{:.0}", (large / unit).round() * unit)
        }
    }
}

/// What the figures were measured on.
fn machine() -> String {
    let text = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let information = text("/proc/cpuinfo");
    let model =
        information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let kernel = text("/proc/sys/kernel/osrelease");
    format!(
        "{processors} processors ({}), Linux {}",
        model.map_or("unknown", |(_, model)| model.trim()),
        kernel.split('-').next().unwrap_or_default().trim()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_figures_is_read_and_rounded() {
        let (name, figures) = row("a pipe, C|0.5|1.27|-|1234.5").expect("a row");
        assert_eq!(name, "a pipe, C");
        assert_eq!(figures.map(shown), ["0.50", "1.3", "-", "1200"]);
        assert_eq!(shown(0.001), "< 0.01");
        assert!(row("Warming up").is_none());
        assert!(row("too|1|2|3|4|5").is_none());
    }
}
