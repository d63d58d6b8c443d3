//! One thread that calls: how arguments are made, and what every answer has to be like.

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

/// What memory is filled with that a call must leave alone.
const UNTOUCHED: u8 = 0xA5;

pub(crate) struct Caller<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) pool: &'a Pool,
    answers: Answers,
    /// Handles that were closed.
    closed: [u64; 4],
}

/// Memory that a call may read, and how it is told of it.
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

/// As [`Bytes`], in UTF-16; perhaps at an odd address.
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
        // A call that is added at the end leaves what leads to the others alone.
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

    /// Calls a function and looks at everything that the header promises of any answer. `None`: it
    /// failed.
    pub(crate) fn ask<T>(
        &mut self,
        function: &'static str,
        call: impl FnOnce(*mut T, *mut mmf_error_t) -> mmf_status_t,
    ) -> Option<T> {
        self.ask_into(function, untouched(), call)
    }

    /// As [`Caller::ask`], for a result that begins with its size: mostly the right one, and only
    /// then the result is given.
    pub(crate) fn ask_sized<T>(
        &mut self,
        function: &'static str,
        call: impl FnOnce(*mut T, *mut mmf_error_t) -> mmf_status_t,
    ) -> Option<T> {
        let right = size_of::<T>() as u32;
        let size = if self.source.one_in(16) { self.source.pick(&[0, 4, 5, 8]) } else { right };
        let mut out = untouched::<T>();
        // SAFETY: the place is longer than its first field.
        unsafe { out.as_mut_ptr().cast::<u32>().write_unaligned(size) };
        self.ask_into(function, out, call).filter(|_| size == right)
    }

    fn ask_into<T>(
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
                found("worked without a place for its result");
            }
            if !is_untouched(&error) {
                found("wrote an error though it worked");
            }
            // SAFETY: a call that works fills it.
            return Some(unsafe { out.assume_init() });
        }
        if bytes_of(&out) != before {
            found("wrote its result though it failed");
        }
        let Some(known) = ErrorKind::from_number(status) else {
            found(&format!("gave {status}, which is no status"));
        };
        if !no_error && !is_untouched(&error) {
            // SAFETY: any bytes are a valid value of this structure.
            let error = unsafe { error.assume_init_ref() };
            let length = error.message_length as usize;
            // SAFETY: as many bytes as the array has.
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
                other => found(&format!("has an error that is none: {status} {other:?}")),
            }
        } else if !no_error && function != "mmf_status_describe" && function != "mmf_version_get" {
            found(&format!("failed with {status} and wrote no error"));
        } else if known == ErrorKind::Internal {
            found("failed by a fault of its own");
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
                // Never one that lives: a bit of the generation leads to another one at best.
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

    /// Where in a map, or how many.
    pub(crate) fn number(&mut self) -> i64 {
        match self.source.below(16) {
            0 => self.source.pick(&[-1, i64::MIN, i64::MAX, i64::MAX - 1, 1 << 32, 1 << 31]),
            1 => self.source.pick(&[4_095, 4_096, 4_097, 65_535, 65_536]),
            2 => self.source.wide() as i64,
            3 => 0,
            _ => self.source.below(256) as i64,
        }
    }

    /// A number of an enumeration, or next to it.
    pub(crate) fn of_enumeration(&mut self, most: i32) -> i32 {
        match self.source.below(32) {
            0 => self.source.pick(&[-1, most + 1, i32::MIN, i32::MAX]),
            1 => self.source.wide() as i32,
            _ => self.source.below(most as usize + 1) as i32,
        }
    }

    // Text

    /// Bytes that may be text; whole, cut, mixed, or none.
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
        // Mostly text.
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
        self.told(bytes)
    }

    fn told(&mut self, mut bytes: Vec<u8>) -> Bytes {
        let length = bytes.len();
        // So that "up to the NUL" always has one.
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
        // One that is aligned, whatever the allocator does, and one behind it that is not.
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

    /// Names: few, so that they meet; some that mean the same, some that are none.
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
        self.told(name)
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
        self.told(path)
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
                // A text that lives as long as the program.
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

/// A pointer to what is there, or NULL.
pub(crate) fn pointer<T>(options: &Option<T>) -> *const T {
    options.as_ref().map_or(ptr::null(), ptr::from_ref)
}

fn untouched<T>() -> MaybeUninit<T> {
    let mut place = MaybeUninit::<T>::uninit();
    // SAFETY: the place is its own size.
    unsafe { ptr::write_bytes(place.as_mut_ptr(), UNTOUCHED, 1) };
    place
}

/// The bytes of a place that [`untouched`] made.
fn bytes_of<T>(place: &MaybeUninit<T>) -> &[u8] {
    // SAFETY: every byte of it was written.
    unsafe { std::slice::from_raw_parts(place.as_ptr().cast::<u8>(), size_of::<T>()) }
}

fn is_untouched<T>(place: &MaybeUninit<T>) -> bool {
    bytes_of(place).iter().all(|byte| *byte == UNTOUCHED)
}
