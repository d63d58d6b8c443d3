//! Reading a built library: does it keep what its platform is promised?

use std::collections::BTreeSet;
use std::path::Path;

use object::read::elf::{Dyn, ElfFile, FileHeader, SectionHeader};
use object::read::macho::{LoadCommandVariant, MachHeader, MachOFile};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile};
use object::{Architecture, FileKind, Object, elf, macho, pe};
use sha2::{Digest, Sha256};

use crate::Result;
use crate::library::{self, GLIBC, MACOS};
use crate::rid::Platform;
use crate::workspace;

/// The size that none of them reaches.
const SIZE: usize = 1 << 20;

/// Everything that is wrong with a library, in sentences; none if it is as promised.
pub(crate) fn faults(platform: &Platform, file: &Path) -> Result<Vec<String>> {
    let bytes = std::fs::read(file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let found = read(&bytes).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut faults = found.faults(platform);
    if bytes.len() >= SIZE {
        faults.push(format!("it has {} bytes; less than {SIZE} were promised", bytes.len()));
    }
    let private = library::private_paths().into_iter().map(|(path, _)| path);
    let private = private.chain(std::env::home_dir()).map(|path| path.display().to_string());
    for path in private.filter(|path| path.len() > 1) {
        if bytes.windows(path.len()).any(|window| window == path.as_bytes()) {
            faults.push(format!("the path {path} of this machine is inside"));
        }
    }
    let wanted = declared()?;
    let exported: BTreeSet<String> = found.exports.iter().cloned().collect();
    for name in wanted.difference(&exported) {
        faults.push(format!("it does not export {name}, which the header declares"));
    }
    for name in exported.difference(&wanted) {
        faults.push(format!("it exports {name}, which the header does not declare"));
    }
    Ok(faults)
}

/// The functions that the header declares.
pub(crate) fn declared() -> Result<BTreeSet<String>> {
    let file = workspace::root().join("include/mmf.h");
    let header = std::fs::read_to_string(&file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    Ok(functions(&header))
}

/// The names in front of the parameters of a header's declarations.
fn functions(header: &str) -> BTreeSet<String> {
    let mut code = String::new();
    let mut rest = header;
    // Comments speak of functions, too.
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    let lines: Vec<&str> =
        code.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let code = lines.join("\n");
    code.match_indices('(')
        .filter_map(|(at, _)| {
            code[..at].trim_end().split(|c: char| !c.is_alphanumeric() && c != '_').next_back()
        })
        .filter(|name| name.starts_with("mmf_"))
        .map(str::to_owned)
        .collect()
}

/// What is read from a library.
#[derive(Debug, Default)]
struct Found {
    architecture: Option<Architecture>,
    /// SONAME, install name, or the name in the export table.
    name: String,
    needed: Vec<String>,
    exports: Vec<String>,
    /// The newest version of the C library that a symbol asks for.
    glibc: Option<(u32, u32)>,
    /// The oldest system it says it runs on.
    system: Option<(u32, u32)>,
    /// Local symbols or debugging data are left in it.
    symbols: bool,
    /// Code signature flags, on a Mac.
    signature: Option<u32>,
}

impl Found {
    fn faults(&self, platform: &Platform) -> Vec<String> {
        let mut faults = Vec::new();
        let architecture = match platform.rid.rsplit('-').next() {
            Some("x64") => Architecture::X86_64,
            Some("x86") => Architecture::I386,
            _ => Architecture::Aarch64,
        };
        if self.architecture != Some(architecture) {
            faults.push(format!("it is for {:?}, not {architecture:?}", self.architecture));
        }
        let major = env!("CARGO_PKG_VERSION_MAJOR");
        let name = if platform.is_windows() {
            "mmf.dll".to_owned()
        } else if platform.is_mac() {
            format!("@rpath/libmmf.{major}.dylib")
        } else {
            format!("libmmf.so.{major}")
        };
        if self.name != name {
            faults.push(format!("it calls itself '{}', not {name}", self.name));
        }
        for library in &self.needed {
            if !allowed(platform).contains(&library.to_ascii_lowercase().as_str()) {
                faults.push(format!("it needs {library}, which is not part of every system"));
            }
        }
        if self.symbols {
            faults.push("it is not stripped".to_owned());
        }
        if !platform.is_windows()
            && !platform.is_mac()
            && !platform.is_musl()
            && self.glibc.is_none()
        {
            faults.push("no symbol of it says which C library it needs".to_owned());
        }
        if let Some(version) = self.glibc
            && (platform.is_musl() || version > GLIBC)
        {
            faults.push(format!("it needs glibc {}.{}", version.0, version.1));
        }
        let system = if platform.is_windows() {
            Some((10, 0))
        } else if platform.is_mac() {
            let (major, minor) = MACOS.split_once('.').unwrap_or((MACOS, "0"));
            major.parse().ok().zip(minor.parse().ok())
        } else {
            None
        };
        if self.system != system {
            faults.push(format!("its oldest system is {:?}, not {system:?}", self.system));
        }
        if platform.rid == "osx-arm64"
            && self.signature.is_none_or(|flags| flags & SIGNED_AD_HOC == 0)
        {
            faults.push("it is not signed ad hoc, so that no Mac would load it".to_owned());
        }
        faults
    }
}

/// `CS_ADHOC` of Apple's code signing.
const SIGNED_AD_HOC: u32 = 2;

/// The libraries that every system of a kind has, in lower case.
fn allowed(platform: &Platform) -> &'static [&'static str] {
    match platform.rid {
        "linux-x64" => &[
            "libc.so.6",
            "libpthread.so.0",
            "libdl.so.2",
            "librt.so.1",
            "libm.so.6",
            "ld-linux-x86-64.so.2",
        ],
        "linux-arm64" => &[
            "libc.so.6",
            "libpthread.so.0",
            "libdl.so.2",
            "librt.so.1",
            "libm.so.6",
            "ld-linux-aarch64.so.1",
        ],
        // What musl calls itself differs between its own build and Alpine's; both answer to it.
        "linux-musl-x64" | "linux-musl-arm64" => &["libc.so"],
        "osx-x64" | "osx-arm64" => &["/usr/lib/libsystem.b.dylib"],
        _ => &[
            "kernel32.dll",
            "kernelbase.dll",
            "ntdll.dll",
            "advapi32.dll",
            "bcryptprimitives.dll",
            "oleaut32.dll",
            "userenv.dll",
            "ws2_32.dll",
            "msvcrt.dll",
            "api-ms-win-core-synch-l1-2-0.dll",
            "api-ms-win-crt-conio-l1-1-0.dll",
            "api-ms-win-crt-convert-l1-1-0.dll",
            "api-ms-win-crt-environment-l1-1-0.dll",
            "api-ms-win-crt-filesystem-l1-1-0.dll",
            "api-ms-win-crt-heap-l1-1-0.dll",
            "api-ms-win-crt-locale-l1-1-0.dll",
            "api-ms-win-crt-math-l1-1-0.dll",
            "api-ms-win-crt-multibyte-l1-1-0.dll",
            "api-ms-win-crt-private-l1-1-0.dll",
            "api-ms-win-crt-process-l1-1-0.dll",
            "api-ms-win-crt-runtime-l1-1-0.dll",
            "api-ms-win-crt-stdio-l1-1-0.dll",
            "api-ms-win-crt-string-l1-1-0.dll",
            "api-ms-win-crt-time-l1-1-0.dll",
            "api-ms-win-crt-utility-l1-1-0.dll",
        ],
    }
}

fn read(bytes: &[u8]) -> std::result::Result<Found, String> {
    let kind = FileKind::parse(bytes).map_err(|error| error.to_string())?;
    let found = match kind {
        FileKind::Elf64 => read_elf::<elf::FileHeader64<object::Endianness>>(bytes),
        FileKind::MachO64 => read_macho(bytes),
        FileKind::Pe32 => read_pe::<pe::ImageNtHeaders32>(bytes),
        FileKind::Pe64 => read_pe::<pe::ImageNtHeaders64>(bytes),
        other => return Err(format!("no library: {other:?}")),
    };
    found.map_err(|error| error.to_string())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An exported name; a bare number is none of ours.
fn exported(name: object::NameOrOrdinal<&[u8]>) -> String {
    match name {
        object::NameOrOrdinal::Name(name) => text(name),
        object::NameOrOrdinal::Ordinal(number) => format!("number {number}"),
    }
}

fn read_elf<H: FileHeader<Endian = object::Endianness>>(bytes: &[u8]) -> object::Result<Found> {
    let file = ElfFile::<H>::parse(bytes)?;
    let endian = file.endian();
    let sections = file.elf_section_table();
    let mut found = Found { architecture: Some(file.architecture()), ..Found::default() };
    if let Some((entries, strings)) = sections.dynamic(endian, bytes)? {
        let strings = sections.strings(endian, bytes, strings)?;
        for entry in entries {
            let tag = entry.tag(endian);
            let name = || entry.val32(endian).map(|at| strings.get(at));
            if tag == elf::DT_NEEDED
                && let Some(Ok(name)) = name()
            {
                found.needed.push(text(name));
            }
            if tag == elf::DT_SONAME
                && let Some(Ok(name)) = name()
            {
                found.name = text(name);
            }
        }
    }
    found.symbols = sections.iter().any(|section| {
        section.sh_type(endian) == elf::SHT_SYMTAB
            || sections.section_name(endian, section).is_ok_and(|name| name.starts_with(b".debug"))
    });
    for symbol in file.exports()? {
        found.exports.push(exported(symbol?.name()));
    }
    if let Some(versions) = sections.versions(endian, bytes)? {
        for index in 0..u16::MAX {
            // The indices are dense; past the last one there is an error.
            let Ok(version) = versions.version(elf::VersionIndex(index)) else { break };
            if let Some(version) = version {
                found.glibc = found.glibc.max(glibc(&text(version.name())));
            }
        }
    }
    Ok(found)
}

/// `GLIBC_2.17` as numbers.
fn glibc(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.strip_prefix("GLIBC_")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn read_macho(bytes: &[u8]) -> object::Result<Found> {
    let file = MachOFile::<macho::MachHeader64<object::Endianness>>::parse(bytes)?;
    let endian = file.endian();
    let header = file.macho_header();
    let mut found = Found { architecture: Some(file.architecture()), ..Found::default() };
    let mut commands = header.load_commands(endian, bytes, 0)?;
    while let Some(command) = commands.next()? {
        match command.variant()? {
            LoadCommandVariant::IdDylib(id) => {
                found.name = text(command.string(endian, id.dylib.name)?);
            }
            LoadCommandVariant::Dylib(dylib) => {
                found.needed.push(text(command.string(endian, dylib.dylib.name)?));
            }
            LoadCommandVariant::BuildVersion(version, _) => {
                let oldest = version.minos.get(endian).0;
                found.system = Some((oldest >> 16, oldest >> 8 & 0xff));
            }
            LoadCommandVariant::LinkeditData(data) if command.cmd() == macho::LC_CODE_SIGNATURE => {
                found.signature = signature(bytes, data.dataoff.get(endian) as usize);
            }
            _ => {}
        }
    }
    for export in file.exports()? {
        let name = exported(export?.name());
        found.exports.push(name.strip_prefix('_').unwrap_or(&name).to_owned());
    }
    found.symbols = has_local_symbols(&file);
    Ok(found)
}

/// Symbols that are neither imported nor exported.
fn has_local_symbols<'a>(file: &impl Object<'a>) -> bool {
    use object::ObjectSymbol;
    file.symbols().any(|symbol| symbol.is_local() && !symbol.is_undefined())
}

/// The flags of the code directory in a signature, if the bytes are those that were signed. Its
/// numbers are big-endian on all machines.
fn signature(bytes: &[u8], at: usize) -> Option<u32> {
    const CODE_DIRECTORY: u32 = 0xfade_0c02;
    const SHA256: (u8, u8) = (32, 2);
    let number = |at: usize| {
        let four = bytes.get(at..at + 4)?;
        Some(u32::from_be_bytes(four.try_into().ok()?))
    };
    let blobs = number(at + 8)? as usize;
    let start = (0..blobs.min(16)).find_map(|blob| {
        let start = at + number(at + 16 + 8 * blob)? as usize;
        (number(start)? == CODE_DIRECTORY).then_some(start)
    })?;
    let (hashes, count) = (start + number(start + 16)? as usize, number(start + 28)? as usize);
    let signed = bytes.get(..number(start + 32)? as usize)?;
    if (*bytes.get(start + 36)?, *bytes.get(start + 37)?) != SHA256 {
        return None;
    }
    let pages = signed.chunks(1 << bytes.get(start + 39)?);
    let right = pages.len() == count
        && pages.enumerate().all(|(index, page)| {
            let from = hashes + 32 * index;
            bytes.get(from..from + 32) == Some(Sha256::digest(page).as_slice())
        });
    if right { number(start + 12) } else { None }
}

fn read_pe<H: ImageNtHeaders>(bytes: &[u8]) -> object::Result<Found> {
    let file = PeFile::<H>::parse(bytes)?;
    let optional = file.nt_headers().optional_header();
    let mut found = Found { architecture: Some(file.architecture()), ..Found::default() };
    found.system = Some((
        optional.major_subsystem_version().into(),
        optional.minor_subsystem_version().into(),
    ));
    if let Some(table) = file.import_table()? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            found.needed.push(text(table.name(descriptor.name.get(object::LittleEndian))?));
        }
    }
    if let Some(table) = file.export_table()? {
        found.name = dll_name(&file, table.directory().name.get(object::LittleEndian));
        for export in table.exports()? {
            found.exports.push(export.name.map(text).unwrap_or_default());
        }
    }
    let coff = file.nt_headers().file_header();
    found.symbols = coff.number_of_symbols.get(object::LittleEndian) > 0;
    Ok(found)
}

