//! Inspecting a built library with LLVM's tools.

use std::collections::BTreeSet;
use std::path::Path;

use crate::error::{Result, ensure};
use crate::rid::Platform;
use crate::{library, process, workspace};

/// All libraries are smaller than this.
const SIZE_LIMIT: usize = 1 << 20;

/// Checks that a library is what its package promises. The error lists all faults.
pub(crate) fn check(platform: Platform, file: &Path) -> Result {
    const ALL: &str = "--file-headers --sections --needed-libs --version-info --macho-version-min";
    let mut faults = faults_in(platform, &llvm("readobj", ALL, file)?);
    let (declared, exported) = (declared()?, exports(platform, file)?);
    for name in declared.difference(&exported) {
        faults.push(format!("it does not export {name}, which the header declares"));
    }
    for name in exported.difference(&declared) {
        faults.push(format!("it exports {name}, which the header does not declare"));
    }
    if platform.is_mac() && exported != symbols(file, "--defined-only")? {
        faults.push("it is not stripped".to_owned());
    }
    let mut name = platform.library(Some(workspace::MAJOR));
    if platform.is_mac() {
        name.insert_str(0, "@rpath/");
    }
    if !llvm("objdump", "--private-headers", file)?.split_whitespace().any(|word| word == name) {
        faults.push(format!("its own name is not {name}"));
    }
    let bytes = fs_err::read(file)?;
    if bytes.len() >= SIZE_LIMIT {
        faults.push(format!("it has {} bytes; the limit is {SIZE_LIMIT}", bytes.len()));
    }
    let private = library::private_paths().into_iter().map(|(path, _)| path);
    let private = private.chain(std::env::home_dir()).map(|path| path.display().to_string());
    for path in private.filter(|path| path.len() > 1) {
        if bytes.windows(path.len()).any(|window| window == path.as_bytes()) {
            faults.push(format!("it contains {path}, a path of this machine"));
        }
    }
    ensure(faults.is_empty(), format!("{}: {}", file.display(), faults.join("; ")))
}

fn llvm(tool: &str, arguments: &str, file: &Path) -> Result<String> {
    process::run(process::command(&format!("llvm-{tool} {arguments}")).arg(file))
}

pub(crate) fn exports(platform: Platform, file: &Path) -> Result<BTreeSet<String>> {
    if platform.is_mac() {
        return symbols(file, "--defined-only --extern-only");
    }
    if !platform.is_windows() {
        return symbols(file, "--defined-only --extern-only --dynamic");
    }
    let output = llvm("readobj", "--coff-exports", file)?;
    let names = output.lines().filter_map(|line| line.trim().strip_prefix("Name:"));
    Ok(names.map(|name| name.trim().to_owned()).collect())
}

fn symbols(file: &Path, options: &str) -> Result<BTreeSet<String>> {
    let output = llvm("nm", &format!("--just-symbol-name {options}"), file)?;
    // On macOS, C names begin with an underscore.
    Ok(output.lines().map(|name| name.strip_prefix('_').unwrap_or(name).to_owned()).collect())
}

/// The faults that the output of llvm-readobj shows.
fn faults_in(platform: Platform, output: &str) -> Vec<String> {
    let lines: Vec<&str> = output.lines().map(str::trim).collect();
    let processor = match platform.rid.rsplit('-').next() {
        Some("x64") => "x86_64",
        Some("x86") => "i386",
        _ => "aarch64",
    };
    let mut expected = vec![format!("Arch: {processor}")];
    if platform.is_windows() {
        expected.extend(["MajorSubsystemVersion: 10", "SymbolCount: 0"].map(str::to_owned));
    } else if platform.is_mac() {
        expected.push(format!("Version: {}", library::MACOS));
    }
    let missing = expected.iter().filter(|line| !lines.contains(&line.as_str()));
    let mut faults: Vec<_> = missing.map(|line| format!("it lacks '{line}'")).collect();

    let needed = lines.iter().skip_while(|line| **line != "NeededLibraries [").skip(1);
    for library in needed.take_while(|line| **line != "]") {
        if !is_system_library(platform, &library.to_ascii_lowercase()) {
            faults.push(format!("it needs {library}, which is not part of every system"));
        }
    }
    if lines.iter().any(|line| line.contains("SHT_SYMTAB") || line.starts_with("Name: .debug")) {
        faults.push("it is not stripped".to_owned());
    }
    let glibc = lines.iter().filter_map(|line| glibc(line)).max();
    let uses_glibc = platform.rid.starts_with("linux-") && !platform.is_musl();
    match glibc {
        Some(version) if !uses_glibc || version > library::GLIBC => {
            faults.push(format!("it needs glibc {}.{}", version.0, version.1));
        }
        None if uses_glibc => faults.push("it does not say which glibc it needs".to_owned()),
        _ => {}
    }
    faults
}

