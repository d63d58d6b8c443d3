//! The suites that cargo runs: lints, and the tests of the library on each platform.

use std::path::Path;
use std::process::Command;

use crate::cargo;
use crate::error::{not_here, wrong};
use crate::process;
use crate::report::{Outcome, Row};
use crate::rid;

/// How many kills the stress test makes on platforms other than this machine's own.
const FEW_KILLS: &str = "300";

/// A command that works or does not.
fn step(name: &str, words: &str) -> Row {
    Row::step(name, process::show(&mut process::command(words)))
}

pub(super) fn format() -> Outcome {
    let mut git = process::command("git grep -I --files-with-matches");
    // LF at the end of each line, as .gitattributes asks for: a line with a CR is in no text.
    let line_ends = match git.arg("\r").output() {
        Ok(output) if output.status.code() == Some(1) => Ok(()),
        Ok(output) if output.status.success() => {
            let files = String::from_utf8_lossy(&output.stdout);
            wrong(format!("not all lines end in LF in {}", files.trim_end()))
        }
        _ => not_here("this is no clone, or there is no git"),
    };
    let rows =
        [step("format", "cargo fmt --all --check"), Row::step("format: line ends", line_ends)];
    Ok(rows.into())
}

/// As anybody builds it, and as those do who leave features out.
pub(super) fn lints() -> Outcome {
    let sets = [
        ("lints", "--workspace"),
        ("lints: without features", "--package mmf --no-default-features"),
        (
            "lints: the C ABI without its header",
            "--package mmf --no-default-features --features capi",
        ),
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
    // A release is compared with the one before it.
    let mut asked = process::command("git describe --tags --abbrev=0 --match v* HEAD^");
    let Ok(tag) = process::run(&mut asked) else {
        return not_here("no release stands before this version in Git");
    };
    Ok(vec![step("semver", &format!("cargo semver-checks --package mmf --baseline-rev {tag}"))])
}

/// All but what has suites of its own.
pub(super) fn native() -> Outcome {
    let words = "cargo test --workspace --no-fail-fast --exclude mirror --exclude torture";
    let mut command = process::command(words);
    if !cfg!(target_os = "linux") {
        one_by_one(&mut command);
    }
    Ok(cargo::test("native", &mut command))
}

/// Has the tests of a program wait for each other. On Linux, natively, they run side by side. The portable back
/// end decides about all names under one lock: on a busy machine those that wait for it are told BUSY in the
/// end. Nobody has tried what 32 bits, emulators and Windows make of it.
fn one_by_one(tests: &mut Command) {
    tests.env("RUST_TEST_THREADS", "1");
}

pub(super) fn mirror() -> Outcome {
    let words = "cargo test --package mirror --no-fail-fast";
    Ok(cargo::test("mirror", &mut process::command(words)))
}

pub(super) fn portable() -> Outcome {
    if !cfg!(target_os = "linux") {
        return not_here("it is this system's own back end, or for Linux only");
    }
    let mut command = process::command("cargo");
    for flags in ["RUSTFLAGS", "RUSTDOCFLAGS"] {
        command.env(flags, "--cfg mmf_backend=\"portable\"");
    }
    // Named, so that what is built with other flags has a folder of its own.
    let host = rid::host()?.triple;
    library("portable", command.env("MMF_STRESS_KILLS", FEW_KILLS), host, "")
}

pub(super) fn musl() -> Outcome {
    process::find("musl-gcc")?;
    let mut command = process::command("cargo");
    command.env("CC_x86_64_unknown_linux_musl", "musl-gcc").env("MMF_STRESS_KILLS", FEW_KILLS);
    library("musl", &mut command, "x86_64-unknown-linux-musl", "")
}

pub(super) fn i686() -> Outcome {
    process::find("gcc")?;
    let start = process::run(&mut process::command("gcc -m32 -print-file-name=crti.o"))?;
    // One that is found is printed with its folder.
    if start.trim() == "crti.o" && !Path::new("/usr/include/i386-linux-gnu/gnu").exists() {
        return not_here("gcc cannot link 32-bit programs (Debian: gcc-multilib)");
    }
    let mut command = process::command("cargo");
    command.env("MMF_STRESS_KILLS", FEW_KILLS);
    library("32-bit", &mut command, "i686-unknown-linux-gnu", "")
}

pub(super) fn arm64() -> Outcome {
    const ROOT: &str = "/usr/aarch64-linux-gnu";
    process::find("cargo-zigbuild")?;
    process::find("qemu-aarch64")?;
    if !Path::new(ROOT).exists() {
        return not_here("no C library for it (Debian: libc6-arm64-cross)");
    }
    // Tests start themselves, so the kernel has to know what starts an Arm program.
    let mut grep = process::command("grep -qrs interpreter.*qemu-aarch64 /proc/sys/fs/binfmt_misc");
    if !cfg!(target_arch = "aarch64") && process::run(&mut grep).is_err() {
        return not_here(
            "the kernel does not start Arm programs (.ci/run --tools tells it of qemu)",
        );
    }
    let mut command = process::command("cargo-zigbuild");
    // For the programs that tests start, which the kernel hands to qemu.
    command.env("QEMU_LD_PREFIX", ROOT).env("MMF_STRESS_KILLS", FEW_KILLS);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("qemu-aarch64 -L {ROOT}"));
    library("arm64", &mut command, "aarch64-unknown-linux-gnu", QEMU_GETS_WRONG)
}

