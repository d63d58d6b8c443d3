//! Changing the content: replacing and appending.
//!
//! A process can be killed at any moment. It then leaves a beginning of the old text or of the new
//! one: the old text is cleared from its end to its start, and the new one is written from its
//! start to its end. The system ends a process only between pages when it does the writing. There
//! the first page changes from old to new in one write, so a text within that page is replaced
//! completely or not at all.

use std::borrow::Cow;
use std::collections::TryReserveError;

use super::encoding::Encoding;
use super::extent;
use super::options::TextOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::lock_mode::LockMode;
use crate::map::Map;
use crate::os::Change;

/// The page size of every system is a multiple of this.
const PAGE: usize = 4096;

/// The data to write, in an encoding that is only known after a look at the map.
enum Payload<'a> {
    Text { separator: &'a str, text: &'a str },
    Bytes { separator: &'a [u8], bytes: &'a [u8] },
}

/// What stands before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    Nothing,
    Mark,
    Separator,
}

impl Payload<'_> {
    fn lead_length(&self, encoding: Encoding, lead: Lead) -> u64 {
        match (lead, self) {
            (Lead::Nothing, _) | (Lead::Mark, Payload::Bytes { .. }) => 0,
            (Lead::Mark, Payload::Text { .. }) => encoding.mark().len() as u64,
            (Lead::Separator, Payload::Text { separator, .. }) => encoding.length_of(separator),
            (Lead::Separator, Payload::Bytes { separator, .. }) => separator.len() as u64,
        }
    }

    fn length(&self, encoding: Encoding, lead: Lead) -> u64 {
        let own = match self {
            Payload::Text { text, .. } => encoding.length_of(text),
            Payload::Bytes { bytes, .. } => bytes.len() as u64,
        };
        self.lead_length(encoding, lead).saturating_add(own)
    }

    /// The bytes, as many as [`Payload::length`] says.
    fn bytes(
        &self,
        encoding: Encoding,
        lead: Lead,
    ) -> std::result::Result<Cow<'_, [u8]>, TryReserveError> {
        let alone = self.lead_length(encoding, lead) == 0;
        match self {
            Payload::Text { text, .. } if alone && encoding.unit() == 1 => {
                return Ok(text.as_bytes().into());
            }
            Payload::Bytes { bytes, .. } if alone => return Ok((*bytes).into()),
            _ => {}
        }
        let mut all = Vec::new();
        let length = usize::try_from(self.length(encoding, lead)).unwrap_or(usize::MAX);
        all.try_reserve_exact(length)?;
        match self {
            Payload::Text { separator, text } => {
                match lead {
                    Lead::Nothing => {}
                    Lead::Mark => all.extend_from_slice(encoding.mark()),
                    Lead::Separator => encoding.encode(separator, &mut all),
                }
                encoding.encode(text, &mut all);
            }
            Payload::Bytes { separator, bytes } => {
                all.extend_from_slice(separator);
                all.extend_from_slice(bytes);
            }
        }
        Ok(all.into())
    }
}

impl Map {
    /// Replaces the content with a text.
    ///
    /// # Errors
    /// [`ErrorKind::TooLong`] if the text does not fit, [`ErrorKind::NoSpace`] if the map's memory
    /// was not reserved and there is not enough. The old content is then unchanged.
    /// [`ErrorKind::AccessDenied`], [`ErrorKind::ReadOnlyMap`], [`ErrorKind::Timeout`],
    /// [`ErrorKind::Truncated`].
    ///
    /// # Example
    /// ```
    /// use mmf::{MapOptions, TextOptions};
    ///
    /// let map = MapOptions::new().create_anonymous(16)?;
    /// let options = TextOptions::default();
    /// map.replace_text_with("a longer text", &options)?;
    /// map.replace_text_with("short", &options)?;
    /// assert_eq!(map.read_text_with(&options)?, "short");
    /// let too_long = "x".repeat(map.capacity() as usize + 1);
    /// assert!(map.replace_text_with(&too_long, &options).is_err());
    /// assert_eq!(map.read_text_with(&options)?, "short");
    /// # Ok::<(), mmf::Error>(())
    /// ```
    pub fn replace_text_with(&self, text: &str, options: &TextOptions<'_>) -> Result<()> {
        self.replace(&Payload::Text { separator: "", text }, options)
    }

    /// Replaces the content with bytes, unchanged.
    ///
    /// # Errors
    /// As [`Map::replace_text`].
    pub fn replace_bytes_with(&self, bytes: &[u8], options: &TextOptions<'_>) -> Result<()> {
        self.replace(&Payload::Bytes { separator: b"", bytes }, options)
    }

    /// Appends a text to the content, after the separator if there is content. If the map begins
    /// with a byte order mark, the text gets the encoding of that mark.
    ///
    /// # Errors
    /// As [`Map::replace_text`].
    pub fn append_text_with(&self, text: &str, options: &TextOptions<'_>) -> Result<()> {
        let separator = options.separator_text()?;
        self.append(&Payload::Text { separator, text }, options)
    }

    /// Appends bytes to the content, unchanged, after the separator if there is content.
    ///
    /// # Errors
    /// As [`Map::replace_text`].
    pub fn append_bytes_with(&self, bytes: &[u8], options: &TextOptions<'_>) -> Result<()> {
        // Only a mark in the map decides whether bytes form larger units; the encoding of the
        // options does not.
        let options = options.clone().encoding(Encoding::Utf8);
        self.append(&Payload::Bytes { separator: options.separator, bytes }, &options)
    }

