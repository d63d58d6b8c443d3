//! Text becomes bytes.

use super::encoding::Encoding;

impl Encoding {
    /// The length of the text in bytes in this encoding.
    pub(super) fn length_of(self, text: &str) -> u64 {
        let units = match self.unit() {
            1 => text.len(),
            2 => text.encode_utf16().count(),
            _ => text.chars().count(),
        };
        (units as u64).saturating_mul(self.unit())
    }

    /// Adds the text in this encoding. The caller has reserved memory for [`Encoding::length_of`] bytes.
    pub(super) fn encode(self, text: &str, to: &mut Vec<u8>) {
        match self {
            Encoding::Utf8 | Encoding::Utf8Mark => to.extend_from_slice(text.as_bytes()),
            Encoding::Utf16Le => {
                text.encode_utf16().for_each(|unit| to.extend_from_slice(&unit.to_le_bytes()));
            }
            Encoding::Utf16Be => {
                text.encode_utf16().for_each(|unit| to.extend_from_slice(&unit.to_be_bytes()));
            }
            Encoding::Utf32Le => {
                text.chars().for_each(|c| to.extend_from_slice(&u32::from(c).to_le_bytes()));
            }
            Encoding::Utf32Be => {
                text.chars().for_each(|c| to.extend_from_slice(&u32::from(c).to_be_bytes()));
            }
        }
    }
}
