//! The suites of cargo commands: lints, and the tests of the library on each platform.

use std::path::Path;
use std::process::Command;

use crate::error::{fail, unavailable};
use crate::report::{self, Outcome, Row};
use crate::{library, process, rid};

fn step(name: &str, words: &str) -> Row {
    Row::step(name, process::show(&mut process::command(words)))
}

pub(super) fn format() -> Outcome {
    let mut git = process::command("git grep -I --files-with-matches");
    let line_ends = match git.arg("\r").output() {
        Ok(output) if output.status.code() == Some(1) => Ok(()),
        Ok(output) if output.status.success() => {
            let files = String::from_utf8_lossy(&output.stdout);
            fail(format!("these files have lines that end in CR LF: {}", files.trim_end()))
        }
        _ => unavailable("this is not a Git clone, or there is no git"),
    };
    let rows =
        [step("format", "cargo fmt --all --check"), Row::step("format: line ends", line_ends)];
    Ok(rows.into())
}

pub(super) fn lints() -> Outcome {
    let sets = [
        ("lints", "--workspace"),
        ("lints: without features", "--package mmf --no-default-features"),
        ("lints: without the header", "--package mmf --no-default-features --features capi"),
    ];
    let lint =
        |(name, set)| step(name, &format!("cargo clippy {set} --all-targets -- -D warnings"));
    Ok(sets.map(lint).into())
}

pub(super) fn docs() -> Outcome {
    let mut command = process::command("cargo doc --workspace --no-deps --document-private-items");
    Ok(vec![Row::step("docs", process::show(command.env("RUSTDOCFLAGS", "-D warnings")))])
}

pub(super) fn semver() -> Outcome {
    process::find("cargo-semver-checks")?;
    // HEAD^, so that a release is compared with the one before it.
    let mut describe = process::command("git describe --tags --abbrev=0 --match v* HEAD^");
    let Ok(tag) = process::run(&mut describe) else {
        return unavailable("Git has no release before this version");
    };
    Ok(vec![step("semver", &format!("cargo semver-checks --package mmf --baseline-rev {tag}"))])
}

/// All tests except those that have suites of their own.
pub(super) fn native() -> Outcome {
    let words = "cargo test --workspace --no-fail-fast --exclude mirror --exclude torture";
    let mut command = process::command(words);
    if !cfg!(target_os = "linux") {
        command.envs([ONE_BY_ONE]);
    }
    Ok(report::test("native", &mut command))
}

/// Makes the tests of a program run one after the other, except natively on Linux. The portable back end has one lock
/// for all names: on a busy machine, tests that wait too long for it fail with BUSY. In 32-bit programs, in emulators
/// and on Windows, parallel tests have not been tried.
const ONE_BY_ONE: (&str, &str) = ("RUST_TEST_THREADS", "1");

pub(super) fn mirror() -> Outcome {
    let mut command = process::command("cargo test --package mirror --no-fail-fast");
    Ok(report::test("mirror", &mut command))
}

pub(super) fn portable() -> Outcome {
    if !cfg!(target_os = "linux") {
        return unavailable("this suite runs only on Linux");
    }
    let mut command = process::command("cargo");
    for flags in ["RUSTFLAGS", "RUSTDOCFLAGS"] {
        command.env(flags, "--cfg mmf_backend=\"portable\"");
    }
    // With a target, cargo uses a separate folder, so that other flags do not rebuild everything.
    let host = rid::host()?.triple;
    library("portable", &mut command, host, "")
}

pub(super) fn musl() -> Outcome {
    process::find("musl-gcc")?;
    let mut command = process::command("cargo");
    command.env("CC_x86_64_unknown_linux_musl", "musl-gcc");
    library("musl", &mut command, "x86_64-unknown-linux-musl", "")
}

pub(super) fn i686() -> Outcome {
    process::find("gcc")?;
    let mut link = process::command("gcc -m32 -shared -x c /dev/null -o /dev/null");
    if process::run(&mut link).is_err() {
        return unavailable("gcc cannot link 32-bit programs (Debian: gcc-multilib)");
    }
    library("32-bit", &mut process::command("cargo"), "i686-unknown-linux-gnu", "")
}

