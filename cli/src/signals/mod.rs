//! What ends a process from outside: signals, Ctrl+C.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{close_maps_at_a_signal, end_as, outlive};
#[cfg(windows)]
pub(crate) use windows::{close_maps_at_a_signal, end_as, outlive};

/// Waits until something ends this process.
pub(crate) fn wait_for_the_end() -> ! {
    loop {
        std::thread::park();
    }
}
