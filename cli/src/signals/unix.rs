//! Signals.

#![allow(unsafe_code, reason = "reads signal actions and registers an exit handler")]

use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::exit::Failure;

/// The signal that ends this process; 0 if there is none.
static ENDED_BY: AtomicI32 = AtomicI32::new(0);

/// After this call, a signal that ends the process closes its maps first. The parent still sees that the
/// signal ended the process, because a shell stops a loop only then.
pub(crate) fn close_maps_on_signals() -> Result<(), Failure> {
    let handled: Vec<c_int> =
        [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal)).collect();
    let mut signals = listen(&handled)?;
    // Exit handlers run in reverse order. This one runs last, after the library's handler, which closes
    // the open maps.
    // SAFETY: the function has the right signature, and exists as long as the process.
    unsafe { libc::atexit(end_by_signal) };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            ENDED_BY.store(signal, Ordering::Relaxed);
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

extern "C" fn end_by_signal() {
    let signal = ENDED_BY.load(Ordering::Relaxed);
    if signal != 0 {
        // It does not return. If it fails, the exit code still contains the signal.
        let _ = emulate_default_handler(signal);
    }
}

/// Whether the parent started this process with a signal ignored, as `nohup` does.
fn is_ignored(signal: c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: no new action is passed, and the pointer for the current one is valid.
    let result = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all zeros are valid for this structure, and the system may have filled it.
    let action = unsafe { action.assume_init() };
    result == 0 && action.sa_sigaction == libc::SIG_IGN
}

fn listen(signals: &[c_int]) -> Result<Signals, Failure> {
    Signals::new(signals).map_err(|error| Failure::io("listen to signals", &error))
}

/// Runs a command and waits for its end. Passes SIGTERM and SIGHUP on to it; the terminal itself sends SIGINT and
/// SIGQUIT to it.
pub(crate) fn run_to_end(command: &mut Command) -> io::Result<ExitStatus> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    let mut child = command.spawn()?;
    let id = Pid::from_raw(child.id().cast_signed());
    // `None` as soon as another process could get the process ID.
    let receiver = Arc::new(Mutex::new(Some(id)));
    let passing_on = Arc::clone(&receiver);
    std::thread::spawn(move || {
        for signal in &mut signals {
            let receiver = passing_on.lock().unwrap_or_else(PoisonError::into_inner);
            if let (Some(id), SIGHUP | SIGTERM) = (*receiver, signal) {
                // The process may have just ended.
                let _ = kill(id, Signal::try_from(signal).ok());
            }
        }
    });
    wait_without_reaping(child.id());
    *receiver.lock().unwrap_or_else(PoisonError::into_inner) = None;
    child.wait()
}

/// Waits for the end of a child, and lets it keep its process ID. nix has no `waitid` for macOS.
fn wait_without_reaping(id: u32) {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let how = libc::WEXITED | libc::WNOWAIT;
    loop {
        // SAFETY: there is room for what the system writes.
        let done = unsafe { libc::waitid(libc::P_PID, id as libc::id_t, info.as_mut_ptr(), how) };
        if done == 0 || Errno::last() != Errno::EINTR {
            return;
        }
    }
}

/// Ends this process like the command: with its exit code, or by the signal that ended it.
pub(crate) fn exit_like(status: ExitStatus) -> Result<ExitCode, Failure> {
    if let Some(signal) = status.signal() {
        // Other signals may write a memory dump, which would be of this process.
        if let SIGHUP | SIGINT | SIGTERM = signal {
            let _ = emulate_default_handler(signal);
        }
        std::process::exit(128 + signal);
    }
    std::process::exit(status.code().unwrap_or(1));
}
