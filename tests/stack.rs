//! Creating and opening maps needs little stack, because programs with many threads give each a small one.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "the test gives a thread a stack that it can inspect")]
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::again::{again_by, assert_succeeded, own, part};
use common::{not_run, unique};
use mmf::{Map, MapOptions};

const STACK: usize = 512 << 10;
const PAINT: u8 = 0xA5;

extern "C" fn run(body: *mut libc::c_void) -> *mut libc::c_void {
    // SAFETY: `used_by` passes this pointer, and `body` lives until the thread has ended.
    let body = unsafe { &*body.cast::<&(dyn Fn() + Sync)>() };
    body();
    std::ptr::null_mut()
}

/// How many bytes of its stack a thread uses to start and to run `body`.
fn used_by(body: &(dyn Fn() + Sync)) -> usize {
    let mut stack = vec![PAINT; STACK + 4096];
    let lead = stack.as_ptr().align_offset(4096);
    let start = stack[lead..].as_mut_ptr();
    // SAFETY: all zeros are valid, and the structure is initialised before it is used.
    let mut attributes: libc::pthread_attr_t = unsafe { std::mem::zeroed() };
    // SAFETY: the structure is valid.
    assert_eq!(unsafe { libc::pthread_attr_init(&raw mut attributes) }, 0);
    // SAFETY: the memory is aligned, has this size, and outlives the thread.
    let set = unsafe { libc::pthread_attr_setstack(&raw mut attributes, start.cast(), STACK) };
    assert_eq!(set, 0);
    // A number or a pointer, depending on the C library.
    let mut thread = std::mem::MaybeUninit::<libc::pthread_t>::uninit();
    let body = (&raw const body).cast_mut().cast();
    // SAFETY: the function has the right signature, and its argument lives until the join below.
    let made =
        unsafe { libc::pthread_create(thread.as_mut_ptr(), &raw const attributes, run, body) };
    assert_eq!(made, 0);
    // SAFETY: `pthread_create` has written it.
    let thread = unsafe { thread.assume_init() };
    // SAFETY: the thread exists, and is joined once.
    assert_eq!(unsafe { libc::pthread_join(thread, std::ptr::null_mut()) }, 0);
    let untouched = stack[lead..].iter().take_while(|byte| **byte == PAINT).count();
    STACK - untouched
}

#[test]
fn creating_and_opening_maps_needs_little_stack() {
    const TEST: &str = "creating_and_opening_maps_needs_little_stack";
    if part().is_none() {
        // On a file system that cannot reserve memory, the library writes it instead.
        let script = "mount -t ramfs ramfs /dev/shm && chmod 1777 /dev/shm && exec \"$0\" \"$@\"";
        let found = ["-m", "-Urm"].into_iter().find(|flags| {
            let mut probe = std::process::Command::new("unshare");
            probe.args([flags, "mount", "-t", "ramfs", "ramfs", "/dev/shm"]);
            probe.output().is_ok_and(|output| output.status.success())
        });
        let Some(flags) = found else {
            not_run("stack", "mounting is not permitted here");
            return measure();
        };
        let program = ["unshare", flags, "sh", "-c", script];
        assert_succeeded(&again_by(&program, &own(), TEST, "child").output().unwrap());
    }
    measure();
}

fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, [0; 64]).unwrap();
    let name = unique("stack");
    let bodies: [(&str, &(dyn Fn() + Sync)); 7] = [
        ("create, with the first sweep", &|| drop(Map::create_new(&name, 1).unwrap())),
        ("create", &|| drop(Map::create_new(&name, 300_000).unwrap())),
        ("create or open", &|| drop(Map::create_or_open(&name, 300_000).unwrap())),
        ("anonymous", &|| drop(MapOptions::new().create_anonymous(300_000).unwrap())),
        ("refused", &|| drop(Map::open(&name).unwrap_err())),
        ("open", &|| {
            let map = Map::create_new(&name, 64).unwrap();
            drop(Map::open(&name).unwrap());
            drop(map);
        }),
        ("named file", &|| {
            let options = MapOptions::new();
            drop(options.clone().name(&name).capacity(300_000).map_file(&path).unwrap());
        }),
    ];
    // The stack for starting the thread, and for what the C library puts there.
    let nothing = used_by(&|| {});
    for (what, body) in bodies {
        let used = used_by(body) - nothing;
        // Without optimisation, every value takes its own place on the stack.
        let most = if cfg!(debug_assertions) { 32 << 10 } else { 16 << 10 };
        assert!(used < most, "{what} uses {used} bytes of stack");
    }
}
