//! The encodings of text, and the marks they are known by.

/// The encoding of a map's content. The numbers are those of the C header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Encoding {
    /// UTF-8 without a byte order mark, which every program can read.
    #[default]
    Utf8 = 0,
    /// UTF-8 with a byte order mark.
    Utf8Mark = 1,
    /// UTF-16, little-endian, with a byte order mark.
    Utf16Le = 2,
    /// UTF-16, big-endian, with a byte order mark.
    Utf16Be = 3,
    /// UTF-32, little-endian, with a byte order mark.
    Utf32Le = 4,
    /// UTF-32, big-endian, with a byte order mark.
    Utf32Be = 5,
}

impl Encoding {
    /// Every encoding, in the order of their numbers.
    pub const ALL: [Encoding; 6] = [
        Encoding::Utf8,
        Encoding::Utf8Mark,
        Encoding::Utf16Le,
        Encoding::Utf16Be,
        Encoding::Utf32Le,
        Encoding::Utf32Be,
    ];

    /// The byte order mark that content in this encoding begins with.
    pub fn mark(self) -> &'static [u8] {
        match self {
            Encoding::Utf8 => b"",
            Encoding::Utf8Mark => b"\xEF\xBB\xBF",
            Encoding::Utf16Le => b"\xFF\xFE",
            Encoding::Utf16Be => b"\xFE\xFF",
            Encoding::Utf32Le => b"\xFF\xFE\0\0",
            Encoding::Utf32Be => b"\0\0\xFE\xFF",
        }
    }

    /// The encoding whose mark the bytes begin with. The longest mark is checked first, because the
    /// mark of UTF-32 begins with that of UTF-16. The two bytes after the mark of UTF-16 can be NUL
    /// in a cleared map, so the mark of UTF-32 needs all of its four bytes.
    pub(super) fn of_mark(bytes: &[u8]) -> Option<Encoding> {
        [
            Encoding::Utf8Mark,
            Encoding::Utf32Be,
            Encoding::Utf32Le,
            Encoding::Utf16Le,
            Encoding::Utf16Be,
        ]
        .into_iter()
        .find(|encoding| bytes.starts_with(encoding.mark()))
    }

    /// Bytes in a code unit.
    pub(super) fn unit(self) -> u64 {
        match self {
            Encoding::Utf8 | Encoding::Utf8Mark => 1,
            Encoding::Utf16Le | Encoding::Utf16Be => 2,
            Encoding::Utf32Le | Encoding::Utf32Be => 4,
        }
    }
}
