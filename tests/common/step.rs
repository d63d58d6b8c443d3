//! Stops another process before any of its system calls, so that a test can make something happen at that moment.

use super::process::Actor;
use super::{not_run, unique};

/// An actor that this process traces with `ptrace`.
pub struct Stepped {
    thread: i32,
    /// The first argument of the system call before which the actor is stopped.
    first: u64,
}

/// Where the command of the actor is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Before the system call with this number.
    Before(u64),
    /// At the end: the actor is about to write its answer.
    Done,
}

const ENTRY: u8 = 1;

/// The C library's type for the requests of `ptrace`.
#[cfg(target_env = "musl")]
type Request = libc::c_int;
/// The C library's type for the requests of `ptrace`.
#[cfg(not(target_env = "musl"))]
type Request = libc::c_uint;

/// `PTRACE_GET_SYSCALL_INFO`, which `libc` does not define for every target.
const GET_SYSCALL_INFO: Request = 0x420e;

/// The system call that finds data and holes.
#[cfg(target_pointer_width = "64")]
pub const SEEK: u64 = libc::SYS_lseek as u64;
/// The system call that finds data and holes.
#[cfg(target_pointer_width = "32")]
pub const SEEK: u64 = libc::SYS__llseek as u64;

impl Stepped {
    /// Takes control of an actor that waits for a command. `None` if this system forbids tracing.
    pub fn attach(actor: &mut Actor) -> Option<Stepped> {
        let thread: i32 = actor.ask(&["thread"]).ok()?.parse().ok()?;
        let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
        // SAFETY: the request uses no memory of this process.
        if unsafe { libc::ptrace(libc::PTRACE_SEIZE, thread, 0, options) } != 0 {
            return None;
        }
        // SAFETY: as above.
        if unsafe { libc::ptrace(libc::PTRACE_INTERRUPT, thread, 0, 0) } != 0 {
            return None;
        }
        let stepped = Stepped { thread, first: 0 };
        stepped.wait();
        Some(stepped)
    }

    /// Runs the command up to the next system call.
    pub fn next(&mut self) -> Step {
        loop {
            self.resume(libc::PTRACE_SYSCALL);
            if let Some(step) = self.entered_call() {
                return step;
            }
        }
    }

    /// Runs the command over `count` system calls, up to the next one.
    pub fn skip(&mut self, count: usize) -> Step {
        let mut step = self.next();
        for _ in 0..count {
            if step == Step::Done {
                break;
            }
            step = self.next();
        }
        step
    }

    /// The first argument of the next system call.
    pub fn first_argument(&self) -> u64 {
        self.first
    }

    /// Whether a descriptor of the actor refers to a directory.
    pub fn is_directory(&self, descriptor: u64) -> bool {
        std::path::Path::new(&format!("/proc/{}/fd/{descriptor}", self.thread)).is_dir()
    }

    /// Makes the next system call fail with this error. The kernel does not execute it, except for `close`, which
    /// closes the descriptor even if it fails.
    #[cfg(target_arch = "x86_64")]
    pub fn fail(&mut self, call: u64, error: i32) {
        use std::mem::offset_of;
        if call != libc::SYS_close as u64 {
            // A number that is not a system call.
            self.write_register(offset_of!(libc::user_regs_struct, orig_rax), -1);
        }
        self.resume(libc::PTRACE_SYSCALL);
        self.write_register(offset_of!(libc::user_regs_struct, rax), -i64::from(error));
    }

    /// Writes a register of the stopped thread.
    #[cfg(target_arch = "x86_64")]
    fn write_register(&self, at: usize, value: i64) {
        // SAFETY: the request uses no memory of this process. The thread is stopped, so its registers can be written.
        let result = unsafe { libc::ptrace(libc::PTRACE_POKEUSER, self.thread, at, value) };
        assert_eq!(result, 0, "write a register: {}", std::io::Error::last_os_error());
    }

    /// Kills the actor where it is stopped.
    pub fn kill(self, mut actor: Actor) {
        // SAFETY: signals a child that nobody has waited for yet.
        unsafe { libc::kill(actor.id() as i32, libc::SIGKILL) };
        // The process ends only after its tracer has waited for the traced thread. The order in which the two end
        // depends on the kernel.
        while !actor.has_ended() {
            let mut status = 0;
            let how = libc::__WALL | libc::WNOHANG;
            // SAFETY: asks for the status of the traced thread, and writes it into the variable.
            unsafe { libc::waitpid(self.thread, &raw mut status, how) };
            std::thread::yield_now();
        }
        std::mem::forget(self);
    }

    /// Lets the actor run without being traced.
    pub fn release(self) {
        // SAFETY: the request uses no memory of this process.
        unsafe { libc::ptrace(libc::PTRACE_DETACH, self.thread, 0, 0) };
        std::mem::forget(self);
    }

    fn resume(&self, how: Request) {
        // SAFETY: the request uses no memory of this process.
        let result = unsafe { libc::ptrace(how, self.thread, 0, 0) };
        assert_eq!(result, 0, "continue the actor: {}", std::io::Error::last_os_error());
        self.wait();
    }

