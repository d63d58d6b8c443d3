//! The SDK for C and C++: headers, libraries, pkg-config and CMake files.

use std::path::Path;
use std::process::Command;

use crate::error::{Result, fail};
use crate::library::{self, Libraries};
use crate::rid::Platform;
use crate::{files, module, process, workspace};

/// Builds the SDK of a platform in a new folder, with the libraries in the subfolder `lib`. With a prefix, the files
/// contain that path; without one, they find each other by their own place.
pub(crate) fn lay_out(
    folder: &Path,
    libraries: &Libraries,
    lib: &str,
    prefix: Option<&str>,
) -> Result {
    let platform = libraries.platform;
    files::remove(folder)?;
    let root = workspace::root();
    for header in ["include/mmf.h", "include/mmf.hpp"] {
        files::copy(&root.join(header), &folder.join(header))?;
    }
    let documents = folder.join("share/doc/mmf");
    for text in ["README.md", "CHANGELOG.md"] {
        files::copy(&root.join(text), &documents.join(text))?;
    }
    module::copy_notices(&documents)?;
    let libdir = folder.join(lib);
    files::copy(&libraries.archive, &libdir.join("libmmf.a"))?;
    let shared = shared(platform, lib);
    files::copy(&libraries.shared, &folder.join(&shared))?;
    if platform.is_windows() {
        import_libraries(platform, &libdir)?;
    } else {
        let short = platform.library(Some(workspace::MAJOR));
        link(&platform.library(Some(workspace::VERSION)), &libdir.join(&short))?;
        link(&short, &libdir.join(platform.library(None)))?;
    }
    let values = values(platform, &shared, lib, prefix);
    for (subfolder, name) in [
        ("pkgconfig", "mmf.pc"),
        ("pkgconfig", "mmf-static.pc"),
        ("cmake/mmf", "mmf-config.cmake"),
        ("cmake/mmf", "mmf-config-version.cmake"),
    ] {
        let mut text = fs_err::read_to_string(root.join(format!("sdk/{name}.in")))?;
        for (placeholder, value) in &values {
            text = text.replace(placeholder, value);
        }
        if let Some((_, rest)) = text.split_once('@') {
            let line = rest.lines().next().unwrap_or_default();
            return fail(format!("sdk/{name}.in has an unknown placeholder: @{line}"));
        }
        files::write(&libdir.join(subfolder).join(name), &text)?;
    }
    Ok(())
}

pub(crate) fn shared(platform: Platform, lib: &str) -> String {
    // Windows looks for DLLs beside the programs.
    let folder = if platform.is_windows() { "bin" } else { lib };
    format!("{folder}/{}", platform.library(Some(workspace::VERSION)))
}

/// The system libraries that the static library needs in addition to those of every C program.
fn static_libraries(rid: &str) -> &'static str {
    if rid == "win-arm64" {
        // The library is always optimized, and zig has no import library for propsys and runtimeobject.
        "advapi32 kernel32 ntdll userenv ws2_32 ole32 oleaut32"
    } else if rid.starts_with("win-") {
        // From `ole32` on, only the error type of named-lock needs them; an optimized library needs few of them.
        "advapi32 kernel32 ntdll userenv ws2_32 ole32 oleaut32 propsys runtimeobject"
    } else if rid.starts_with("osx-") || rid.contains("musl") {
        ""
    } else {
        "pthread dl rt m"
    }
}

pub(crate) fn static_flags(rid: &str) -> String {
    let names = static_libraries(rid).split_whitespace();
    names.map(|name| format!("-l{name}")).collect::<Vec<_>>().join(" ")
}

/// The placeholders of the templates, and their values.
fn values(
    platform: Platform,
    shared: &str,
    lib: &str,
    prefix: Option<&str>,
) -> [(&'static str, String); 9] {
    // From `<libdir>/pkgconfig` up to the prefix.
    let up = vec![".."; Path::new(lib).components().count() + 1].join("/");
    let prefix = match prefix {
        // pkg-config escapes spaces in the same way.
        Some(prefix) => prefix.replace(' ', "\\ "),
        None => format!("${{pcfiledir}}/{up}"),
    };
    let pointer = if platform.rid.ends_with("x86") { "4" } else { "8" };
    [
        ("@PREFIX@", prefix),
        ("@LIBDIR@", lib.to_owned()),
        ("@VERSION@", workspace::VERSION.to_owned()),
        ("@MAJOR@", workspace::MAJOR.to_owned()),
        ("@POINTER@", pointer.to_owned()),
        ("@UP@", up),
        ("@SHARED@", shared.to_owned()),
        ("@STATIC_LIBRARIES@", static_libraries(platform.rid).replace(' ', ";")),
        ("@STATIC_FLAGS@", static_flags(platform.rid)),
    ]
}

/// Makes the import library of the DLL from the functions in the header. The linkers of MSVC, LLVM and GNU look for
/// different names, but all read the same format.
fn import_libraries(platform: Platform, libdir: &Path) -> Result {
    let machine = match platform.rid {
        "win-x64" => "i386:x86-64",
        "win-x86" => "i386",
        _ => "arm64",
    };
    let library = libdir.join("mmf.lib");
    let mut command = Command::new(library::import_tool()?);
    command.args(["-m", machine, "-d"]).arg(library::definition()?).arg("-l").arg(&library);
    process::run(&mut command)?;
    files::copy(&library, &libdir.join("libmmf.dll.a"))
}

fn link(target: &str, path: &Path) -> Result {
    process::run(Command::new("ln").args(["-s", target]).arg(path)).map(drop)
}
