//! What a C or C++ program is built with: headers, libraries, pkg-config and CMake files.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::library::{self, Libraries};
use crate::module;
use crate::process;
use crate::rid::Platform;
use crate::workspace;

/// One file of the SDK, at its place below the prefix.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    /// The bytes of a file.
    File {
        source: PathBuf,
        executable: bool,
    },
    Text(String),
    /// A symbolic link to a file in the same folder.
    Link(String),
}

/// Where the files are going to lie.
pub(crate) struct Layout {
    /// Below the prefix; `lib` but for systems that have several.
    pub(crate) libdir: String,
    /// The prefix that is written down; `None`: the files find it by their own place.
    pub(crate) prefix: Option<String>,
}

impl Layout {
    /// Files that may be moved.
    pub(crate) fn movable() -> Layout {
        Layout { libdir: "lib".to_owned(), prefix: None }
    }
}

/// All files of the SDK of a platform.
pub(crate) fn entries(
    platform: &Platform,
    libraries: &Libraries,
    layout: &Layout,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let root = workspace::root();
    let mut file = |path: String, source: PathBuf, executable: bool| {
        entries.push(Entry { path: path.into(), content: Content::File { source, executable } });
    };
    for header in ["mmf.h", "mmf.hpp"] {
        file(format!("include/{header}"), root.join("include").join(header), false);
    }
    for text in ["README.md", "CHANGELOG.md"].into_iter().chain(module::NOTICES) {
        file(format!("share/doc/mmf/{text}"), root.join(text), false);
    }
    let libdir = &layout.libdir;
    let names = Names::of(platform, libdir);
    file(names.shared.clone(), libraries.shared.clone(), true);
    file(names.fixed.clone(), libraries.fixed.clone(), false);
    if let Some((path, msvc)) = &names.import {
        let folder = libraries.shared.parent().unwrap_or(Path::new("."));
        file(path.clone(), import_library(platform, folder, "libmmf.dll.a")?, false);
        file(msvc.clone(), import_library(platform, folder, "mmf.lib")?, false);
    }
    for (path, target) in &names.links {
        entries.push(Entry { path: path.into(), content: Content::Link(target.clone()) });
    }
    for (template, folder) in [
        ("mmf.pc", "pkgconfig"),
        ("mmf-static.pc", "pkgconfig"),
        ("mmf-config.cmake", "cmake/mmf"),
        ("mmf-config-version.cmake", "cmake/mmf"),
    ] {
        let source = root.join("sdk").join(format!("{template}.in"));
        let text = std::fs::read_to_string(&source)
            .map_err(|error| format!("{} cannot be read: {error}", source.display()))?;
        let path = PathBuf::from(format!("{libdir}/{folder}/{template}"));
        let text = fill(&text, platform, &names, layout);
        if let Some(at) = text.find('@') {
            let line = text[at..].lines().next().unwrap_or_default();
            return Err(format!("{}: nobody fills {line}", source.display()));
        }
        entries.push(Entry { path, content: Content::Text(text) });
    }
    Ok(entries)
}

/// The paths of the libraries below the prefix.
struct Names {
    shared: String,
    fixed: String,
    links: Vec<(String, String)>,
    /// For MinGW and for MSVC.
    import: Option<(String, String)>,
}

impl Names {
    fn of(platform: &Platform, libdir: &str) -> Names {
        let version = env!("CARGO_PKG_VERSION");
        let major = env!("CARGO_PKG_VERSION_MAJOR");
        let fixed = format!("{libdir}/libmmf.a");
        if platform.is_windows() {
            let import = (format!("{libdir}/libmmf.dll.a"), format!("{libdir}/mmf.lib"));
            return Names {
                shared: "bin/mmf.dll".to_owned(),
                fixed,
                links: Vec::new(),
                import: Some(import),
            };
        }
        let (whole, short, plain) = if platform.is_mac() {
            (format!("libmmf.{version}.dylib"), format!("libmmf.{major}.dylib"), "libmmf.dylib")
        } else {
            (format!("libmmf.so.{version}"), format!("libmmf.so.{major}"), "libmmf.so")
        };
        Names {
            shared: format!("{libdir}/{whole}"),
            fixed,
            links: vec![(format!("{libdir}/{short}"), whole), (format!("{libdir}/{plain}"), short)],
            import: None,
        }
    }
}

