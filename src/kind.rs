//! The kinds of maps.

/// The kind of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Kind {
    /// Memory with a name.
    Named = 1,
    /// The bytes of a file.
    File = 2,
    /// The bytes of a file, with a name.
    NamedFile = 3,
    /// Memory without a name.
    Anonymous = 4,
}
