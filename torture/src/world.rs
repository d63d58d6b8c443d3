//! Where all of it happens: on Linux in a `/dev/shm` and a `/tmp` of its own, so that nothing of
//! anybody else is in the way, and what is left behind is counted to the last byte.

use std::fmt;

/// What this process was given.
pub(crate) struct World {
    /// Nobody else sees our `/dev/shm`.
    pub(crate) private: bool,
    /// This process can become somebody else.
    pub(crate) root: bool,
}

impl fmt::Display for World {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.private { "a /dev/shm of its own" } else { "the shared memory of all" };
        let who = if self.root { ", as root" } else { "" };
        write!(out, "in {place}{who}")
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::{Room, enter, mount_shared_memory, objects};

#[cfg(not(target_os = "linux"))]
pub(crate) fn enter() -> World {
    World { private: false, root: false }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::CString;
    use std::io;

    use super::World;

    /// Small enough that a call which fills it does so at once.
    const SIZE: &str = "size=64m,mode=1777";

    /// Enters a mount namespace with a `/dev/shm` and a `/tmp` of its own. Where the system lets
    /// nobody do that the run goes on among all others, with names that nobody else has.
    pub(crate) fn enter() -> World {
        // SAFETY: asks for a number.
        let root = unsafe { libc::geteuid() } == 0;
        let private = root && hide().is_ok();
        World { private, root }
    }

    fn hide() -> io::Result<()> {
        // SAFETY: a plain flag; no other thread is there yet.
        check(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
        mount("none", "/", "", libc::MS_REC | libc::MS_PRIVATE, "")?;
        mount_shared_memory(SIZE)?;
        // Not if this very program lies there.
        let own = std::env::current_exe()?;
        if own.starts_with("/tmp") || std::env::current_dir()?.starts_with("/tmp") {
            return Ok(());
        }
        mount("torture", "/tmp", "tmpfs", 0, "size=256m,mode=1777")
    }

    /// What has a name in `/dev/shm`.
    pub(crate) fn objects() -> Vec<String> {
        let entries = std::fs::read_dir("/dev/shm").expect("look into /dev/shm");
        let name = |entry: io::Result<std::fs::DirEntry>| {
            entry.expect("look at an object").file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    /// Puts an empty `/dev/shm` over the present one.
    pub(crate) fn mount_shared_memory(options: &str) -> io::Result<()> {
        mount("torture", "/dev/shm", "tmpfs", 0, options)
    }

    fn mount(
        source: &str,
        target: &str,
        kind: &str,
        flags: libc::c_ulong,
        data: &str,
    ) -> io::Result<()> {
        let [source, target, kind, data] =
            [source, target, kind, data].map(|text| CString::new(text).expect("no NUL"));
        // SAFETY: four texts that end with a NUL and live during the call.
        check(unsafe {
            libc::mount(
                source.as_ptr(),
                target.as_ptr(),
                kind.as_ptr(),
                flags,
                data.as_ptr().cast(),
            )
        })
    }

    fn check(result: libc::c_int) -> io::Result<()> {
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// What a file system has left.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Room {
        pub(crate) blocks: u64,
        pub(crate) inodes: u64,
    }

    impl Room {
        /// What `/dev/shm` has left.
        pub(crate) fn left() -> Room {
            // SAFETY: all zero is a valid value of this plain structure.
            let mut stat: libc::statvfs = unsafe { std::mem::zeroed() };
            // SAFETY: a text that ends with a NUL, and a place for the answer.
            check(unsafe { libc::statvfs(c"/dev/shm".as_ptr(), &raw mut stat) })
                .expect("ask what /dev/shm has left");
            Room { blocks: stat.f_bfree, inodes: stat.f_ffree }
        }
    }
}
