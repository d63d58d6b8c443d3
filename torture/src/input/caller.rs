//! A thread that makes calls: it creates the arguments, and checks every result.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use mmf::ErrorKind;
use mmf::ffi::*;

use super::calls::{CALLS, WEIGHTS};
use super::pool::Pool;
use super::source::Source;
use super::{Answers, violation};

/// The byte that fills memory that a call must not change.
const UNTOUCHED: u8 = 0xA5;

pub(crate) struct Caller<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) pool: &'a Pool,
    answers: Answers,
    /// Handles that have been closed.
    closed: [u64; 4],
}

/// Bytes that a call may read, with the pointer and the length to pass.
pub(crate) struct Bytes {
    bytes: Vec<u8>,
    null: bool,
    length: usize,
}

impl Bytes {
    pub(crate) fn data(&self) -> *const c_char {
        if self.null { ptr::null() } else { self.bytes.as_ptr().cast() }
    }

    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

/// Like [`Bytes`], in UTF-16; possibly at an odd address.
pub(crate) struct Units {
    bytes: Vec<u8>,
    start: usize,
    null: bool,
    length: usize,
}

impl Units {
    pub(crate) fn data(&self) -> *const u16 {
        if self.null { ptr::null() } else { self.bytes[self.start..].as_ptr().cast() }
    }

    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

impl<'a> Caller<'a> {
    pub(crate) fn new(source: Source<'a>, pool: &'a Pool) -> Caller<'a> {
        Caller { source, pool, answers: Answers::new(), closed: [0; 4] }
    }

    /// Makes one call.
    pub(crate) fn call(&mut self) {
        // Calls are only added at the end, so that the inputs of the corpus keep their meaning.
        let mut at = usize::from(self.source.byte()) % WEIGHTS;
        for (weight, call) in CALLS {
            match at.checked_sub(*weight) {
                Some(rest) => at = rest,
                None => return call(self),
            }
        }
    }

    pub(crate) fn finish(self) -> Answers {
        self.answers
    }

    pub(crate) fn source(self) -> Source<'a> {
        self.source
    }

    pub(crate) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Calls a function, and checks everything that the header says about its result. `None` if it
    /// failed.
    pub(crate) fn call_checked<T>(
        &mut self,
        function: &'static str,
        call: impl FnOnce(*mut T, *mut mmf_error_t) -> mmf_status_t,
    ) -> Option<T> {
        self.call_into(function, untouched(), call)
    }

    /// Like [`Caller::call_checked`], for a result that begins with its size. The size is mostly right;
    /// the result is returned only if it is.
    pub(crate) fn call_sized<T>(
        &mut self,
        function: &'static str,
        call: impl FnOnce(*mut T, *mut mmf_error_t) -> mmf_status_t,
    ) -> Option<T> {
        let right = size_of::<T>() as u32;
        let size = if self.source.one_in(16) { self.source.pick(&[0, 4, 5, 8]) } else { right };
        let mut out = untouched::<T>();
        // SAFETY: the structure is larger than its first field.
        unsafe { out.as_mut_ptr().cast::<u32>().write_unaligned(size) };
        self.call_into(function, out, call).filter(|_| size == right)
    }

    fn call_into<T>(
        &mut self,
        function: &'static str,
        mut out: MaybeUninit<T>,
        call: impl FnOnce(*mut T, *mut mmf_error_t) -> mmf_status_t,
    ) -> Option<T> {
        let before = bytes_of(&out).to_vec();
        let mut error = untouched::<mmf_error_t>();
        let no_out = size_of::<T>() > 0 && self.source.one_in(64);
        let no_error = self.source.one_in(8);
        let status = call(
            if no_out { ptr::null_mut() } else { out.as_mut_ptr() },
            if no_error { ptr::null_mut() } else { error.as_mut_ptr() },
        ) as i32;
        *self.answers.entry((function, status)).or_default() += 1;
        let found = |what: &str| -> ! { violation(&format!("{function} {what}")) };
        if status == 0 {
            if no_out {
                found("succeeded without a pointer for its result");
            }
            if !is_untouched(&error) {
                found("wrote an error although it succeeded");
            }
            // SAFETY: a successful call fills it.
            return Some(unsafe { out.assume_init() });
        }
        if bytes_of(&out) != before {
            found("wrote its result although it failed");
        }
        let Some(known) = ErrorKind::from_number(status) else {
            found(&format!("returned {status}, which is not a status"));
        };
        if !no_error && !is_untouched(&error) {
            // SAFETY: any bytes are a valid value of this structure.
            let error = unsafe { error.assume_init_ref() };
            let length = error.message_length as usize;
            // SAFETY: the array has this many bytes.
            let message = unsafe {
                std::slice::from_raw_parts(error.message.as_ptr().cast::<u8>(), error.message.len())
            };
            let text = std::str::from_utf8(&message[..length.min(message.len())]);
            let whole = length > 20 && length < message.len() && message[length] == 0;
            let cut = length >= message.len() - 4;
            match text {
                Ok(text) if whole && (cut || text.ends_with('.')) && error.status == status => {
                    if known == ErrorKind::Internal {
                        found(&format!("failed: {text}"));
                    }
                }
                other => found(&format!("wrote an invalid error: {status} {other:?}")),
            }
        } else if !no_error && function != "mmf_status_describe" && function != "mmf_version_get" {
            found(&format!("failed with {status} and wrote no error"));
        } else if known == ErrorKind::Internal {
            found("failed with an internal error");
        }
        None
    }