fn glibc(line: &str) -> Option<(u32, u32)> {
    let (_, version) = line.split_once("GLIBC_")?;
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Whether every system of a platform has a library, whose name is in lower case.
fn is_system_library(platform: Platform, library: &str) -> bool {
    let names = match platform.rid {
        // The name of musl differs between its own build and Alpine's; both accept this one.
        "linux-musl-x64" | "linux-musl-arm64" => "libc.so",
        "linux-x64" | "linux-arm64" => {
            "libc.so.6 libpthread.so.0 libdl.so.2 librt.so.1 libm.so.6 \
             ld-linux-x86-64.so.2 ld-linux-aarch64.so.1"
        }
        // On macOS, a library also lists itself.
        "osx-x64" | "osx-arm64" => concat!(
            "/usr/lib/libsystem.b.dylib @rpath/libmmf.",
            env!("CARGO_PKG_VERSION_MAJOR"),
            ".dylib"
        ),
        _ if library.starts_with("api-ms-win-crt-") => return true,
        _ => {
            "kernel32.dll kernelbase.dll ntdll.dll advapi32.dll bcryptprimitives.dll oleaut32.dll \
             userenv.dll ws2_32.dll msvcrt.dll api-ms-win-core-synch-l1-2-0.dll"
        }
    };
    names.split_whitespace().any(|name| name == library)
}

/// The functions that the header declares. Only declarations begin with a letter in the first column.
pub(crate) fn declared() -> Result<BTreeSet<String>> {
    let header = fs_err::read_to_string(workspace::root().join("include/mmf.h"))?;
    let declarations = header.lines().filter(|line| line.starts_with(|c: char| c.is_alphabetic()));
    let names = declarations.filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next());
    Ok(names.filter(|name| name.starts_with("mmf_")).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rid;

    #[test]
    fn every_fault_is_found() {
        const LINUX: &str =
            "Arch: x86_64\nNeededLibraries [\n  libc.so.6\n]\n Name: f@GLIBC_2.17\n";
        const WINDOWS: &str = "Arch: i386\nSymbolCount: 0\nMajorSubsystemVersion: 10\n\
                               NeededLibraries [\n  KERNEL32.dll\n  api-ms-win-crt-math-l1-1-0.dll\n]\n";
        const MAC: &str =
            "Arch: aarch64\nNeededLibraries [\n  /usr/lib/libSystem.B.dylib\n]\nVersion: 11.0\n";
        for (rid, good, part, replacement) in [
            ("linux-x64", LINUX, "x86_64", "aarch64"),
            ("linux-x64", LINUX, "libc.so.6", "libgcc_s.so.1"),
            ("linux-x64", LINUX, "GLIBC_2.17", "GLIBC_2.18"),
            ("linux-x64", LINUX, "GLIBC_2.17", "GCC_3.0"),
            ("linux-x64", LINUX, "]", "]\nType: SHT_SYMTAB (0x2)"),
            ("win-x86", WINDOWS, "Count: 0", "Count: 7"),
            ("win-x86", WINDOWS, "Version: 10", "Version: 5"),
            ("win-x86", WINDOWS, "KERNEL32", "libgcc"),
            ("osx-arm64", MAC, "11.0", "15.0"),
            ("osx-arm64", MAC, "libSystem", "libiconv"),
        ] {
            let platform = rid::named(rid).expect("a platform");
            assert_eq!(faults_in(platform, good), Vec::<String>::new());
            let bad = good.replace(part, replacement);
            assert_eq!(faults_in(platform, &bad).len(), 1, "{bad}");
        }
    }
}
