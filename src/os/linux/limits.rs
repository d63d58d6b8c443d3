//! How much memory the machine and our control groups have left. Going past it, the kernel kills
//! instead of answering, so it is looked at before memory is reserved.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// How much a process reserves from one look to the next at most. A look costs as much as reserving
/// a fraction of this.
const LOOK_EVERY: u64 = 1 << 20;
/// The share of the free memory that a process may reserve before the next check: other processes
/// reserve at the same time.
const PART: u64 = 8;
/// What the kernel needs for the inode, the name and the descriptors of a map.
const OVERHEAD: u64 = 4096;
/// The reserve for everything else in a group or on the machine: a process that gets no more pages
/// is killed, whatever it requested.
const MARGIN: u64 = 1 << 20;

/// How much may be reserved before the next look. Small maps add up, and the last look saw room for
/// them; the first map is preceded by one.
static UNTIL_NEXT_LOOK: AtomicU64 = AtomicU64::new(0);

/// Refuses a reservation that the machine or one of our groups cannot provide, or for which that is
/// unknown.
pub(super) fn check(what: &str, bytes: u64) -> Result<()> {
    let bytes = bytes.saturating_add(4095) & !4095;
    if bytes < LOOK_EVERY
        && UNTIL_NEXT_LOOK
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes + OVERHEAD)
            })
            .is_ok()
    {
        return Ok(());
    }
    let left = look(what, bytes)?;
    UNTIL_NEXT_LOOK.store((left / PART).min(LOOK_EVERY), Ordering::Relaxed);
    Ok(())
}

/// Looks at all limits. How much they leave beyond the reservation.
fn look(what: &str, bytes: u64) -> Result<u64> {
    let machine = rustix::system::sysinfo();
    let unit = u64::from(machine.mem_unit).max(1);
    #[allow(clippy::useless_conversion, reason = "the type differs between architectures")]
    let size = |units: libc::c_ulong| u64::from(units).saturating_mul(unit);
    let free_swap = size(machine.freeswap);
    let all = size(machine.totalram).saturating_add(size(machine.totalswap));
    let mut free = size(machine.freeram).saturating_add(free_swap);
    if rest(bytes, free).is_none() && bytes <= all {
        // The kernel can reclaim the cache. Only a file says how much of it.
        let available =
            available().map_err(|error| unknown(what, bytes, "/proc/meminfo", &error))?;
        free = available.saturating_add(free_swap);
    }
    let Some(mut left) = rest(bytes, free) else {
        return Err(Error::new(
            ErrorKind::NoSpace,
            format!(
                "There is not enough room for {what} of {bytes} bytes: the machine has {free} bytes of memory left. Ask for less, or close what is not needed."
            ),
        ));
    };
    let wanted = bytes.saturating_add(MARGIN).saturating_add(LOOK_EVERY);
    for group in groups().map_err(|error| unknown(what, bytes, "/proc/self/cgroup", &error))? {
        let free = group
            .free(wanted, free_swap)
            .map_err(|error| unknown(what, bytes, &group.folder.display().to_string(), &error))?;
        let Some(free) = free else { continue };
        let Some(rest) = rest(bytes, free) else {
            return Err(Error::new(
                ErrorKind::NoSpace,
                format!(
                    "There is not enough room for {what} of {bytes} bytes: the control group {} has {free} bytes left. Ask for less, or raise its memory limit.",
                    group.folder.display()
                ),
            ));
        };
        left = left.min(rest);
    }
    Ok(left)
}

/// What a reservation leaves of the free bytes, if they are enough.
fn rest(bytes: u64, free: u64) -> Option<u64> {
    free.checked_sub(MARGIN)?.checked_sub(bytes)
}

