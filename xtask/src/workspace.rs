//! Where things lie in the checkout.

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where everything goes that is built.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Where everything goes that is fetched: `MMF_DOWNLOADS`, which several checkouts may share.
pub(crate) fn downloads() -> PathBuf {
    match std::env::var_os("MMF_DOWNLOADS") {
        Some(folder) => root().join(folder),
        None => target().join("downloads"),
    }
}

/// A path as somebody in the root of the checkout would write it.
pub(crate) fn relative(path: &Path) -> PathBuf {
    path.strip_prefix(root()).unwrap_or(path).to_owned()
}