pub(super) fn arm64() -> Outcome {
    const ROOT: &str = "/usr/aarch64-linux-gnu";
    process::find("cargo-zigbuild")?;
    process::find("qemu-aarch64")?;
    if !Path::new(ROOT).exists() {
        return unavailable("there is no C library for it (Debian: libc6-arm64-cross)");
    }
    // Tests start their own program again, so the kernel must know the emulator.
    let mut grep = process::command("grep -qrs interpreter.*qemu-aarch64 /proc/sys/fs/binfmt_misc");
    if !cfg!(target_arch = "aarch64") && process::run(&mut grep).is_err() {
        return unavailable(
            "the kernel cannot start Arm programs (.ci/run --tools registers qemu)",
        );
    }
    let mut command = process::command("cargo-zigbuild");
    // For the programs that tests start, which the kernel runs in qemu.
    command.env("QEMU_LD_PREFIX", ROOT);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("qemu-aarch64 -L {ROOT}"));
    library("arm64", &mut command, "aarch64-unknown-linux-gnu", QEMU_GETS_WRONG)
}

/// Tests that cannot pass in qemu's user emulation: lines with the reasons, and below each its tests.
const QEMU_GETS_WRONG: &str = "Left out:
qemu lets no program filter its system calls:
    a_creator_whose_half_made_object_was_removed_tries_again
    creating_without_o_tmpfile_is_safe_at_every_moment
    a_creator_that_is_killed_under_a_umask_frees_its_name
    memory_that_a_killed_creator_reserved_is_freed
    maps_can_be_created_whatever_error_forbids_o_tmpfile
    a_save_in_progress_is_not_taken_for_a_killed_one
emulated programs cannot be stepped through:
    a_save_killed_at_any_step_leaves_the_old_file_or_the_new_one
    the_content_lock_is_free_during_writes_to_the_disk
    remapping_a_named_file_survives_a_kill_at_any_step
qemu does not heed a limit of the address space:
    too_little_memory_is_an_error_in_utf8_and_utf16
    every_change_of_the_content_reports_a_lack_of_memory
qemu writes its own files under the limit:
    a_record_past_the_file_size_limit_causes_an_error_and_no_signal
qemu does not tell why a program could not be started:
    run_ends_with_the_exit_code_of_the_command
emulated code looks at few maps in a sweep's millisecond:
    the_sweep_reaches_a_dead_map_among_many_living_ones
    creating_any_map_frees_the_memory_of_killed_processes
";

/// Runs the tests of the library and of the command line for a platform, except those in the list `left_out`. Parts
/// that cannot run there, such as C programs without a compiler, run natively, so they do not count as skipped suites.
pub(super) fn library(suite: &str, command: &mut Command, triple: &str, left_out: &str) -> Outcome {
    command.args(["test", "--package", "mmf", "--package", "mmf-cli", "--no-fail-fast"]);
    library::needs_target(triple)?;
    // Wine starts programs slowly.
    let stress_kills = if suite == "windows" { "100" } else { "300" };
    command.envs([ONE_BY_ONE, ("MMF_KILLS", "60"), ("MMF_STRESS_KILLS", stress_kills)]);
    command.args(["--target", triple, "--"]);
    print!("{left_out}");
    for test in left_out.lines().filter_map(|line| line.strip_prefix("    ")) {
        command.args(["--skip", test]);
    }
    let mut rows = report::test(suite, command);
    for part in rows.split_off(1) {
        let reason = part.not_run.unwrap_or_default();
        rows[0].left_out.push(format!("{}: {reason}", part.suite));
    }
    Ok(rows)
}

/// Compiles with the oldest Rust that Cargo.toml promises, and for platforms whose tests cannot run on Debian.
pub(super) fn checks() -> Outcome {
    let with_tests =
        "x86_64-pc-windows-msvc i686-pc-windows-gnu x86_64-apple-darwin x86_64-unknown-freebsd";
    // These differ from other platforms only by the processor or the compiler's tools.
    let library = "i686-pc-windows-msvc aarch64-pc-windows-msvc aarch64-pc-windows-gnullvm \
         aarch64-apple-darwin aarch64-unknown-linux-musl";
    let oldest = format!("{}.0", env!("CARGO_PKG_RUST_VERSION"));
    let rustup = format!("rustup run {oldest} cargo");
    let checked = match process::run(&mut process::command(&format!("{rustup} --version"))) {
        Err(_) => unavailable(format!("it is not installed (rustup toolchain install {oldest})")),
        Ok(_) => {
            let words = format!("{rustup} check --workspace --locked");
            process::show(&mut process::command(&words))
        }
    };
    let mut rows = vec![Row::step(format!("checks: Rust {oldest}"), checked)];
    for (triples, what) in [(with_tests, "--package mmf-cli --all-targets"), (library, "--lib")] {
        rows.extend(triples.split(' ').map(|triple| {
            let words = format!("cargo check --package mmf {what} --target {triple}");
            let checked = library::needs_target(triple)
                .and_then(|()| process::show(&mut process::command(&words)));
            Row::step(format!("checks: {triple}"), checked)
        }));
    }
    Ok(rows)
}