    // Handles

    fn handle(&mut self, own: &[AtomicU64], others: [&AtomicU64; 2]) -> u64 {
        match self.source.below(32) {
            0 => 0,
            1 => self.source.wide(),
            2 => {
                let at = self.source.below(own.len());
                let bit = self.source.below(64);
                // Never an open handle of the pool: a changed bit of the generation can only refer to another one.
                own[at].load(Ordering::Relaxed) ^ 1 << bit
            }
            3 => others[self.source.below(2)].load(Ordering::Relaxed),
            4 => self.source.pick(&self.closed),
            5 => self.source.pick(&[1, u64::MAX, 1 << 56, 1 << 32]),
            _ => own[self.source.below(own.len())].load(Ordering::Relaxed),
        }
    }

    pub(crate) fn map(&mut self) -> mmf_map_t {
        let pool = self.pool;
        mmf_map_t { id: self.handle(&pool.maps, [&pool.views[0], &pool.locks[0]]) }
    }

    pub(crate) fn view(&mut self) -> mmf_view_t {
        let pool = self.pool;
        mmf_view_t { id: self.handle(&pool.views, [&pool.maps[0], &pool.locks[0]]) }
    }

    pub(crate) fn lock(&mut self) -> mmf_lock_t {
        let pool = self.pool;
        mmf_lock_t { id: self.handle(&pool.locks, [&pool.maps[0], &pool.views[0]]) }
    }

    pub(crate) fn watch(&mut self) -> mmf_watch_t {
        let pool = self.pool;
        mmf_watch_t { id: self.handle(&pool.watches, [&pool.maps[0], &pool.locks[0]]) }
    }

    pub(crate) fn remember(&mut self, closed: u64) {
        let at = self.source.below(self.closed.len());
        self.closed[at] = closed;
    }

    // Numbers

    pub(crate) fn capacity(&mut self) -> i64 {
        match self.source.below(16) {
            0 => self.source.pick(&[0, -1, i64::MIN, i64::MAX, 1 << 47, 1 << 40, 1 << 62]),
            1 => self.source.pick(&[4_095, 4_096, 4_097, 65_536, 65_537, 1 << 20]),
            2 => self.source.wide() as i64,
            _ => 1 + self.source.below(256) as i64,
        }
    }

    /// An offset or a size.
    pub(crate) fn number(&mut self) -> i64 {
        match self.source.below(16) {
            0 => self.source.pick(&[-1, i64::MIN, i64::MAX, i64::MAX - 1, 1 << 32, 1 << 31]),
            1 => self.source.pick(&[4_095, 4_096, 4_097, 65_535, 65_536]),
            2 => self.source.wide() as i64,
            3 => 0,
            _ => self.source.below(256) as i64,
        }
    }

    /// A value of an enumeration, or an adjacent one.
    pub(crate) fn of_enumeration(&mut self, most: i32) -> i32 {
        match self.source.below(32) {
            0 => self.source.pick(&[-1, most + 1, i32::MIN, i32::MAX]),
            1 => self.source.wide() as i32,
            _ => self.source.below(most as usize + 1) as i32,
        }
    }

    // Text

    /// Bytes that may be text: valid, truncated, mixed, or invalid.
    fn raw_text(&mut self) -> Vec<u8> {
        const PIECES: [&[u8]; 16] = [
            b"text",
            b"a",
            b"\r\n",
            b"\0",
            b"",
            b" ",
            "ä€".as_bytes(),
            "😀".as_bytes(),
            b"\xEF\xBB\xBF",
            b"\xFF\xFE",
            b"\xFE\xFF",
            b"\xFF",
            b"\xC3",
            b"\xED\xA0\x80",
            b"%s%n",
            "\u{2019}".as_bytes(),
        ];
        let mut text = Vec::new();
        // Mostly valid text.
        let pieces = if self.source.one_in(8) { PIECES.len() } else { 8 };
        for _ in 0..self.source.below(6) {
            let piece = PIECES[self.source.below(pieces)];
            text.extend_from_slice(piece);
        }
        if self.source.one_in(64) {
            text = text.repeat(1 + self.source.below(256) * 16);
        }
        text
    }

