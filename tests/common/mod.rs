//! What the test files share.
//!
//! # Tests side by side
//!
//! The tests of one program are threads of one process. A process that one of them starts has, until it runs its own
//! program, a share in every descriptor of the others, and so holds their maps and locks for that moment. Where some
//! tests of a program start processes, each of them begins with
//!
//! * [`alone`], if it starts or forks a process, has maps that are inherited, or counts or changes what the threads
//!   of a process have in common, such as open descriptors;
//! * [`beside_others`], if not. In a program where nearly all start processes and hold nothing themselves, because they
//!   compile programs, it is those that run side by side, and who holds a map is alone.
//!
//! Where no test starts a process, or none holds anything, it takes neither. `tests/side_by_side.rs` finds who forgot.
//! What no process can take back, like its user or a limit, is tested in a process of its own: [`again`].
#![allow(unsafe_code, reason = "actors fork, and are stopped at a system call")]
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test program uses its own part of this"
)]

pub mod again;
pub mod compiler;
#[cfg(target_os = "linux")]
pub mod group;
mod not_run;
pub mod process;
pub mod promises;
#[cfg(target_os = "linux")]
pub mod step;
pub mod storm;
pub mod watching;

pub use not_run::not_run;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Who runs beside whom, of the tests of one program.
static TESTS: RwLock<()> = RwLock::new(());

/// No other test of the program runs as long as this is held.
pub fn alone() -> RwLockWriteGuard<'static, ()> {
    // A test that failed is no reason for the others to fail.
    TESTS.write().unwrap_or_else(PoisonError::into_inner)
}

/// The tests that hold this run side by side.
pub fn beside_others() -> RwLockReadGuard<'static, ()> {
    TESTS.read().unwrap_or_else(PoisonError::into_inner)
}

/// A name that no other test has, in this run or in another; short enough to be plain everywhere.
pub fn unique(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("mmf-{what}-{}-{number}", std::process::id())
}

/// Makes a named pipe.
#[cfg(unix)]
pub fn make_pipe(path: &std::path::Path) {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).expect("a path");
    // SAFETY: a NUL-terminated path, which lives during the call.
    let made = unsafe { libc::mkfifo(path.as_ptr(), 0o600) };
    assert_eq!(made, 0, "{}", std::io::Error::last_os_error());
}
/// Where a plainly named map is to be seen, on systems where it is.
pub fn seen(name: &str) -> Option<std::path::PathBuf> {
    assert!(name.len() <= 30, "a Mac hashes the name {name:?}, so that it is seen under another");
    mmf::backend::FOLDER.map(|folder| std::path::Path::new(folder).join(name))
}

/// Asserts that nothing is left of a name.
#[track_caller]
pub fn assert_nothing_left(name: &str) {
    assert_eq!(left_of(name), Vec::<std::path::PathBuf>::new(), "something is left");
}

/// What is left of a name.
pub fn left_of(name: &str) -> Vec<std::path::PathBuf> {
    let places = seen(name).into_iter();
    #[cfg(mmf_backend = "portable")]
    let places = places.chain([presence(name), presence(name).with_extension("c")]);
    places.filter(|path| path.symlink_metadata().is_ok()).collect()
}

/// Where the portable back end has the presence of a plain name on Linux.
#[cfg(mmf_backend = "portable")]
pub fn presence(name: &str) -> std::path::PathBuf {
    // SAFETY: asks for a number, and nothing else.
    let user = unsafe { libc::geteuid() };
    let name: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    std::path::PathBuf::from(format!("/tmp/.mmf-{user}")).join(name)
}

/// Asserts that it fails with this status, and with a sentence that is one.
#[track_caller]
pub fn assert_fails<T: std::fmt::Debug>(
    result: mmf::Result<T>,
    status: mmf::ErrorKind,
) -> mmf::Error {
    let error = result.expect_err("it should fail");
    assert_eq!(error.kind(), status, "{error}");
    let message = error.message();
    assert!(message.ends_with('.') && message.len() > 20, "no sentence: {message}");
    assert!(!message.contains("os error"), "codes have a place of their own: {message}");
    error
}

/// Asserts that no process holds a map of this name, and that the error says so.
#[track_caller]
pub fn assert_missing(name: &str) {
    let error = assert_fails(mmf::Map::open(name), mmf::ErrorKind::NotFound);
    assert!(error.message().contains("No process holds"), "{error}");
}

/// Asserts that a map in memory has the capacity that was asked for, as exactly as sizes are here.
#[track_caller]
pub fn assert_capacity(map: &mmf::Map, asked: u64) {
    let capacity = map.capacity();
    if mmf::backend::EXACT_SIZES {
        assert_eq!(capacity, asked);
    } else {
        assert!((asked..asked + (1 << 16)).contains(&capacity), "{capacity} for {asked}");
    }
}

/// The default options of the text methods.
pub fn text() -> mmf::TextOptions<'static> {
    mmf::TextOptions::new()
}

/// Options with a name for the map of a file, if there is one.
pub fn named(options: mmf::MapOptions, name: Option<&str>) -> mmf::MapOptions {
    match name {
        Some(name) => options.name(name),
        None => options,
    }
}

/// The number of the descriptor that holds a map.
#[cfg(unix)]
pub fn number(map: &mmf::Map) -> std::os::fd::RawFd {
    std::os::fd::AsRawFd::as_raw_fd(&std::os::fd::AsFd::as_fd(map))
}

/// The number of the handle that holds a map.
#[cfg(windows)]
pub fn number(map: &mmf::Map) -> std::os::windows::io::RawHandle {
    use std::os::windows::io::{AsHandle, AsRawHandle};
    map.as_handle().as_raw_handle()
}

/// All bytes of a map.
pub fn bytes_of(map: &mmf::Map) -> Vec<u8> {
    let mut bytes = vec![0xEE; map.capacity() as usize];
    map.read_at(&mut bytes, 0).expect("read the whole map");
    bytes
}

/// A generator of numbers that are the same in every run (splitmix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to and without `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A capacity as somebody sees it who opens the map by its name.
pub fn rounded(capacity: u64) -> u64 {
    if mmf::backend::EXACT_SIZES { capacity } else { capacity.next_multiple_of(4096) }
}

/// Locks one byte of an object, as the library does. On systems of 32 bits the C library has no function for it.
#[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
pub fn lock_byte(file: &std::fs::File, kind: i32, byte: i64) -> std::io::Result<()> {
    use std::os::fd::AsRawFd;
    #[cfg(target_pointer_width = "64")]
    const FCNTL: libc::c_long = libc::SYS_fcntl;
    #[cfg(target_pointer_width = "32")]
    const FCNTL: libc::c_long = libc::SYS_fcntl64;
    // SAFETY: all zero is a valid value of a structure of numbers.
    let mut range: libc::flock64 = unsafe { std::mem::zeroed() };
    range.l_type = kind as libc::c_short;
    range.l_whence = libc::SEEK_SET as libc::c_short;
    range.l_start = byte;
    range.l_len = 1;
    let command = libc::F_OFD_SETLK;
    // SAFETY: the file is open, and the kernel reads one structure.
    match unsafe { libc::syscall(FCNTL, file.as_raw_fd(), command, &raw const range) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}
