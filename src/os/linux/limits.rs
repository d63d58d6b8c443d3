//! How much memory the machine and our control groups have left. Going past it, the kernel kills
//! instead of answering, so it is looked at before memory is reserved.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::error::{Error, Result, Status};

/// Below this much the look costs more than the reservation, and a group so short of memory is
/// lost anyway.
const WORTH_A_LOOK: u64 = 1 << 20;

/// Refuses a reservation that the machine or one of our groups cannot give.
pub(super) fn check(what: &str, bytes: u64) -> Result<()> {
    if bytes < WORTH_A_LOOK {
        return Ok(());
    }
    if let Some(available) = machine("MemAvailable:") {
        let free = available.saturating_add(free_swap());
        if bytes > free {
            return Err(Error::new(
                Status::NoSpace,
                format!(
                    "There is not enough room for {what} of {bytes} bytes: the machine has {free} bytes of memory left. Ask for less, or close what is not needed."
                ),
            ));
        }
    }
    static GROUPS: OnceLock<Vec<Group>> = OnceLock::new();
    for group in GROUPS.get_or_init(groups) {
        if let Some(free) = group.free()
            && bytes > free
        {
            return Err(Error::new(
                Status::NoSpace,
                format!(
                    "There is not enough room for {what} of {bytes} bytes: the control group {} has {free} bytes left. Ask for less, or raise its memory limit.",
                    group.folder.display()
                ),
            ));
        }
    }
    Ok(())
}

/// One group that we are in, directly or through its children.
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
    /// back before it kills. `None`: it has no limit.
    fn free(&self) -> Option<u64> {
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
        let limit = self.number(limit)?;
        // Version 1 writes "no limit" as a number near the largest.
        if limit >= 1 << 62 {
            return None;
        }
        let used = self.number(used).unwrap_or(0);
        let stat = fs::read_to_string(self.folder.join("memory.stat")).unwrap_or_default();
        let cache: u64 = ["inactive_file", "active_file"]
            .iter()
            .filter_map(|key| {
                stat.lines().find_map(|line| line.strip_prefix(&format!("{prefix}{key} ")))
            })
            .filter_map(|value| value.trim().parse::<u64>().ok())
            .sum();
        let memory = limit.saturating_sub(used).saturating_add(cache);
        let swap = match self.version {
            // Its limit covers both.
            Version::One => self
                .number(swap_limit)
                .map_or(0, |both| both.saturating_sub(limit).min(free_swap())),
            Version::Two => {
                let swapped = self.number(swap_used).unwrap_or(0);
                let limit = self.number(swap_limit).unwrap_or(u64::MAX);
                limit.saturating_sub(swapped).min(free_swap())
            }
        };
        Some(memory.saturating_add(swap))
    }

    /// A file that holds one number. "max" is none.
    fn number(&self, file: &str) -> Option<u64> {
        fs::read_to_string(self.folder.join(file)).ok()?.trim().parse().ok()
    }
}

fn free_swap() -> u64 {
    machine("SwapFree:").unwrap_or(0)
}

/// One line of what the kernel tells about the machine's memory, in bytes.
fn machine(key: &str) -> Option<u64> {
    let memory = fs::read_to_string("/proc/meminfo").ok()?;
    let value = memory.lines().find_map(|line| line.strip_prefix(key))?;
    value.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Our groups and those above them. A process seldom changes its groups, and limits are read anew
/// each time.
fn groups() -> Vec<Group> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    groups_of(&own, &mounts)
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
        assert_eq!(groups[0].free(), None);
        // What is left, and the cache that the kernel takes back.
        assert_eq!(groups[1].free(), Some((100 - 90 + 2 + 1) * MIB));
        assert_eq!(groups.last().unwrap().free(), None, "the root has no files");
    }

    #[test]
    fn swap_of_version_two_counts_up_to_its_own_limit() {
        let root = version_two();
        let folder = root.path().join("slice");
        fs::write(folder.join("memory.swap.max"), "8388608\n").unwrap();
        fs::write(folder.join("memory.swap.current"), "3145728\n").unwrap();
        let group = Group { folder, version: Version::Two };
        assert_eq!(group.free(), Some(13 * MIB + (5 * MIB).min(free_swap())));
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
        assert_eq!(group.free(), None);
        fs::write(root.path().join("memory.limit_in_bytes"), "1048576\n").unwrap();
        fs::write(root.path().join("memory.usage_in_bytes"), "4096\n").unwrap();
        fs::write(root.path().join("memory.stat"), "inactive_file 1\ntotal_inactive_file 4096\n")
            .unwrap();
        assert_eq!(group.free(), Some(MIB));
    }
}