    pub(crate) fn bytes(&mut self) -> Bytes {
        let bytes = self.raw_text();
        self.with_length(bytes)
    }

    fn with_length(&mut self, mut bytes: Vec<u8>) -> Bytes {
        let length = bytes.len();
        // A NUL-terminated length always finds a NUL.
        bytes.push(0);
        match self.source.below(64) {
            0 => Bytes { bytes, null: true, length: 0 },
            1 => Bytes { bytes, null: true, length: usize::MAX },
            2 => Bytes { bytes, null: true, length: self.source.byte() as usize },
            3 => Bytes { bytes, null: false, length: usize::MAX - 1 },
            4 => Bytes { bytes, null: false, length: isize::MAX as usize + 1 },
            5..=12 => Bytes { bytes, null: false, length: usize::MAX },
            _ => Bytes { bytes, null: false, length },
        }
    }

    pub(crate) fn units(&mut self) -> Units {
        let bytes = self.raw_text();
        let wild = self.source.one_in(32);
        self.units_of(&bytes, wild)
    }

    fn units_of(&mut self, bytes: &[u8], wild: bool) -> Units {
        let mut units: Vec<u16> = String::from_utf8_lossy(bytes).encode_utf16().collect();
        if wild {
            units.push(self.source.pick(&[0xD800, 0xDC00, 0xFFFF, 0xFEFF]));
        }
        let length = units.len();
        units.push(0);
        let odd = usize::from(self.source.one_in(64));
        // One aligned text, whatever the allocator does, and an unaligned one after it.
        let mut bytes = vec![0; units.len() * 2 + 3];
        let start = bytes.as_ptr().align_offset(2) + odd;
        for (at, unit) in units.iter().enumerate() {
            bytes[start + at * 2..][..2].copy_from_slice(&unit.to_ne_bytes());
        }
        let (null, length) = match self.source.below(64) {
            0 => (true, 0),
            1 => (true, usize::MAX),
            2 => (true, 3),
            3 => (false, usize::MAX - 1),
            4 => (false, usize::MAX / 2 + 1),
            5..=12 => (false, usize::MAX),
            _ => (false, length),
        };
        Units { bytes, start, null, length }
    }

    /// Few names, so that threads use the same ones; some mean the same map, some are invalid.
    fn raw_name(&mut self) -> Vec<u8> {
        let prefix = self.pool.prefix.as_bytes();
        let number = b'0' + self.source.below(5) as u8;
        let mut name = Vec::new();
        match self.source.below(32) {
            0 => name.extend_from_slice(b"Local\\"),
            1 => name.extend_from_slice(b"Global\\"),
            2 => name.extend_from_slice(b"Session\\1\\"),
            _ => {}
        }
        match self.source.below(64) {
            0 => {}
            1 => name.extend_from_slice(self.source.pick(&[b"." as &[u8], b"..", b"/", b"\\"])),
            2 => name.extend_from_slice(&[b"mmf-in-a/b-" as &[u8], prefix].concat()),
            3 => name.extend_from_slice(&[prefix, &[b'x'; 300]].concat()),
            4 => name.extend_from_slice(&[prefix, "\u{2019}\u{1}".as_bytes()].concat()),
            5 => name.extend_from_slice(&[prefix, b"\xFF"].concat()),
            6 => name.extend_from_slice(&[prefix, b"\0x"].concat()),
            _ => name.extend_from_slice(&[prefix, b"-", &[number]].concat()),
        }
        name
    }

    pub(crate) fn name(&mut self) -> Bytes {
        let name = self.raw_name();
        self.with_length(name)
    }

    pub(crate) fn name16(&mut self) -> Units {
        let name = self.raw_name();
        self.units_of(&name, false)
    }

    fn raw_path(&mut self) -> Vec<u8> {
        let folder = self.pool.folder.path().to_string_lossy().into_owned();
        let number = self.source.below(4);
        let path = match self.source.below(32) {
            0 => folder,
            1 => format!("{folder}/no/such/folder"),
            2 => String::new(),
            3 => format!("{folder}/{}", "x".repeat(300)),
            4 => format!("{folder}/a\0b"),
            5 => "/dev/null".to_owned(),
            6 => "/proc/self/mem/x".to_owned(),
            7 => "\u{FFFD}?*".repeat(2_000),
            _ => format!("{folder}/file{number}"),
        };
        path.into_bytes()
    }

