//! Signals and Ctrl+C.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{close_maps_on_signals, exit_like, run_to_end};
#[cfg(windows)]
pub(crate) use windows::{close_maps_on_signals, exit_like, run_to_end};

/// Waits until a signal ends this process.
pub(crate) fn wait_for_signal() -> ! {
    loop {
        std::thread::park();
    }
}