/// A limit that cannot be looked up may be one that the kernel kills for.
fn unknown(what: &str, bytes: u64, file: &str, error: &io::Error) -> Error {
    let cause = Error::from_io(format!("look at the memory limits in {file}"), error);
    let message = format!(
        "Whether there is enough room for {what} of {bytes} bytes is unknown. {} Ask for less, or delay the allocation.",
        cause.message()
    );
    let error = Error::new(cause.kind(), message);
    match cause.os_code() {
        Some(code) => error.with_os_code(code),
        None => error,
    }
}

/// One group that we are in, directly or through its children.
#[derive(Clone)]
struct Group {
    folder: PathBuf,
    version: Version,
}

#[derive(Clone, Copy)]
enum Version {
    One,
    Two,
}

impl Group {
    /// How much it can still give: what it may use, less what it uses, plus what the kernel takes
    /// back before it kills. The latter is looked up only where the former is less than wanted: it
    /// costs several times as much. `None`: the group has no limit.
    fn free(&self, wanted: u64, free_swap: u64) -> io::Result<Option<u64>> {
        let (limit, used, swap_limit, swap_used, prefix) = match self.version {
            Version::One => (
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "memory.memsw.limit_in_bytes",
                "memory.memsw.usage_in_bytes",
                "total_",
            ),
            Version::Two => {
                ("memory.max", "memory.current", "memory.swap.max", "memory.swap.current", "")
            }
        };
        // Version 1 writes "no limit" as a number near the largest.
        let Some(limit) = self.number(limit)?.filter(|limit| *limit < 1 << 62) else {
            return Ok(None);
        };
        let used = self.number(used)?.unwrap_or(0);
        let unused = limit.saturating_sub(used);
        if unused >= wanted {
            return Ok(Some(unused));
        }
        let stat = self.text("memory.stat")?.unwrap_or_default();
        let cache: u64 = ["inactive_file", "active_file"]
            .iter()
            .filter_map(|key| {
                stat.lines().find_map(|line| line.strip_prefix(&format!("{prefix}{key} ")))
            })
            .filter_map(|value| value.trim().parse::<u64>().ok())
            .sum();
        let memory = unused.saturating_add(cache);
        let mut swap = 0;
        if free_swap > 0 {
            let limit_of_swap = self.number(swap_limit)?;
            let swapped = self.number(swap_used)?.unwrap_or(0);
            swap = match self.version {
                // Its numbers cover both.
                Version::One => limit_of_swap.map_or(0, |both| {
                    both.saturating_sub(limit).saturating_sub(swapped.saturating_sub(used))
                }),
                Version::Two => limit_of_swap.unwrap_or(u64::MAX).saturating_sub(swapped),
            }
            .min(free_swap);
        }
        Ok(Some(memory.saturating_add(swap)))
    }

    /// A file that contains one number. "max" and a missing file mean no limit.
    fn number(&self, file: &str) -> io::Result<Option<u64>> {
        Ok(self.text(file)?.and_then(|text| text.trim().parse().ok()))
    }

    fn text(&self, file: &str) -> io::Result<Option<String>> {
        text(&self.folder.join(file))
    }
}