/// The system's libraries that the static library needs beside what every C program has.
pub(crate) fn static_libraries(rid: &str) -> &'static [&'static str] {
    if rid == "win-arm64" {
        // Built optimized only, and zig has no import library for the others.
        &["advapi32", "kernel32", "ntdll", "userenv", "ws2_32", "ole32", "oleaut32"]
    } else if rid.starts_with("win-") {
        // From `ole32` on: what named-lock's error type can do, and nobody calls here. An optimized
        // library has dropped all but a little of it.
        &[
            "advapi32",
            "kernel32",
            "ntdll",
            "userenv",
            "ws2_32",
            "ole32",
            "oleaut32",
            "propsys",
            "runtimeobject",
        ]
    } else if rid.starts_with("osx-") || rid.contains("musl") {
        &[]
    } else {
        &["pthread", "dl", "rt", "m"]
    }
}

fn fill(template: &str, platform: &Platform, names: &Names, layout: &Layout) -> String {
    let libraries = static_libraries(platform.rid);
    // From `<libdir>/cmake/mmf` up to the prefix.
    let deep = layout.libdir.split('/').filter(|part| !part.is_empty()).count();
    let up = vec![".."; deep + 2].join("/");
    let up_from_pkgconfig = vec![".."; deep + 1].join("/");
    let prefix = match &layout.prefix {
        // As pkg-config itself writes the folder that it finds by its own place.
        Some(prefix) => prefix.replace(' ', "\\ "),
        None => format!("${{pcfiledir}}/{up_from_pkgconfig}"),
    };
    let extra = match &names.import {
        Some((mingw, msvc)) => format!(
            "  if(MSVC)\n    set_target_properties(mmf::mmf PROPERTIES IMPORTED_IMPLIB \"${{_mmf_prefix}}/{msvc}\")\n  \
             else()\n    set_target_properties(mmf::mmf PROPERTIES IMPORTED_IMPLIB \"${{_mmf_prefix}}/{mingw}\")\n  endif()\n"
        ),
        None => String::new(),
    };
    let mut text = template.to_owned();
    for (name, value) in [
        ("@PREFIX@", prefix),
        ("@LIBDIR@", format!("${{prefix}}/{}", layout.libdir)),
        ("@VERSION@", env!("CARGO_PKG_VERSION").to_owned()),
        ("@MAJOR@", env!("CARGO_PKG_VERSION_MAJOR").to_owned()),
        ("@POINTER@", if platform.rid.ends_with("x86") { "4" } else { "8" }.to_owned()),
        ("@UP@", up),
        ("@SHARED@", format!("${{_mmf_prefix}}/{}", names.shared)),
        ("@SHARED_EXTRA@", extra),
        ("@STATIC@", format!("${{_mmf_prefix}}/{}", names.fixed)),
        ("@STATIC_LIBRARIES@", libraries.join(";")),
        (
            "@STATIC_FLAGS@",
            libraries.iter().map(|name| format!("-l{name}")).collect::<Vec<_>>().join(" "),
        ),
    ] {
        text = text.replace(name, &value);
    }
    text
}

/// The import library of a DLL, made from the header's functions; its two names are one format,
/// which the linkers of MSVC, LLVM and GNU all read.
fn import_library(platform: &Platform, folder: &Path, name: &str) -> Result<PathBuf> {
    let machine = match platform.rid {
        "win-x64" => "i386:x86-64",
        "win-x86" => "i386",
        _ => "arm64",
    };
    let tool = library::import_tool()?;
    let definition = library::definition()?;
    let library = folder.join(name);
    process::run(
        Command::new(tool).args(["-m", machine, "-d"]).arg(&definition).arg("-l").arg(&library),
    )?;
    Ok(library)
}
