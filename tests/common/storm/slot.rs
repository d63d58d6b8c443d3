//! Starts workers, reads their reports, and stops and kills them.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Scene::TwoUsers;
use super::{ACQUIRED, APPENDED, FOLDER, NAMES, NOBODY, Plan, ROLE, Storm, VIOLATION};
use crate::common::{Numbers, again};

impl Storm<'_> {
    /// Starts one worker after the other, and kills each of them.
    pub(super) fn slot(&self, round: u64, slot: u64) {
        let mut dice = Numbers(self.plan.seed ^ round << 40 ^ slot << 32);
        let take = |left: u64| left.checked_sub(1);
        while !self.stop.load(Ordering::Relaxed)
            && self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
        {
            let id = format!("{round}_{slot}_{}", self.left.load(Ordering::Relaxed));
            let seed = dice.next();
            let mut worker = self.start(&id, seed);
            let mut output = BufReader::new(worker.stdout.take().expect("piped"));
            // The worker is killed after this number of acquisitions, in the middle of the next one.
            let mut lives = dice.below(12);
            let mut line = String::new();
            while lives > 0 {
                line.clear();
                if output.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                if self.read_report(&line) {
                    lives -= 1;
                }
            }
            disturb(&worker, &mut dice);
            worker.kill().expect("kill a worker");
            // Forked children may still write. They end soon.
            let mut rest = String::new();
            let _ = output.read_to_string(&mut rest);
            let status = worker.wait().expect("wait for a worker");
            rest.lines().for_each(|line| {
                self.read_report(line);
            });
            if crashed(status) {
                self.report(&format!("a worker ended with {status} (its seed: {seed})"));
            }
        }
    }

    /// Reads a line of a worker. Returns whether it reports an acquisition.
    fn read_report(&self, line: &str) -> bool {
        if let Some(at) = line.find(VIOLATION) {
            self.report(&line[at..]);
        } else if let Some(at) = line.find(APPENDED)
            && let Some((index, line)) = line[at + APPENDED.len()..].trim_end().split_once(' ')
            && let Some(appended) = index.parse().ok().and_then(|it: usize| self.appended.get(it))
            && line.ends_with('.')
        {
            appended.lock().expect("no panic").push(line.trim_end_matches('.').to_owned());
        } else if line.contains(ACQUIRED) {
            self.acquisitions.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        false
    }

    fn start(&self, id: &str, seed: u64) -> Child {
        let mut dice = Numbers(seed);
        let old_kernel = self.plan.old_kernels && dice.below(4) == 0;
        let other = self.copy.as_ref().filter(|_| dice.below(3) == 0).map(|(_, copy)| copy);
        let program = other.cloned().unwrap_or_else(again::own);
        let names: Vec<String> = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, (scene, _))| other.is_none() || *scene == TwoUsers)
            .map(|(index, (scene, name))| format!("{index} {scene:?} {name}"))
            .collect();
        let mut command = Command::new(program);
        command
            .args(again::only("stress::worker"))
            .env(ROLE, format!("{seed} {id} {old_kernel} {}", self.plan.root && other.is_none()))
            .env(NAMES, names.join("\n"))
            .env(FOLDER, self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        #[cfg(unix)]
        if other.is_some() {
            use std::os::unix::process::CommandExt;
            command.current_dir("/").uid(NOBODY).gid(NOBODY);
        }
        // Wine sometimes fails with "internal error" while other processes are being killed.
        const WINE_ERROR: i32 = 1359;
        (0..10)
            .map(|_| command.spawn())
            .find(|started| {
                let error = started.as_ref().err().and_then(std::io::Error::raw_os_error);
                !(cfg!(windows) && error == Some(WINE_ERROR))
            })
            .expect("Wine starts a process in ten tries")
            .expect("start a worker")
    }
}

#[cfg(unix)]
pub(super) fn copy_for(plan: &Plan<'_>) -> Option<(tempfile::TempDir, PathBuf)> {
    (plan.root && plan.scenes.contains(&TwoUsers)).then(again::for_everybody)
}

#[cfg(not(unix))]
pub(super) fn copy_for(_: &Plan<'_>) -> Option<(tempfile::TempDir, PathBuf)> {
    None
}

/// Whether the process neither succeeded nor was killed by this program.
#[cfg(unix)]
fn crashed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    !status.success() && status.signal() != Some(libc::SIGKILL)
}

#[cfg(not(unix))]
fn crashed(_: ExitStatus) -> bool {
    // The exit code of a process that another process ended says nothing.
    false
}

/// Sometimes stops a worker for a moment, as a throttled container does.
#[cfg(unix)]
fn disturb(worker: &Child, dice: &mut Numbers) {
    if dice.below(8) == 0 {
        let process = worker.id() as i32;
        // SAFETY: signals a child that nobody has waited for yet, so the number is still its own.
        unsafe { libc::kill(process, libc::SIGSTOP) };
        std::thread::sleep(Duration::from_micros(dice.below(8_000)));
        // SAFETY: as above.
        unsafe { libc::kill(process, libc::SIGCONT) };
    }
    // The kill then comes anywhere in the worker's next operation.
    std::thread::sleep(Duration::from_micros(dice.below(300)));
}

#[cfg(not(unix))]
fn disturb(_: &Child, dice: &mut Numbers) {
    std::thread::sleep(Duration::from_micros(dice.below(300)));
}
