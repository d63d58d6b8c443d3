//! The machine that was measured.

/// Processors, memory and kernel, in one line.
pub(crate) fn machine() -> String {
    let text = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let information = text("/proc/cpuinfo");
    let model =
        information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = text("/proc/meminfo");
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib: Option<u64> = memory.and_then(|size| size.trim().trim_end_matches(" kB").parse().ok());
    let load = text("/proc/loadavg");
    format!(
        "{processors} processors ({}), {} GiB of memory, Linux {}, a load average of {}",
        model.map_or("unknown", |(_, model)| model.trim()),
        kib.unwrap_or(0) >> 20,
        text("/proc/sys/kernel/osrelease").split('-').next().unwrap_or_default().trim(),
        load.split(' ').nth(1).unwrap_or("?")
    )
}

/// Nanoseconds of a clock that is the same for all processes.
#[cfg(target_os = "linux")]
pub(crate) fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// How many nanoseconds a process has run on processors.
#[cfg(target_os = "linux")]
pub(crate) fn processor_time(process: u32) -> crate::Result<u64> {
    let file = format!("/proc/{process}/schedstat");
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let first = text.split_whitespace().next().and_then(|time| time.parse().ok());
    first.ok_or_else(|| format!("{file} has no time in '{text}'"))
}

/// The file of a map, for system calls that the library does not make.
#[cfg(target_os = "linux")]
pub(crate) fn shared_file(name: &str) -> std::path::PathBuf {
    std::path::Path::new(mmf::backend::FOLDER.unwrap_or(".")).join(name)
}