/// Tests that cannot pass in qemu's user emulation.
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

/// The tests of the library and of the command line for a platform, which has a folder of its own below the
/// target folder; but for those that an emulator gets wrong.
/// Parts that cannot run there (C programs where there is no compiler) run natively, so they are told and
/// do not count as suites. What is left out is a text: a line for each reason, and below it the tests.
pub(super) fn library(suite: &str, command: &mut Command, triple: &str, left_out: &str) -> Outcome {
    command.args(["test", "--package", "mmf", "--package", "mmf-cli", "--no-fail-fast"]);
    cargo::needs_target(triple)?;
    one_by_one(command);
    command.env("MMF_KILLS", "60").args(["--target", triple, "--"]);
    print!("{left_out}");
    for test in left_out.lines().filter_map(|line| line.strip_prefix("    ")) {
        command.args(["--skip", test]);
    }
    let mut rows = cargo::test(suite, command);
    for part in rows.split_off(1) {
        let reason = part.not_run.unwrap_or_default();
        rows[0].left_out.push(format!("{}: {reason}", part.suite));
    }
    Ok(rows)
}

/// The oldest Rust that Cargo.toml promises, and platforms whose tests cannot run on any Debian machine:
/// they compile.
pub(super) fn checks() -> Outcome {
    let with_tests =
        "x86_64-pc-windows-msvc i686-pc-windows-gnu x86_64-apple-darwin x86_64-unknown-freebsd";
    // They differ from another one by the processor or the compiler's tools alone.
    let library = "i686-pc-windows-msvc aarch64-pc-windows-msvc aarch64-pc-windows-gnullvm \
         aarch64-apple-darwin aarch64-unknown-linux-musl";
    let oldest = format!("{}.0", env!("CARGO_PKG_RUST_VERSION"));
    let rustup = format!("rustup run {oldest} cargo");
    let checked = match process::run(&mut process::command(&format!("{rustup} --version"))) {
        Err(_) => not_here(format!("it is not installed (rustup toolchain install {oldest})")),
        Ok(_) => {
            let words = format!("{rustup} check --workspace --locked");
            process::show(&mut process::command(&words))
        }
    };
    let mut rows = vec![Row::step(format!("checks: Rust {oldest}"), checked)];
    for (triples, what) in [(with_tests, "--package mmf-cli --all-targets"), (library, "--lib")] {
        rows.extend(triples.split(' ').map(|triple| {
            let checked = cargo::needs_target(triple).and_then(|()| {
                let words = format!("cargo check --package mmf {what} --target {triple}");
                process::show(&mut process::command(&words))
            });
            Row::step(format!("checks: {triple}"), checked)
        }));
    }
    Ok(rows)
}
