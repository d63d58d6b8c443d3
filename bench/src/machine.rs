//! What was measured on.

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
        "{processors} processors ({}), {} GiB of memory, Linux {}, {} programs on average wanted a processor",
        model.map_or("unknown", |(_, model)| model.trim()),
        kib.unwrap_or(0) >> 20,
        text("/proc/sys/kernel/osrelease").split('-').next().unwrap_or_default().trim(),
        load.split(' ').nth(1).unwrap_or("?")
    )
}