/// The zero-terminated string at an address of the image.
fn dll_name<H: ImageNtHeaders>(file: &PeFile<'_, H>, address: u32) -> String {
    let data = file.section_table().pe_data_at(file.data(), address).unwrap_or_default();
    text(data.split(|&byte| byte == 0).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rid;

    #[test]
    fn functions_are_read_from_declarations_and_not_from_comments() {
        let header = "/* See mmf_b(). */\n#define MMF_X(y) mmf_z(y)\nmmf_status_t mmf_a(mmf_map_t map,\n    int mode);\n\
                      typedef struct mmf_map_t { int id; } mmf_map_t;\nvoid mmf_text_free (mmf_text_t text);";
        assert_eq!(functions(header).into_iter().collect::<Vec<_>>(), ["mmf_a", "mmf_text_free"]);
    }

    #[test]
    fn every_fault_is_named() {
        let linux =
            rid::ALL.iter().find(|platform| platform.rid == "linux-x64").expect("it is there");
        let good = || Found {
            architecture: Some(Architecture::X86_64),
            name: format!("libmmf.so.{}", env!("CARGO_PKG_VERSION_MAJOR")),
            needed: vec!["libc.so.6".to_owned()],
            glibc: Some((2, 17)),
            ..Found::default()
        };
        assert_eq!(good().faults(linux), Vec::<String>::new());
        let faults = [
            Found { architecture: Some(Architecture::I386), ..good() },
            Found { name: String::new(), ..good() },
            Found { needed: vec!["libgcc_s.so.1".to_owned()], ..good() },
            Found { glibc: Some((2, 18)), ..good() },
            Found { glibc: None, ..good() },
            Found { symbols: true, ..good() },
            Found { system: Some((10, 0)), ..good() },
        ];
        for fault in faults {
            assert_eq!(fault.faults(linux).len(), 1, "{fault:?}");
        }
        let mac =
            rid::ALL.iter().find(|platform| platform.rid == "osx-arm64").expect("it is there");
        let signed = || Found {
            architecture: Some(Architecture::Aarch64),
            name: format!("@rpath/libmmf.{}.dylib", env!("CARGO_PKG_VERSION_MAJOR")),
            system: Some((11, 0)),
            signature: Some(0x2_0002),
            ..Found::default()
        };
        assert_eq!(signed().faults(mac), Vec::<String>::new());
        assert_eq!(Found { signature: None, ..signed() }.faults(mac).len(), 1);
        assert_eq!(Found { system: Some((15, 0)), ..signed() }.faults(mac).len(), 1);
    }
}
