//! The C ABI: everything that `include/mmf.h` declares, and no logic of its own.
//!
//! The naming law:
//!
//! * One noun, one file: `mmf_<noun>_<verb>` lives in `<noun>.rs`. A map has so many verbs that they
//!   are in several files: `create.rs` (named and anonymous maps), `file_map.rs` (maps of files),
//!   `map.rs` (the handle and its end), `info.rs`, `permissions.rs`, `bytes.rs` and `save.rs`.
//! * Types end in `_t`, constants begin with `MMF_`, those of an enumeration with its noun.
//! * `16` at the very end of a function's name, or of a type's before `_t`: the same with UTF-16 text
//!   instead of UTF-8.
//! * Inputs first, then the outputs, which are called `out_*` and written only on success, then
//!   `out_error`, which is written only on failure.
//! * `_get` fills a structure, `_close` and `_release` end a handle, `_free` gives memory back.
//!
//! Five files are plumbing: `boundary.rs` (what happens to a failure or a panic), `pointer.rs` (every
//! cast), `number.rs` (numbers that C gave), `structure.rs` (structures that begin with their size) and
//! `handle.rs` (the table behind the handles). `build.rs` writes the header from the comments here, so
//! they speak to the C programmer.

#![allow(unsafe_code, reason = "this is where C's pointers come in")]
#![allow(non_camel_case_types, reason = "the types have the names that C sees")]
#![allow(clippy::missing_safety_doc, reason = "the header says once what every pointer must be")]
#![allow(missing_docs, reason = "tests/header.rs asks for a comment on every item of the header")]

mod boundary;
mod buffer;
mod bytes;
mod constants;
mod content;
mod create;
mod describe;
mod error;
mod file_map;
mod handle;
mod info;
mod list;
mod lock;
mod map;
mod map_options;
mod number;
mod permissions;
mod pointer;
mod save;
mod status;
mod structure;
mod text;
mod text_options;
mod version;
mod view;
mod watch;

pub use buffer::*;
pub use bytes::*;
pub use constants::*;
pub use content::*;
pub use create::*;
pub use describe::*;
pub use error::*;
pub use file_map::*;
pub use info::*;
pub use list::*;
pub use lock::*;
pub use map::*;
pub use map_options::*;
pub use permissions::*;
pub use save::*;
pub use status::*;
pub use text::*;
pub use text_options::*;
pub use version::*;
pub use view::*;
pub use watch::*;