    fn wait(&self) {
        let mut status = 0;
        // SAFETY: waits for the traced thread, and writes its status into the variable.
        let result = unsafe { libc::waitpid(self.thread, &raw mut status, libc::__WALL) };
        assert_eq!(result, self.thread, "wait for a stop: {}", std::io::Error::last_os_error());
        assert!(libc::WIFSTOPPED(status), "the actor ended during a command");
    }

    /// The next system call, if the actor is stopped before one.
    fn entered_call(&mut self) -> Option<Step> {
        let mut info = [0_u64; 12];
        let size = size_of_val(&info);
        // SAFETY: the kernel writes at most `size` bytes into the array.
        let length =
            unsafe { libc::ptrace(GET_SYSCALL_INFO, self.thread, size, info.as_mut_ptr()) };
        assert!(length > 0, "ask for the system call: {}", std::io::Error::last_os_error());
        // struct ptrace_syscall_info: op (one byte) and arch, two pointers, then the number and the arguments.
        let operation = info[0].to_ne_bytes()[0];
        let (number, first) = (info[3], info[4]);
        if operation != ENTRY {
            return None;
        }
        self.first = first;
        if number == libc::SYS_write as u64 && first == 1 {
            return Some(Step::Done);
        }
        Some(Step::Before(number))
    }
}

/// If a test fails, the stopped actor does not stay behind.
impl Drop for Stepped {
    fn drop(&mut self) {
        // SAFETY: signals the traced thread and, with it, its process.
        unsafe { libc::kill(self.thread, libc::SIGKILL) };
        let mut status = 0;
        // SAFETY: waits for the traced thread, and writes its status into the variable.
        while unsafe { libc::waitpid(self.thread, &raw mut status, libc::__WALL) } == self.thread
            && libc::WIFSTOPPED(status)
        {}
    }
}

/// Makes `O_TMPFILE` fail with this error in this thread: `EOPNOTSUPP` as in an old kernel, or an error of a sandbox.
pub fn forbid_nameless_objects(error: i32) {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let line = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
    // The bit of O_TMPFILE that no other flag has.
    let bit = (libc::O_TMPFILE & !libc::O_DIRECTORY) as u32;
    let argument = |number: u32| 16 + number * 8;
    let mut program = Vec::new();
    let calls = [
        (libc::SYS_openat, argument(2)),
        #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
        (libc::SYS_open, argument(1)),
    ];
    for (call, flags) in calls {
        program.extend([
            line(LOAD, 0, 0, 0),
            line(EQUAL, call as u32, 0, 4),
            line(LOAD, flags, 0, 0),
            line(AND, bit, 0, 0),
            line(EQUAL, 0, 1, 0),
            line(RETURN, libc::SECCOMP_RET_ERRNO | error as u32, 0, 0),
        ]);
    }
    program.push(line(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0));
    let filter =
        libc::sock_fprog { len: program.len() as u16, filter: program.as_ptr().cast_mut() };
    // SAFETY: takes numbers only.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }, 0);
    // SAFETY: the kernel copies the program during the call.
    let set = unsafe {
        libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter, 0, 0)
    };
    assert_eq!(set, 0, "forbid O_TMPFILE: {}", std::io::Error::last_os_error());
}

/// The reason why a test that needs steps did not run.
pub const NO_STEPS: &str = "this system does not let one process stop another (ptrace)";

/// The system calls that a command of an actor makes. `None` if this system forbids tracing.
pub fn calls_of(actor: &mut Actor, command: &[&str]) -> Option<Vec<u64>> {
    let mut stepped = Stepped::attach(actor)?;
    actor.say(command);
    let mut calls = Vec::new();
    while let Step::Before(call) = stepped.next() {
        calls.push(call);
    }
    stepped.release();
    assert!(actor.hear().starts_with("ok"));
    Some(calls)
}

/// Runs `act` with an actor that is stopped before the first system call of its command, then with one that is
/// stopped before the second one, and so on to the last one. `prepare` prepares the actor and the name and returns
/// the command. Returns the number of system calls, or 0 if this system forbids tracing.
pub fn at_every_step(
    suite: &str,
    mut prepare: impl FnMut(&mut Actor, &str) -> Vec<String>,
    mut act: impl FnMut(Actor, Stepped, &str, &str),
) -> usize {
    let mut steps = 0;
    // A sweep by another process can make one run shorter than the others, so the command must end three times in a
    // row.
    let mut ends = 0;
    while ends < 3 {
        let name = unique("step");
        let mut actor = Actor::start();
        let command = prepare(&mut actor, &name);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let Some(mut stepped) = Stepped::attach(&mut actor) else {
            not_run(suite, NO_STEPS);
            return 0;
        };
        actor.say(&command);
        let at = stepped.skip(steps);
        if at == Step::Done {
            stepped.release();
            actor.hear();
            ends += 1;
            continue;
        }
        ends = 0;
        act(actor, stepped, &name, &format!("step {steps}, {at:?}"));
        steps += 1;
    }
    assert!(steps > 1, "the command made only {steps} system calls");
    steps
}

/// A command for an actor.
pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A map whose only holder was killed.
pub fn dead(name: &str) {
    let mut actor = Actor::start();
    actor.ask(&["create", "m", name, "4096"]).expect("prepare a map");
    actor.ask(&["replace", "m", "old bytes"]).expect("prepare a map");
    actor.kill();
}
