//! Helpers that the test programs share.
//!
//! # Tests side by side
//!
//! The tests of one program are threads of one process. If a test starts a process, that process shares all
//! descriptors of the other tests until it executes its program, and so it holds their maps and locks for a moment.
//! Therefore, if some tests of a program start processes, each of its tests begins with
//!
//! * [`alone`], if it starts or forks a process, has inheritable maps, or counts or changes things that the threads
//!   of a process share, such as open descriptors;
//! * [`beside_others`], otherwise. In a program in which nearly all tests start processes (compilers) and hold no
//!   maps, those tests take `beside_others`, and a test that holds a map takes `alone`.
//!
//! If no test of a program starts a process, or none holds a map, its tests take neither. `tests/side_by_side.rs`
//! finds tests that forget it. Tests that change the process for good, such as its user or its limits, run in a
//! process of their own: [`again`].
#![allow(unsafe_code, reason = "actors fork, and the tests stop them at system calls")]
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test program uses only some of the helpers"
)]

pub mod again;
pub mod compiler;
#[cfg(target_os = "linux")]
pub mod group;
#[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
pub mod lock_bytes;
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

/// Held shared by tests that may run side by side, and exclusively by tests that must run alone.
static TESTS: RwLock<()> = RwLock::new(());

/// While this is held, no other test of the program runs.
pub fn alone() -> RwLockWriteGuard<'static, ()> {
    // After a test has failed, the others still run.
    TESTS.write().unwrap_or_else(PoisonError::into_inner)
}

/// Tests that hold this may run side by side.
pub fn beside_others() -> RwLockReadGuard<'static, ()> {
    TESTS.read().unwrap_or_else(PoisonError::into_inner)
}

/// A name that no other test uses, in this run or in another. It is short enough not to be hashed on any system.
pub fn unique(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("mmf-{what}-{}-{number}", std::process::id())
}

/// Creates a FIFO.
#[cfg(unix)]
pub fn make_pipe(path: &std::path::Path) {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).expect("a path");
    // SAFETY: a NUL-terminated path, which lives during the call.
    let made = unsafe { libc::mkfifo(path.as_ptr(), 0o600) };
    assert_eq!(made, 0, "{}", std::io::Error::last_os_error());
}

/// The path of the object of a map with a plain name, on systems where objects are visible as files.
pub fn seen(name: &str) -> Option<std::path::PathBuf> {
    assert!(name.len() <= 30, "macOS hashes the name {name:?}, because it is too long");
    mmf::backend::FOLDER.map(|folder| std::path::Path::new(folder).join(name))
}

/// Asserts that no files are left of a map.
#[track_caller]
pub fn assert_nothing_left(name: &str) {
    assert_eq!(left_of(name), Vec::<std::path::PathBuf>::new(), "files are left");
}

/// The files that are left of a map.
pub fn left_of(name: &str) -> Vec<std::path::PathBuf> {
    let places = seen(name).into_iter();
    #[cfg(mmf_backend = "portable")]
    let places = places.chain([presence(name), presence(name).with_extension("c")]);
    places.filter(|path| path.symlink_metadata().is_ok()).collect()
}

/// The presence of a plain name on Linux with the portable back end.
#[cfg(mmf_backend = "portable")]
pub fn presence(name: &str) -> std::path::PathBuf {
    // SAFETY: returns a number.
    let user = unsafe { libc::geteuid() };
    let name: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    std::path::PathBuf::from(format!("/tmp/.mmf-{user}")).join(name)
}

/// Asserts that the result is an error with this status, and that its message is a sentence.
#[track_caller]
pub fn assert_fails<T: std::fmt::Debug>(
    result: mmf::Result<T>,
    status: mmf::ErrorKind,
) -> mmf::Error {
    let error = result.expect_err("it should fail");
    assert_eq!(error.kind(), status, "{error}");
    let message = error.message();
    assert!(message.ends_with('.') && message.len() > 20, "not a sentence: {message}");
    assert!(!message.contains("os error"), "the message contains an error code: {message}");
    error
}

/// Asserts that no process holds a map of this name, and that the error says so.
#[track_caller]
pub fn assert_missing(name: &str) {
    let error = assert_fails(mmf::Map::open(name), mmf::ErrorKind::NotFound);
    assert!(error.message().contains("No process holds"), "{error}");
}

/// Asserts that a name whose gate is locked can be neither opened nor created.
pub fn assert_busy(name: &str) {
    let calls: [fn(&str) -> mmf::Result<mmf::Map>; 3] = [
        |name| mmf::Map::open(name),
        |name| mmf::Map::create_new(name, 64),
        |name| mmf::Map::create_or_open(name, 64),
    ];
    // Each call waits for a time, so all of them wait together.
    std::thread::scope(|scope| {
        for call in calls {
            scope.spawn(move || assert_fails(call(name), mmf::ErrorKind::Busy));
        }
    });
}

/// Asserts that a map in memory has the requested capacity, or, where sizes are rounded, not much more.
#[track_caller]
pub fn assert_capacity(map: &mmf::Map, asked: u64) {
    let capacity = map.capacity();
    if mmf::backend::EXACT_SIZES {
        assert_eq!(capacity, asked);
    } else {
        assert!((asked..asked + (1 << 16)).contains(&capacity), "{capacity} instead of {asked}");
    }
}

/// The default options of the text methods.
pub fn text() -> mmf::TextOptions<'static> {
    mmf::TextOptions::new()
}

/// The options, with a name for the map of a file if there is one.
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

/// Pseudo-random numbers, the same in every run (splitmix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, excluding `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// The capacity of a map that was opened by its name, for the requested one.
pub fn rounded(capacity: u64) -> u64 {
    if mmf::backend::EXACT_SIZES { capacity } else { capacity.next_multiple_of(4096) }
}