    fn replace(&self, payload: &Payload<'_>, options: &TextOptions<'_>) -> Result<()> {
        self.check_writable()?;
        let length = payload.length(options.encoding, Lead::Mark);
        // Encoded before the lock is taken, so that others need not wait for it.
        let bytes = (length <= self.capacity())
            .then(|| payload.bytes(options.encoding, Lead::Mark))
            .transpose()
            .map_err(|_| self.too_much_to_write(length))?;
        self.changing(options, |change| {
            let Some(bytes) = &bytes else { return Err(self.too_long(length)) };
            // Always searched: bytes that were stored through a view must be cleared, too.
            change.look()?;
            let old = extent::all_seen(&self.object)?;
            let whole = if self.object.writes_whole_pages() { PAGE } else { 0 };
            // A single write sees to the room for it itself. After more, nothing may fail for want of it.
            let single = length.max(old.end) <= whole as u64;
            if !single {
                self.object.make_room(0..length)?;
                extent::clear_down(&self.object, change, &old, whole as u64)?;
            }

            let head = bytes.len().min(whole);
            let cleared = head.max(old.end.min(whole as u64) as usize);
            if cleared > 0 {
                // On this thread's stack: a page fault in other memory could end the copy in the
                // middle of the page.
                let mut page = [0; PAGE];
                page[..head].copy_from_slice(&bytes[..head]);
                if single {
                    change.rewrite(0, &page[..cleared])?;
                } else {
                    change.write(0, &page[..cleared])?;
                }
            }
            if bytes.len() > head {
                change.write(head as u64, &bytes[head..])?;
            }
            Ok(extent::end_of(bytes))
        })
    }

    /// Appends to the content. A byte order mark alone is not content, so no separator follows it.
    fn append(&self, payload: &Payload<'_>, options: &TextOptions<'_>) -> Result<()> {
        self.check_writable()?;
        self.changing(options, |change| {
            let known = change.known_end();
            let head = extent::Head::read(&self.object, known)?;
            if let Some(end) = known
                && let Some(end) = self.append_at(payload, options, change, &head, end, true)?
            {
                return Ok(end);
            }
            let end = extent::all(&self.object)?.end;
            let done = self.append_at(payload, options, change, &head, end, false)?;
            Ok(done.unwrap_or(end))
        })
    }

    /// Appends at the end of the content, and returns the new end. Returns nothing if `doubted` and
    /// there are bytes after the end: bytes that were stored through a view must not be
    /// overwritten.
    fn append_at(
        &self,
        payload: &Payload<'_>,
        options: &TextOptions<'_>,
        change: &Change<'_>,
        head: &extent::Head,
        end: u64,
        doubted: bool,
    ) -> Result<Option<u64>> {
        let mark = match head.mark() {
            // A mark of UTF-32 and a mark of UTF-16 followed by cleared memory look the same: the
            // caller's encoding decides.
            Some(Encoding::Utf32Le) if end == 2 && options.encoding != Encoding::Utf32Le => {
                Some(Encoding::Utf16Le)
            }
            mark => mark,
        };
        let encoding = mark.unwrap_or(options.encoding);
        let marked = mark.map_or(0, |encoding| encoding.mark().len() as u64);
        let lead = match mark {
            _ if end > marked => Lead::Separator,
            Some(_) => Lead::Nothing,
            None => Lead::Mark,
        };
        let start = end.max(marked).next_multiple_of(encoding.unit());
        let length = payload.length(encoding, lead);
        let to = start.saturating_add(length);
        if doubted {
            // Whether the text fits is known only when the end is certain. If bytes are copied
            // through a view, the memory must be reserved before it is touched, even for reading.
            let room = to <= self.capacity()
                && (self.object.writes_whole_pages() || self.object.make_room(start..to).is_ok());
            if !room || !head.is_end(&self.object, end, to)? {
                return Ok(None);
            }
        } else if to > self.capacity() {
            return Err(self.too_long(to));
        }
        let bytes = payload.bytes(encoding, lead).map_err(|_| self.too_much_to_write(length))?;
        if doubted {
            change.rewrite(start, &bytes)?;
        } else {
            change.write(start, &bytes)?;
        }
        Ok(Some(match extent::end_of(&bytes) {
            0 => end,
            last => start + last,
        }))
    }

    /// Changes the content under its lock. `work` returns the new end.
    fn changing(
        &self,
        options: &TextOptions<'_>,
        work: impl FnOnce(&Change<'_>) -> Result<u64>,
    ) -> Result<()> {
        self.with_lock(LockMode::Exclusive, options, |lock| {
            let change = self.object.change(lock.guard())?;
            let end = work(&change)?;
            change.finish(end);
            Ok(())
        })
    }

    fn too_much_to_write(&self, length: u64) -> Error {
        Error::new(
            ErrorKind::NoSpace,
            format!(
                "This process does not have enough memory to write {length} bytes to {}: write them in parts.",
                self.shown_inside()
            ),
        )
    }

    fn too_long(&self, needed: u64) -> Error {
        let capacity = self.capacity();
        Error::new(
            ErrorKind::TooLong,
            format!(
                "{} has {capacity} bytes; the text needs {needed}. Create it with a size of {needed} or more.",
                self.shown()
            ),
        )
    }
}
