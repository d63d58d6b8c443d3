//! `cargo bench --bench library`: what the library costs over the system calls that it makes. The
//! measuring is done by a C program that links the library, as users do.

use std::path::Path;
use std::process::{Command, exit};

fn main() {
    if !cfg!(target_os = "linux") {
        println!("NOT RUN: library benchmark: its peer makes Linux system calls");
        return;
    }
    // Cargo runs tests with `--test` and benchmarks with `--bench`: only the latter measures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = std::env::current_exe().expect("this program's path");
    let libraries = own.parent().expect("a folder");
    let program = own.with_extension("peer");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let compiled = Command::new(&compiler)
        .args(["-O2", "-Wall", "-Wextra", "-o"])
        .arg(&program)
        .arg(root.join("benches/library.c"))
        .arg("-I")
        .arg(root.join("include"))
        .arg("-L")
        .arg(libraries)
        .arg(format!("-Wl,-rpath,{}", libraries.display()))
        .arg("-lmmf")
        .status();
    match compiled {
        Ok(status) if status.success() => {}
        Ok(status) => exit(status.code().unwrap_or(1)),
        Err(error) => {
            println!("NOT RUN: library benchmark: {compiler}: {error}");
            return;
        }
    }
    let measured = Command::new(&program).status().expect("run the benchmark");
    exit(measured.code().unwrap_or(1));
}
