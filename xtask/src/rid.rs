//! The platforms that a package has a library for, by .NET's runtime identifier.

/// What builds a library for a platform from Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builder {
    /// cargo, with the system's own cross linker.
    Cargo,
    /// cargo-zigbuild, whose linker knows old C libraries and other systems.
    Zig,
    /// cargo, with the linker that comes with Rust.
    Lld,
}

/// One platform.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Platform {
    pub(crate) rid: &'static str,
    /// Rust's name of it.
    pub(crate) triple: &'static str,
    pub(crate) builder: Builder,
}

impl Platform {
    /// The library's file name.
    pub(crate) fn library(&self) -> &'static str {
        if self.is_windows() {
            "mmf.dll"
        } else if self.is_mac() {
            "libmmf.dylib"
        } else {
            "libmmf.so"
        }
    }

    /// Its file name beside the .NET assemblies. On Windows `Mmf.dll` and `mmf.dll` are one file.
    pub(crate) fn library_for_dotnet(&self) -> &'static str {
        if self.is_windows() { "mmf-native.dll" } else { self.library() }
    }

    pub(crate) fn is_windows(&self) -> bool {
        self.rid.starts_with("win-")
    }

    pub(crate) fn is_mac(&self) -> bool {
        self.rid.starts_with("osx-")
    }

    pub(crate) fn is_musl(&self) -> bool {
        self.rid.contains("musl")
    }
}

const fn platform(rid: &'static str, triple: &'static str, builder: Builder) -> Platform {
    Platform { rid, triple, builder }
}

/// All of them.
pub(crate) const ALL: [Platform; 9] = [
    platform("linux-x64", "x86_64-unknown-linux-gnu", Builder::Zig),
    platform("linux-arm64", "aarch64-unknown-linux-gnu", Builder::Zig),
    platform("linux-musl-x64", "x86_64-unknown-linux-musl", Builder::Zig),
    platform("linux-musl-arm64", "aarch64-unknown-linux-musl", Builder::Zig),
    platform("win-x64", "x86_64-pc-windows-gnu", Builder::Cargo),
    platform("win-x86", "i686-pc-windows-gnu", Builder::Cargo),
    platform("win-arm64", "aarch64-pc-windows-gnullvm", Builder::Zig),
    platform("osx-x64", "x86_64-apple-darwin", Builder::Lld),
    platform("osx-arm64", "aarch64-apple-darwin", Builder::Lld),
];

/// The one this program was built for.
pub(crate) fn host() -> &'static str {
    let system = if cfg!(windows) {
        "win"
    } else if cfg!(target_os = "macos") {
        "osx"
    } else if cfg!(target_env = "musl") {
        "linux-musl"
    } else {
        "linux"
    };
    let processor = if cfg!(target_arch = "x86_64") {
        "x64"
    } else if cfg!(target_arch = "aarch64") {
        "arm64"
    } else if cfg!(target_arch = "x86") {
        "x86"
    } else {
        std::env::consts::ARCH
    };
    let found = ALL.iter().find(|platform| {
        platform.rid.strip_prefix(system).and_then(|rest| rest.strip_prefix('-')) == Some(processor)
    });
    found.map_or("unknown", |platform| platform.rid)
}

/// The platform of this machine.
pub(crate) fn host_platform() -> crate::Result<&'static Platform> {
    let found = ALL.iter().find(|platform| platform.rid == host());
    found.ok_or_else(|| "There is no runtime identifier for this machine.".to_owned())
}
