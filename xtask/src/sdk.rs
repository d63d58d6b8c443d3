//! What a C or C++ program is built with: headers, libraries, pkg-config and CMake files.

use std::path::Path;
use std::process::Command;

use crate::error::{Result, wrong};
use crate::files;
use crate::library::{self, Libraries};
use crate::module;
use crate::process;
use crate::rid::Platform;
use crate::workspace::{self, MAJOR, VERSION};

/// Lays the SDK of a platform into a new folder, which stands for the prefix, with the libraries in a folder
/// below it: `lib` but for systems that have several. Without a prefix that is written down the files find
/// each other by their own place.
pub(crate) fn lay_out(
    folder: &Path,
    platform: &Platform,
    libraries: &Libraries,
    lib: &str,
    prefix: Option<&str>,
) -> Result {
    files::remove(folder)?;
    let root = workspace::root();
    for header in ["mmf.h", "mmf.hpp"] {
        files::copy(&root.join("include").join(header), &folder.join("include").join(header))?;
    }
    let documents = folder.join("share/doc/mmf");
    for text in ["README.md", "CHANGELOG.md"] {
        files::copy(&root.join(text), &documents.join(text))?;
    }
    module::copy_notices(&documents)?;
    let libdir = folder.join(lib);
    files::copy(&libraries.fixed, &libdir.join("libmmf.a"))?;
    let shared = shared(platform, lib);
    files::copy(&libraries.shared, &folder.join(&shared))?;
    if platform.is_windows() {
        import_libraries(platform, &libdir)?;
    } else {
        let short = platform.library(Some(MAJOR));
        link(&platform.library(Some(VERSION)), &libdir.join(&short))?;
        link(&short, &libdir.join(platform.library(None)))?;
    }
    let values = values(platform, &shared, lib, prefix);
    for file in [
        "pkgconfig/mmf.pc",
        "pkgconfig/mmf-static.pc",
        "cmake/mmf/mmf-config.cmake",
        "cmake/mmf/mmf-config-version.cmake",
    ] {
        let file = libdir.join(file);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut text = fs_err::read_to_string(root.join(format!("sdk/{name}.in")))?;
        for (name, value) in &values {
            text = text.replace(name, value);
        }
        if let Some((_, rest)) = text.split_once('@') {
            let line = rest.lines().next().unwrap_or_default();
            return wrong(format!("sdk/{name}.in: nobody fills @{line}"));
        }
        files::write(&file, &text)?;
    }
    Ok(())
}

/// The path of the shared library below the prefix.
pub(crate) fn shared(platform: &Platform, lib: &str) -> String {
    // On Windows beside the programs, where it looks for it.
    let folder = if platform.is_windows() { "bin" } else { lib };
    format!("{folder}/{}", platform.library(Some(VERSION)))
}

/// The system's libraries that the static library needs beside what every C program has.
fn static_libraries(rid: &str) -> Vec<&'static str> {
    let names = if rid == "win-arm64" {
        // Built optimized only, and zig has no import library for the others.
        "advapi32 kernel32 ntdll userenv ws2_32 ole32 oleaut32"
    } else if rid.starts_with("win-") {
        // From `ole32` on: what named-lock's error type can do, and nobody calls here. An optimized
        // library has dropped all but a little of it.
        "advapi32 kernel32 ntdll userenv ws2_32 ole32 oleaut32 propsys runtimeobject"
    } else if rid.starts_with("osx-") || rid.contains("musl") {
        ""
    } else {
        "pthread dl rt m"
    };
    names.split_whitespace().collect()
}

/// The flags by which a linker takes them.
pub(crate) fn static_flags(rid: &str) -> String {
    let flags: Vec<_> = static_libraries(rid).iter().map(|name| format!("-l{name}")).collect();
    flags.join(" ")
}

/// What the templates name.
fn values(
    platform: &Platform,
    shared: &str,
    lib: &str,
    prefix: Option<&str>,
) -> [(&'static str, String); 9] {
    let libraries = static_libraries(platform.rid);
    // From `<libdir>/pkgconfig` up to the prefix.
    let up = vec![".."; Path::new(lib).components().count() + 1].join("/");
    let prefix = match prefix {
        // As pkg-config itself writes the folder that it finds by its own place.
        Some(prefix) => prefix.replace(' ', "\\ "),
        None => format!("${{pcfiledir}}/{up}"),
    };
    let pointer = if platform.rid.ends_with("x86") { "4" } else { "8" };
    [
        ("@PREFIX@", prefix),
        ("@LIBDIR@", lib.to_owned()),
        ("@VERSION@", VERSION.to_owned()),
        ("@MAJOR@", MAJOR.to_owned()),
        ("@POINTER@", pointer.to_owned()),
        ("@UP@", up),
        ("@SHARED@", shared.to_owned()),
        ("@STATIC_LIBRARIES@", libraries.join(";")),
        ("@STATIC_FLAGS@", static_flags(platform.rid)),
    ]
}

/// The import library of the DLL, made from the header's functions; its two names are one format,
/// which the linkers of MSVC, LLVM and GNU all read.
fn import_libraries(platform: &Platform, libdir: &Path) -> Result {
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
    #[cfg(unix)]
    fs_err::os::unix::fs::symlink(target, path)?;
    if !cfg!(unix) {
        let path = path.display();
        return wrong(format!("{path}: links, here to {target}, are made on Unix alone"));
    }
    Ok(())
}
