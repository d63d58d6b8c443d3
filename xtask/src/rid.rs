//! The platforms that packages have a library for, by .NET's runtime identifier.

use crate::error::{Result, unavailable};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Platform {
    pub(crate) rid: &'static str,
    /// Rust's name of the platform.
    pub(crate) triple: &'static str,
}

pub(crate) const ALL: [Platform; 9] = [
    Platform { rid: "linux-x64", triple: "x86_64-unknown-linux-gnu" },
    Platform { rid: "linux-arm64", triple: "aarch64-unknown-linux-gnu" },
    Platform { rid: "linux-musl-x64", triple: "x86_64-unknown-linux-musl" },
    Platform { rid: "linux-musl-arm64", triple: "aarch64-unknown-linux-musl" },
    Platform { rid: "win-x64", triple: "x86_64-pc-windows-gnu" },
    Platform { rid: "win-x86", triple: "i686-pc-windows-gnu" },
    Platform { rid: "win-arm64", triple: "aarch64-pc-windows-gnullvm" },
    Platform { rid: "osx-x64", triple: "x86_64-apple-darwin" },
    Platform { rid: "osx-arm64", triple: "aarch64-apple-darwin" },
];

impl Platform {
    /// The file name of the shared library. Its own name has the major version; linkers look for one without version.
    pub(crate) fn library(&self, version: Option<&str>) -> String {
        let version = version.map_or(String::new(), |version| format!(".{version}"));
        if self.is_windows() {
            "mmf.dll".to_owned()
        } else if self.is_mac() {
            format!("libmmf{version}.dylib")
        } else {
            format!("libmmf.so{version}")
        }
    }

    /// The path of the shared library in .NET packages. On Windows, `Mmf.dll` and `mmf.dll` would be the same file.
    pub(crate) fn path_for_dotnet(&self) -> String {
        let name = self.library(None).replace("mmf.dll", "mmf-native.dll");
        format!("runtimes/{}/native/{name}", self.rid)
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

pub(crate) fn host() -> Result<Platform> {
    let system = match std::env::consts::OS {
        "windows" => "win",
        "macos" => "osx",
        _ if cfg!(target_env = "musl") => "linux-musl",
        _ => "linux",
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    named(&format!("{system}-{processor}"))
}

pub(crate) fn named(rid: &str) -> Result<Platform> {
    match ALL.into_iter().find(|platform| platform.rid == rid) {
        Some(platform) => Ok(platform),
        None => unavailable(format!("there is no library for the runtime identifier {rid}")),
    }
}
