//! The environment: on Linux a private `/dev/shm` and `/tmp`, so that other programs do not interfere, and everything that is
//! left behind can be counted.

use std::fmt;

/// The environment of this process.
pub(crate) struct World {
    /// Whether no other program sees this `/dev/shm`.
    pub(crate) private: bool,
    /// Whether this process can switch to another user.
    pub(crate) root: bool,
}

impl fmt::Display for World {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.private { "a private /dev/shm" } else { "the /dev/shm of the system" };
        let user = if self.root { ", as root" } else { "" };
        write!(out, "in {place}{user}")
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

    /// Small enough to fill quickly.
    const SIZE: &str = "size=64m,mode=1777";

    /// Enters a mount namespace with a private `/dev/shm` and `/tmp`. If the system does not permit that,
    /// the run uses the system's folders, with names that no other program uses.
    pub(crate) fn enter() -> World {
        // SAFETY: the call takes no arguments.
        let root = unsafe { libc::geteuid() } == 0;
        let private = root && mount_private_folders().is_ok();
        World { private, root }
    }

    fn mount_private_folders() -> io::Result<()> {
        // SAFETY: the call only takes a flag, and this process has no other thread yet.
        check(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
        mount("none", "/", "", libc::MS_REC | libc::MS_PRIVATE, "")?;
        mount_shared_memory(SIZE)?;
        // `/tmp` stays if this program is in it.
        let own = std::env::current_exe()?;
        if own.starts_with("/tmp") || std::env::current_dir()?.starts_with("/tmp") {
            return Ok(());
        }
        mount("torture", "/tmp", "tmpfs", 0, "size=256m,mode=1777")
    }

    /// The names in `/dev/shm`.
    pub(crate) fn objects() -> Vec<String> {
        let entries = std::fs::read_dir("/dev/shm").expect("look into /dev/shm");
        let name = |entry: io::Result<std::fs::DirEntry>| {
            entry.expect("look at an object").file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    /// Mounts an empty `/dev/shm` over the current one.
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
        // SAFETY: all texts end with a NUL and are valid during the call.
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

    /// The free space of a file system.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Room {
        pub(crate) blocks: u64,
        pub(crate) inodes: u64,
    }

    impl Room {
        /// The free space of `/dev/shm`.
        pub(crate) fn left() -> Room {
            // SAFETY: all zeros are valid for this plain structure.
            let mut stat: libc::statvfs = unsafe { std::mem::zeroed() };
            // SAFETY: the text ends with a NUL, and the pointer is valid.
            check(unsafe { libc::statvfs(c"/dev/shm".as_ptr(), &raw mut stat) })
                .expect("get the free space of /dev/shm");
            Room { blocks: stat.f_bfree, inodes: stat.f_ffree }
        }
    }
}
