//! The content of a map: its text, from offset 0 up to the last byte that is not NUL.
//!
//! Every method takes the content lock itself, unless the caller passes one that it holds.

mod decode;
mod encode;
mod encoding;
pub(crate) mod extent;
mod locked;
mod options;
mod plain;
mod read;
mod utf16;
mod write;

pub use encoding::Encoding;
pub use options::{DEFAULT_SEPARATOR, DEFAULT_TIMEOUT, TextOptions};
