//! Writes `include/mmf.h` from the comments and signatures in `src/ffi`.
//!
//! Only with the feature `header`, and only in a checkout, where the header is committed and has to
//! follow the code. In a package it is what it was when the package was made.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "header")]
    header::write();
}

#[cfg(feature = "header")]
mod header {
    use std::env;
    use std::fs;
    use std::path::Path;
    use std::process::exit;

    /// The files in the order in which the header presents their types and functions.
    const FILES: [&str; 21] = [
        "status.rs",
        "describe.rs",
        "error.rs",
        "buffer.rs",
        "constants.rs",
        "map_options.rs",
        "text_options.rs",
        "version.rs",
        "create.rs",
        "file_map.rs",
        "map.rs",
        "info.rs",
        "permissions.rs",
        "bytes.rs",
        "save.rs",
        "text.rs",
        "content.rs",
        "lock.rs",
        "view.rs",
        "watch.rs",
        "list.rs",
    ];

    pub(crate) fn write() {
        println!("cargo::rerun-if-changed=cbindgen.toml");
        println!("cargo::rerun-if-changed=src/ffi");
        println!("cargo::rerun-if-changed=include/mmf.h");

        let root = env::var("CARGO_MANIFEST_DIR").expect("Cargo sets CARGO_MANIFEST_DIR");
        let root = Path::new(&root);
        // Cargo leaves this file in every package, and nobody else makes one.
        if root.join("Cargo.toml.orig").exists() {
            return;
        }
        if let Err(reason) = write_to(root) {
            println!("cargo::error=include/mmf.h could not be written: {reason}");
            exit(1);
        }
    }

    fn write_to(root: &Path) -> Result<(), String> {
        let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
        let version = env::var("CARGO_PKG_VERSION").map_err(|error| error.to_string())?;
        let macros = config.after_includes.get_or_insert_default();
        *macros = macros.replace("@VERSION@", &version);
        for (place, number) in ["@MAJOR@", "@MINOR@", "@PATCH@"].into_iter().zip(version.split('.'))
        {
            *macros = macros.replace(place, number);
        }

        let mut builder = cbindgen::Builder::new().with_config(config);
        for file in FILES {
            builder = builder.with_src(root.join("src/ffi").join(file));
        }
        let mut text = Vec::new();
        builder.generate().map_err(|error| error.to_string())?.write(&mut text);

        let header = root.join("include/mmf.h");
        // Left alone if nothing changed, so that nobody who includes it is compiled again.
        if fs::read(&header).is_ok_and(|old| old == text) {
            return Ok(());
        }
        let new = fs::create_dir_all(root.join("include")).and_then(|()| fs::write(&header, text));
        new.map_err(|error| error.to_string())
    }
}
