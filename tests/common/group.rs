//! Memory groups (cgroups) of the kernel, version 1 or 2.

use std::fs;
use std::path::PathBuf;

use super::unique;

/// A memory group, by the path of its folder. Dropping it removes the group.
pub struct Group(pub PathBuf);

impl Group {
    /// Creates a group whose processes may use `limit` bytes of memory. `None` if this process may not create groups.
    pub fn new(limit: u64) -> Option<Group> {
        let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
        let roots = mounts.lines().filter_map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let memory = words[2] == "cgroup2" || words[3].split(',').any(|it| it == "memory");
            (words[2].starts_with("cgroup") && memory).then(|| PathBuf::from(words[1]))
        });
        for root in roots {
            let group = Group(root.join(unique("group")));
            if fs::create_dir(&group.0).is_err() {
                continue;
            }
            for file in ["memory.max", "memory.limit_in_bytes"] {
                let file = group.0.join(file);
                if file.exists() && fs::write(&file, limit.to_string()).is_ok() {
                    return Some(group);
                }
            }
        }
        None
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}