/// The text of a file, if there is one. Where the system has no such file it has no such limit;
/// that it could not be read says nothing.
fn text(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        // The latter, if the group was removed after its file was opened.
        Err(error)
            if matches!(
                error.raw_os_error(),
                Some(libc::ENOENT | libc::ENOTDIR | libc::ENODEV)
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// How much memory the kernel can give without swapping.
fn available() -> io::Result<u64> {
    let memory = fs::read_to_string("/proc/meminfo")?;
    let value = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let value = value.and_then(|value| value.trim().trim_end_matches(" kB").trim().parse().ok());
    let value = value.and_then(|kibibytes: u64| kibibytes.checked_mul(1024));
    value.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// The groups of this process as found last, and what the kernel said about them then.
struct Known {
    own: String,
    groups: Vec<Group>,
}

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

/// Our groups and those above them. Searched again only when the process was moved.
fn groups() -> io::Result<Vec<Group>> {
    let Some(own) = text(Path::new("/proc/self/cgroup"))? else { return Ok(Vec::new()) };
    // Only tried for: in a forked child it may be locked for good.
    let mut known = KNOWN.try_lock().ok();
    if let Some(Some(known)) = known.as_deref()
        && known.own == own
    {
        return Ok(known.groups.clone());
    }
    let mounts = text(Path::new("/proc/self/mountinfo"))?.unwrap_or_default();
    let groups = groups_of(&own, &mounts);
    if let Some(known) = known.as_deref_mut() {
        *known = Some(Known { own, groups: groups.clone() });
    }
    Ok(groups)
}

fn groups_of(own: &str, mounts: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let version = match controllers {
            "" => Version::Two,
            list if list.split(',').any(|it| it == "memory") => Version::One,
            _ => continue,
        };
        let Some((mount, root)) = mount_of(mounts, version) else { continue };
        // In a container the mount shows our group as its root.
        let inside = path.strip_prefix(&root).unwrap_or(path).trim_start_matches('/');
        let mut folder = mount.join(inside);
        if !folder.is_dir() {
            folder.clone_from(&mount);
        }
        loop {
            groups.push(Group { folder: folder.clone(), version });
            if folder == mount || !folder.pop() || !folder.starts_with(&mount) {
                break;
            }
        }
    }
    groups
}

/// Where the memory controller is mounted, and which group is the root there.
fn mount_of(mounts: &str, version: Version) -> Option<(PathBuf, String)> {
    mounts.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let mut right = right.split(' ');
        let kind = right.next()?;
        let options = right.nth(1).unwrap_or("");
        let fits = match version {
            Version::One => kind == "cgroup" && options.split(',').any(|it| it == "memory"),
            Version::Two => kind == "cgroup2",
        };
        let mut left = left.split(' ').skip(3);
        let (root, point) = (left.next()?, left.next()?);
        fits.then(|| (Path::new(point).to_owned(), root.trim_end_matches('/').to_owned()))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails panics")]

    use super::*;

    const MIB: u64 = 1 << 20;

    /// Version 2 as the kernel writes it: a slice with a limit, in it a group without one.
    fn version_two() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let group = root.path().join("slice/group");
        fs::create_dir_all(&group).unwrap();
        let write = |folder: &Path, files: &[(&str, &str)]| {
            for (file, text) in files {
                fs::write(folder.join(file), text).unwrap();
            }
        };
        write(
            &root.path().join("slice"),
            &[
                ("memory.max", "104857600\n"),
                ("memory.current", "94371840\n"),
                ("memory.swap.max", "0\n"),
                ("memory.swap.current", "0\n"),
                ("memory.stat", "anon 7\nfile 9\ninactive_file 2097152\nactive_file 1048576\n"),
            ],
        );
        write(&group, &[("memory.max", "max\n"), ("memory.current", "94371840\n")]);
        root
    }

    fn folders(groups: &[Group]) -> Vec<&Path> {
        groups.iter().map(|group| group.folder.as_path()).collect()
    }

    fn free(group: &Group) -> Option<u64> {
        group.free(u64::MAX, 0).unwrap()
    }

    #[test]
    fn a_limit_that_cannot_be_read_is_an_error_and_one_that_is_not_there_is_none() {
        let root = version_two();
        let group = Group { folder: root.path().join("slice"), version: Version::Two };
        for file in ["memory.max", "memory.current", "memory.stat"] {
            let path = group.folder.join(file);
            let text = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            group.free(u64::MAX, 0).unwrap();
            fs::create_dir(&path).unwrap();
            assert!(group.free(u64::MAX, 0).is_err(), "{file}");
            fs::remove_dir(&path).unwrap();
            fs::write(&path, text).unwrap();
        }
    }

    #[test]
    fn what_can_be_taken_back_is_looked_up_only_where_it_is_needed() {
        let root = version_two();
        let group = Group { folder: root.path().join("slice"), version: Version::Two };
        let cache = group.folder.join("memory.stat");
        fs::remove_file(&cache).unwrap();
        // Reading it now is an error.
        fs::create_dir(&cache).unwrap();
        assert_eq!(group.free(10 * MIB, 0).unwrap(), Some(10 * MIB));
        assert!(group.free(10 * MIB + 1, 0).is_err());
    }

    #[test]
    fn what_a_limit_leaves_is_for_others_too() {
        assert_eq!(rest(5 * MIB, 8 * MIB), Some(2 * MIB));
        assert_eq!(rest(7 * MIB, 8 * MIB), Some(0));
        assert_eq!(rest(7 * MIB + 1, 8 * MIB), None);
        assert_eq!(rest(1, 0), None);
    }

    #[test]
    fn a_limit_of_version_two_counts_for_all_below_it() {
        let root = version_two();
        let mounts = format!(
            "29 23 0:26 / {} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
            root.path().display()
        );
        let groups = groups_of("0::/slice/group\n", &mounts);
        let expected = [root.path().join("slice/group"), root.path().join("slice")];
        assert_eq!(folders(&groups)[..2], expected);
        assert_eq!(free(&groups[0]), None);
        // The free memory, and the cache that the kernel can reclaim.
        assert_eq!(free(&groups[1]), Some((100 - 90 + 2 + 1) * MIB));
        assert_eq!(free(groups.last().unwrap()), None, "the root has no files");
    }

    #[test]
    fn swap_of_version_two_counts_up_to_its_own_limit() {
        let root = version_two();
        let folder = root.path().join("slice");
        fs::write(folder.join("memory.swap.max"), "8388608\n").unwrap();
        fs::write(folder.join("memory.swap.current"), "3145728\n").unwrap();
        let group = Group { folder, version: Version::Two };
        assert_eq!(group.free(u64::MAX, 1 << 40).unwrap(), Some((13 + 5) * MIB));
        assert_eq!(
            group.free(u64::MAX, MIB).unwrap(),
            Some((13 + 1) * MIB),
            "there is no more of it"
        );
    }

    #[test]
    fn a_container_shows_its_own_group_as_the_root() {
        let root = version_two();
        let place = root.path().join("slice");
        let mounts = format!("7 6 0:26 /machine/c1 {} rw - cgroup2 cgroup2 rw\n", place.display());
        assert_eq!(folders(&groups_of("0::/machine/c1\n", &mounts)), [place.as_path()]);
        // A path from outside of the container leads nowhere inside.
        assert_eq!(folders(&groups_of("0::/../elsewhere\n", &mounts)), [place.as_path()]);
    }

    #[test]
    fn of_version_one_only_the_memory_controller_counts() {
        let root = tempfile::tempdir().unwrap();
        let point = root.path().display();
        let mounts = format!(
            "30 29 0:27 / {point}/cpu rw - cgroup cgroup rw,cpu\n31 29 0:28 / {point} rw - cgroup cgroup rw,memory\n"
        );
        let groups = groups_of("8:cpu:/\n4:memory:/\n1:name=systemd:/\n", &mounts);
        assert_eq!(folders(&groups), [root.path()]);
        let group = &groups[0];
        fs::write(root.path().join("memory.limit_in_bytes"), "9223372036854771712\n").unwrap();
        assert_eq!(free(group), None);
        fs::write(root.path().join("memory.limit_in_bytes"), "1048576\n").unwrap();
        fs::write(root.path().join("memory.usage_in_bytes"), "4096\n").unwrap();
        fs::write(root.path().join("memory.stat"), "inactive_file 1\ntotal_inactive_file 4096\n")
            .unwrap();
        assert_eq!(free(group), Some(MIB));
        // Its limit for memory and swap applies to the use of both.
        fs::write(root.path().join("memory.memsw.limit_in_bytes"), "4194304\n").unwrap();
        fs::write(root.path().join("memory.memsw.usage_in_bytes"), "1052672\n").unwrap();
        assert_eq!(group.free(u64::MAX, 1 << 40).unwrap(), Some((1 + 2) * MIB));
    }
}