    pub(crate) fn path(&mut self) -> Bytes {
        let path = self.raw_path();
        self.with_length(path)
    }

    pub(crate) fn path16(&mut self) -> Units {
        let path = self.raw_path();
        self.units_of(&path, false)
    }

    // Options

    pub(crate) fn map_options(&mut self) -> Option<mmf_map_options_t> {
        if self.source.below(4) > 0 {
            return None;
        }
        let mut options = mmf_map_options_t::default();
        match self.source.below(16) {
            0 => options.struct_size = self.source.pick(&[0, 1, 4, 8]),
            1 => options.rights = self.source.wide() as i32,
            2 => options.rights = self.source.pick(&[1, 2, 4, 6, 8, 12, 14, 983_055, 1 << 24]),
            3 => options.allocation = self.source.pick(&[1, -1, i32::MAX]),
            4 => options.inheritability = self.of_enumeration(1),
            5 => options.mode = self.source.pick(&[0o600, 0o660, 0o666, 0, -2, 0o777, 0o4600]),
            6 => options.uid = self.source.pick(&[0, 65_534, -2, i64::MAX, 1 << 32]),
            7 => options.gid = self.source.pick(&[0, 65_534, -2, i64::MIN, 1 << 32]),
            8 => {
                // A text that is never freed.
                let text: &[u8] = self.source.pick(&[b"D:\0" as &[u8], b"\xFF\0", b"\0"]);
                options.sddl = text.as_ptr().cast();
                options.sddl_length = self.source.pick(&[usize::MAX, 0, 1]);
            }
            9 => options.wait_ms = self.source.pick(&[1, -2, i64::MIN]),
            10 => options.allocation = mmf_allocation_t::MMF_ALLOCATION_DELAYED as i32,
            _ => options.access = self.of_enumeration(5),
        }
        Some(options)
    }

    pub(crate) fn text_options(&mut self) -> Option<mmf_text_options_t> {
        if !self.pool.locking && self.source.below(4) > 0 {
            return None;
        }
        let mut options = mmf_text_options_t { timeout_ms: 1, ..Default::default() };
        match self.source.below(16) {
            0 => options.struct_size = self.source.pick(&[0, 1, 4, 8]),
            1 => options.timeout_ms = self.source.pick(&[0, -2, i64::MIN, 2]),
            2 => {
                options.separator = ptr::null();
                options.separator_length = self.source.pick(&[0, 1, usize::MAX]);
            }
            3 => {
                let text: &[u8] = self.source.pick(&[b", \0" as &[u8], b"\xFF\0", b"\0", b"\n\0"]);
                options.separator = text.as_ptr().cast();
                options.separator_length = self.source.pick(&[usize::MAX, 0, 1]);
            }
            4..=8 => options.encoding = self.of_enumeration(5),
            _ if self.pool.locking => options.lock = self.lock(),
            _ => {}
        }
        Some(options)
    }

    pub(crate) fn save_options(&mut self) -> Option<mmf_save_options_t> {
        let mut options = mmf_save_options_t::default();
        match self.source.below(8) {
            0 => options.struct_size = self.source.pick(&[0, 1, 4, 8]),
            1 => options.keep_existing = self.of_enumeration(1),
            2 => options.force = self.of_enumeration(1),
            3 => {
                options.ending = c"\xFF".as_ptr();
                options.ending_length = self.source.pick(&[usize::MAX, 0, 1]);
            }
            4 => return None,
            _ => {}
        }
        options.part = self.of_enumeration(2);
        Some(options)
    }
}

/// A pointer to the options, or NULL.
pub(crate) fn pointer<T>(options: &Option<T>) -> *const T {
    options.as_ref().map_or(ptr::null(), ptr::from_ref)
}

fn untouched<T>() -> MaybeUninit<T> {
    let mut place = MaybeUninit::<T>::uninit();
    // SAFETY: the value has its own size.
    unsafe { ptr::write_bytes(place.as_mut_ptr(), UNTOUCHED, 1) };
    place
}

/// The bytes of a value that [`untouched`] made.
fn bytes_of<T>(place: &MaybeUninit<T>) -> &[u8] {
    // SAFETY: every byte was written.
    unsafe { std::slice::from_raw_parts(place.as_ptr().cast::<u8>(), size_of::<T>()) }
}

fn is_untouched<T>(place: &MaybeUninit<T>) -> bool {
    bytes_of(place).iter().all(|byte| *byte == UNTOUCHED)
}
