//! Real processes for tests: the test program starts itself again as an *actor*, which does what
//! it is told line by line.
//!
//! A test file that uses actors has this one test more:
//!
//! ```ignore
//! #[test]
//! fn actor() { common::process::act(); }
//! ```

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mmf::{
    Access, Map, MapOptions, Permissions, SaveOptions, SavePart, TextOptions, TrustedOwner, Watch,
};

/// The watches of an actor, by the keys of their maps.
static WATCHES: Mutex<BTreeMap<String, Arc<Watch>>> = Mutex::new(BTreeMap::new());

fn watch_of(key: &str) -> Arc<Watch> {
    WATCHES.lock().expect("no panic before")[key].clone()
}

/// Marks the lines of the conversation among what the test harness prints.
const MARK: &str = "@actor\t";
const ROLE: &str = "MMF_TEST_ACTOR";

/// A process of its own, with maps of its own.
pub struct Actor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Actor {
    pub fn start() -> Actor {
        Actor::start_with(|_| {})
    }

    /// Starts one after `change` had its say about the command.
    pub fn start_with(change: impl FnOnce(&mut Command)) -> Actor {
        let mut command = Command::new(std::env::current_exe().expect("the test program's path"));
        command
            .args(["actor", "--exact", "--nocapture", "--test-threads=1"])
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().expect("start an actor");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut actor = Actor { input: child.stdin.take(), output, child };
        assert_eq!(actor.hear(), "ready", "an actor that starts says so");
        actor
    }

    /// Starts one as another user. Nothing, and said so, where this process cannot become one.
    #[cfg(unix)]
    pub fn start_as(uid: u32, suite: &str) -> Option<Actor> {
        use std::os::unix::process::CommandExt;
        // The other user must get at the test program, wherever it was built.
        let (_folder, program) = super::again::for_everybody();
        let mut probe = Command::new(&program);
        if !probe.arg("--list").uid(uid).gid(uid).output().is_ok_and(|it| it.status.success()) {
            super::not_run(suite, "only root can become another user, and not everywhere");
            return None;
        }
        Some(Actor::start_with(|command| {
            let mut other = Command::new(&program);
            other.args(command.get_args());
            other.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
            other.stdin(Stdio::piped()).stdout(Stdio::piped()).current_dir("/").uid(uid).gid(uid);
            *command = other;
        }))
    }

    /// Has one command done; what came of it, or the name of the status that it failed with.
    pub fn ask(&mut self, command: &[&str]) -> Result<String, String> {
        self.say(command);
        let answer = self.hear();
        match answer.split_once('\t') {
            Some(("ok", value)) => Ok(value.to_owned()),
            Some(("err", value)) => Err(value.to_owned()),
            _ => panic!("an actor said {answer:?} to {command:?}"),
        }
    }

    /// Gives a command without waiting for the answer.
    pub fn say(&mut self, command: &[&str]) {
        let input = self.input.as_mut().expect("the actor listens");
        writeln!(input, "{}", command.join("\t")).expect("talk to an actor");
    }

    /// Waits for the next answer.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.output.read_line(&mut line).expect("listen to an actor");
            assert_ne!(read, 0, "an actor ended without an answer");
            // The harness may have written something in front, without ending the line.
            if let Some(at) = line.find(MARK) {
                return line[at + MARK.len()..].trim_end_matches(['\r', '\n']).to_owned();
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is gone, by whoever buried it.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it as nothing can be caught: SIGKILL, TerminateProcess.
    pub fn kill(mut self) {
        self.child.kill().expect("kill an actor");
        self.child.wait().expect("wait for an actor");
    }

    /// Has it end by a command that gives no answer (`return`, `exit`, `quit`).
    pub fn end(mut self, how: &str) -> ExitStatus {
        self.say(&[how]);
        self.input = None;
        self.child.wait().expect("wait for an actor")
    }

    /// Has it end, and says whether it did within a time that only a hang takes.
    pub fn ends(mut self, how: &str) -> bool {
        self.say(&[how]);
        self.input = None;
        let start = std::time::Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().expect("ask for an actor") {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    pub fn wait(mut self) -> ExitStatus {
        self.input = None;
        self.child.wait().expect("wait for an actor")
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // Whatever became of the test, nobody is left waiting for commands.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an actor does. False: this process is none, as in the ordinary run of the tests.
pub fn act() -> bool {
    if std::env::var_os(ROLE).is_none() {
        return false;
    }
    // Never dropped, as in a script that never closes what it opens.
    let maps: &'static mut BTreeMap<String, Map> = Box::leak(Box::default());
    let mut message = String::new();
    answer("ready");
    for line in std::io::stdin().lines() {
        let line = line.expect("a command");
        let words: Vec<&str> = line.split('\t').collect();
        match words[0] {
            "return" => return true,
            "exit" => std::process::exit(0),
            // The sentence of the last error.
            "message" => answer(&format!("ok\t{message}")),
            _ => match obey(maps, &words) {
                Ok(value) => answer(&format!("ok\t{value}")),
                Err(error) => {
                    answer(&format!("err\t{}", error.kind().name()));
                    message = error.message().to_owned();
                }
            },
        }
    }
    true
}

pub fn answer(text: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{MARK}{text}").and_then(|()| out.flush()).expect("answer");
}

fn obey(maps: &mut BTreeMap<String, Map>, words: &[&str]) -> mmf::Result<String> {
    let text = TextOptions::new();
    let number = |at: usize| words[at].parse::<u64>().expect("a number");
    let options = |at: usize| {
        words.iter().skip(at).fold(MapOptions::new(), |options, word| match *word {
            "inheritable" => options.inheritable(true),
            "read" => options.access(Access::Read),
            "for all" => options.permissions(Permissions::new().mode(0o666)),
            "trust root" => options,
            "trust all" => options.trusted_owner(TrustedOwner::Anyone),
            word => match word.strip_prefix("trust ").map(str::parse) {
                Some(Ok(uid)) => options.trusted_owner(TrustedOwner::User(uid)),
                _ => panic!("an actor does not know the option {word:?}"),
            },
        })
    };
    match words {
        ["create", key, name, _, ..] => {
            maps.insert((*key).into(), options(4).create_new(name, number(3))?);
        }
        ["create_many", name, size, count] => {
            for number in 0..count.parse::<u32>().expect("a number") {
                let name = format!("{name}-{number}");
                let size = size.parse().expect("a number");
                maps.insert(name.clone(), MapOptions::new().create_new(&name, size)?);
            }
        }
        ["create_or_open", key, name, _, ..] => {
            maps.insert((*key).into(), options(4).create_or_open(name, number(3))?);
        }
        ["open", key, name, ..] => {
            maps.insert((*key).into(), options(3).open(name)?);
        }
        ["open_waiting", key, name, seconds] => {
            let wait = Duration::from_secs(seconds.parse().expect("a number"));
            maps.insert((*key).into(), MapOptions::new().wait(wait).open(name)?);
        }
        ["map_file", key, path, name] => {
            maps.insert((*key).into(), MapOptions::new().name(name).map_file(path)?);
        }
        ["map_path", key, path] => {
            maps.insert((*key).into(), Map::map_file(path)?);
        }
        // A map of the memory of another one.
        ["map_memory_of", key, other] => {
            let memory = maps[*other].duplicate_descriptor()?;
            maps.insert((*key).into(), MapOptions::new().map_descriptor(memory)?);
        }
        ["map_larger", key, path, _] => {
            let map = MapOptions::new().capacity(number(3)).map_file(path)?;
            maps.insert((*key).into(), map);
        }
        ["anonymous", key, _] => {
            maps.insert((*key).into(), MapOptions::new().create_anonymous(number(2))?);
        }
        ["create_for", key, name, uid] => {
            let owner = Permissions::new().uid(uid.parse().expect("a number"));
            maps.insert(
                (*key).into(),
                MapOptions::new().permissions(owner).create_new(name, 4_096)?,
            );
        }
        ["create_file", key, path, name, _] => {
            let options = MapOptions::new().file_mode(mmf::FileMode::Create).name(name);
            maps.insert((*key).into(), options.capacity(number(4)).map_file(path)?);
        }
        ["map_new_file", key, path, name, _] => {
            let (mode, name) =
                (mmf::FileMode::OpenOrCreate, Some(*name).filter(|it| !it.is_empty()));
            maps.insert(
                (*key).into(),
                super::named(MapOptions::new().file_mode(mode), name)
                    .capacity(number(4))
                    .map_file(path)?,
            );
        }
        ["close", key] => drop(maps.remove(*key)),
        ["replace", key, value] => maps[*key].replace_text_with(value, &text)?,
        ["replace_long", key, letter, length] => {
            maps[*key]
                .replace_text_with(&letter.repeat(length.parse().expect("a number")), &text)?;
        }
        ["append_long", key, letter, length] => {
            maps[*key]
                .append_text_with(&letter.repeat(length.parse().expect("a number")), &text)?;
        }
        ["append", key, value] => maps[*key].append_text_with(value, &text)?,
        ["append_many", key, value, count] => {
            for number in 0..count.parse::<u32>().expect("a number") {
                maps[*key].append_text_with(&format!("{value}{number}"), &text)?;
            }
        }
        ["write", key, _, value] => maps[*key].write_at(value.as_bytes(), number(2))?,
        ["append_with_gaps", key, value, count] => {
            for number in 0..count.parse::<u32>().expect("a number") {
                // What is behind the NULs is the line; what is before them ends one.
                let bytes = format!("#\0\0\0#{value}{number}#");
                maps[*key].append_bytes_with(bytes.as_bytes(), &text.clone().separator(""))?;
            }
        }
        ["append_beside_raw", key, value, count] => {
            let count: u64 = count.parse().expect("a number");
            for number in 0..count {
                // Far behind the content, and the next append stands behind it.
                let line = format!("#{value}{number}#");
                let under = maps[*key].lock_exclusive(Duration::MAX)?;
                let end = maps[*key].content_length_with(&text.clone().lock(&under))?;
                maps[*key].write_at(line.as_bytes(), end + 100)?;
            }
        }
        ["read", key] => return maps[*key].read_text_with(&text).map(|it| it.replace("\r\n", "|")),
        ["read_content", key] => {
            return maps[*key].read_bytes_with(&text).map(|it| it.escape_ascii().to_string());
        }
        ["capacity", key] => return Ok(maps[*key].capacity().to_string()),
        ["foreign", key] => return Ok(maps[*key].is_foreign().to_string()),
        ["orphaned", key] => return maps[*key].is_orphaned().map(|it| it.to_string()),
        ["descriptor", key] => {
            #[cfg(unix)]
            return Ok(super::number(&maps[*key]).to_string());
            #[cfg(windows)]
            return Ok(super::number(&maps[*key]).addr().to_string());
        }
        ["lock", key, milliseconds] => {
            let time = Duration::from_millis(milliseconds.parse().expect("a number"));
            std::mem::forget(maps[*key].lock_exclusive(time)?);
        }
        ["take_once", key, numbers, mode, _] => {
            return take_once(maps, key, numbers, mode, number(4));
        }
        ["take_turns", key, numbers, own, mode, _] => {
            take_turns(maps, key, numbers, own, mode, number(5))?
        }
        ["view", key] => {
            std::mem::forget(maps[*key].view(0, 0, Access::ReadWrite)?);
        }
        ["watch", key] => {
            let watch = Arc::new(maps[*key].watch()?);
            WATCHES.lock().expect("no panic before").insert((*key).into(), watch);
        }
        // What the wait ends with; for ever if no time is given.
        ["wait", key, rest @ ..] => {
            let time = rest.first().map(|it| Duration::from_millis(it.parse().expect("a number")));
            return Ok(format!("{:?}", watch_of(key).wait(time)?));
        }
        // Ends the process if the wait ends with anything else, so that a forked child fails, too.
        ["wait_for", key, event, rest @ ..] => {
            let time = rest.first().map(|it| Duration::from_millis(it.parse().expect("a number")));
            let found = format!("{:?}", watch_of(key).wait(time)?);
            if found != *event {
                eprintln!("{found} instead of {event}");
                std::process::abort();
            }
        }
        // Whether the descriptor of the watch is ready, after so many milliseconds at most.
        #[cfg(unix)]
        ["ready", key, time] => {
            use std::os::fd::AsRawFd;
            let fd = watch_of(key).as_raw_fd();
            let mut ready = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
            let time = time.parse().expect("a number");
            // SAFETY: one structure, which is read and written during the call.
            return Ok((unsafe { libc::poll(&raw mut ready, 1, time) } == 1).to_string());
        }
        ["close_watch", key] => watch_of(key).close(),
        ["wait_aside", key] => {
            let watch = watch_of(key);
            std::thread::spawn(move || watch.wait(None));
        }
        ["unwatch", key] => drop(WATCHES.lock().expect("no panic before").remove(*key)),
        ["notify", key] => maps[*key].notify()?,
        ["list"] => {
            let names: Vec<String> = mmf::list()?.into_iter().map(|map| map.name).collect();
            return Ok(names.join("|"));
        }
        ["listed", name] => {
            let found = mmf::list()?.into_iter().find(|map| map.name == *name);
            return Ok(found.map_or("not".to_owned(), |map| {
                format!("owner {:?} trusted {} path {:?}", map.owner, map.trusted, map.path)
            }));
        }
        ["save", key, path] => {
            let options = SaveOptions::new().part(SavePart::Content);
            maps[*key].save_with(path, &options)?;
        }
        #[cfg(target_os = "linux")]
        ["descriptors"] => {
            let open = std::fs::read_dir("/proc/self/fd").expect("there is a /proc");
            return Ok(open.count().to_string());
        }
        #[cfg(target_os = "linux")]
        ["thread"] => {
            // SAFETY: asks for a number.
            return Ok(unsafe { libc::gettid() }.to_string());
        }
        // What a program sees that this process starts.
        #[cfg(target_os = "linux")]
        ["inherited"] => {
            let script = "for fd in /proc/self/fd/*; do readlink $fd; done";
            let seen = Command::new("sh").args(["-c", script]).output().expect("start a shell");
            return Ok(String::from_utf8_lossy(&seen.stdout).replace('\n', "|"));
        }
        // How many inodes the inotify instances of the process watch.
        #[cfg(target_os = "linux")]
        ["watched"] => {
            let all = std::fs::read_dir("/proc/self/fdinfo").expect("there is a /proc");
            let texts = all.flatten().flat_map(|it| std::fs::read_to_string(it.path()));
            let count = texts.map(|text| text.matches("inotify wd:").count()).sum::<usize>();
            return Ok(count.to_string());
        }
        #[cfg(unix)]
        ["use_up_descriptors"] => use_up_descriptors(),
        #[cfg(unix)]
        ["open_at_exit", path] => open_at_exit(path),
        #[cfg(unix)]
        ["write_for_ever", key] => write_for_ever(maps, key)?,
        #[cfg(target_os = "linux")]
        ["forbid_nameless_objects"] => super::step::forbid_nameless_objects(libc::EOPNOTSUPP),
        #[cfg(target_os = "linux")]
        ["forbid_nameless_objects", error] => {
            super::step::forbid_nameless_objects(error.parse().expect("a number"));
        }
        #[cfg(unix)]
        ["become", uid] => become_user(uid.parse().expect("a number")),
        ["read_view", key, length] => {
            let mut bytes = vec![0; length.parse().expect("a number")];
            maps[*key].view(0, 0, Access::Read)?.read_at(&mut bytes, 0)?;
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        ["write_view", key, value] => {
            maps[*key].view(0, 0, Access::ReadWrite)?.write_at(value.as_bytes(), 0)?;
        }
        #[cfg(unix)]
        ["read_duplicate", key, length] => {
            use std::os::unix::fs::FileExt;
            let file = std::fs::File::from(maps[*key].duplicate_descriptor()?);
            let mut bytes = vec![0; length.parse().expect("a number")];
            file.read_exact_at(&mut bytes, 0).expect("read through the descriptor");
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        ["both_lock", key] => {
            // Two threads at once through one handle, in both ways.
            std::thread::scope(|scope| {
                let reader = scope.spawn(|| {
                    for _ in 0..200 {
                        maps[*key].read_text_with(&text)?;
                    }
                    Ok(())
                });
                for number in 0..200 {
                    maps[*key].replace_text_with(&number.to_string(), &text)?;
                }
                reader.join().expect("no panic")
            })?;
        }
        #[cfg(unix)]
        ["umask", mode] => {
            let mode = u32::from_str_radix(mode, 8).expect("an octal number");
            // SAFETY: sets a number.
            unsafe { libc::umask(mode as libc::mode_t) };
        }
        #[cfg(unix)]
        ["fork", how @ ..] => return Ok(fork(maps, how)),
        other => panic!("an actor does not know {other:?}"),
    }
    Ok(String::new())
}

/// Takes the lock once, in waits of so many milliseconds, and returns how many did so before. The numbers
/// in shared memory are: how many began, and how many had it.
fn take_once(
    maps: &BTreeMap<String, Map>,
    key: &str,
    numbers: &str,
    mode: &str,
    milliseconds: u64,
) -> mmf::Result<String> {
    use std::sync::atomic::Ordering::SeqCst;
    let numbers = maps[numbers].view(0, 0, Access::ReadWrite)?;
    numbers.atomic_u64(0)?.fetch_add(1, SeqCst);
    loop {
        match lock(&maps[key], mode, Duration::from_millis(milliseconds)) {
            // As a caller does that looks from time to time whether it is still to wait.
            Err(error) if error.kind() == mmf::ErrorKind::Timeout && milliseconds < 1_000 => {}
            lock => {
                let _lock = lock?;
                return Ok(numbers.atomic_u64(8)?.fetch_add(1, SeqCst).to_string());
            }
        }
    }
}

/// Takes the lock, works a moment and gives it back, again and again, until all together did that `total`
/// times. The numbers in shared memory are: how many are ready, all turns, and behind them each one's own.
fn take_turns(
    maps: &BTreeMap<String, Map>,
    key: &str,
    numbers: &str,
    own: &str,
    mode: &str,
    total: u64,
) -> mmf::Result<()> {
    use std::sync::atomic::Ordering::SeqCst;
    let numbers = maps[numbers].view(0, 0, Access::ReadWrite)?;
    let own = numbers.atomic_u64(own.parse().expect("a number"))?;
    let (ready, all) = (numbers.atomic_u64(0)?, numbers.atomic_u64(8)?);
    ready.fetch_add(1, SeqCst);
    loop {
        let lock = lock(&maps[key], mode, Duration::MAX)?;
        if all.load(SeqCst) >= total {
            return Ok(());
        }
        all.fetch_add(1, SeqCst);
        own.fetch_add(1, SeqCst);
        // The work under the lock.
        std::thread::sleep(Duration::from_millis(1));
        drop(lock);
    }
}

fn lock(map: &Map, mode: &str, timeout: Duration) -> mmf::Result<mmf::ContentLock> {
    match mode {
        "read" => map.lock_shared(timeout),
        _ => map.lock_exclusive(timeout),
    }
}

/// Forks. The child does what the words say and ends; the answer is its process id, or, if the
/// words do not begin with `later`, how it ended.
#[cfg(unix)]
fn fork(maps: &mut BTreeMap<String, Map>, how: &[&str]) -> String {
    let later = how.first() == Some(&"later");
    let how = if later { &how[1..] } else { how };
    // SAFETY: the child only uses what the calling thread owns, and ends without unwinding.
    match unsafe { libc::fork() } {
        0 => {
            let failed = match how {
                ["exit"] => false,
                ["close", key] => {
                    drop(maps.remove(*key));
                    false
                }
                // Outlives its parent, and ends by itself if nobody ends it.
                ["stay"] => loop {
                    // SAFETY: asks for a signal in some minutes, long after any test.
                    unsafe { libc::alarm(300) };
                    // SAFETY: waits for a signal, and nothing else.
                    unsafe { libc::pause() };
                },
                // One command behind the other.
                all => all.split(|word| *word == ";").any(|command| obey(maps, command).is_err()),
            };
            // SAFETY: the exit handlers run, as in any program that ends in the ordinary way.
            unsafe { libc::exit(i32::from(failed)) }
        }
        child => {
            assert!(child > 0, "fork");
            if later {
                return child.to_string();
            }
            let mut status = 0;
            // SAFETY: waits for our own child, and writes its status into the variable.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            status.to_string()
        }
    }
}

/// Opens as many descriptors as the process may have.
#[cfg(unix)]
fn use_up_descriptors() {
    let limit = libc::rlimit { rlim_cur: 256, rlim_max: 256 };
    // SAFETY: the structure is read during the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    while let Ok(file) = std::fs::File::open("/dev/null") {
        std::mem::forget(file);
    }
}

/// Gives away what a daemon gives away when it has opened what it needs.
#[cfg(unix)]
fn become_user(uid: libc::uid_t) {
    // SAFETY: gives up all groups.
    assert_eq!(unsafe { libc::setgroups(0, std::ptr::null()) }, 0);
    // SAFETY: changes numbers of this process.
    assert_eq!(unsafe { libc::setgid(uid) }, 0);
    // SAFETY: changes numbers of this process.
    assert_eq!(unsafe { libc::setuid(uid) }, 0);
}

/// Has a file opened while the process ends, under the lowest number that is free then.
#[cfg(unix)]
fn open_at_exit(path: &str) {
    static PATH: std::sync::OnceLock<std::ffi::CString> = std::sync::OnceLock::new();
    extern "C" fn open() {
        let path = PATH.get().expect("set before");
        for _ in 0..16 {
            // SAFETY: a NUL-terminated path and plain flags; the numbers stay open to the end.
            unsafe { libc::open(path.as_ptr(), libc::O_CREAT | libc::O_RDWR, 0o600) };
        }
    }
    PATH.set(std::ffi::CString::new(path).expect("a path")).expect("once");
    // SAFETY: a function with the right signature that lives as long as the program.
    unsafe { libc::atexit(open) };
}

/// Starts a thread that writes through the map, and one that writes through a view, until the
/// process is gone.
#[cfg(unix)]
fn write_for_ever(maps: &BTreeMap<String, Map>, key: &str) -> mmf::Result<()> {
    let map: &'static Map = Box::leak(Box::new(Map::open(maps[key].name().expect("named"))?));
    let view = map.view(0, 0, Access::ReadWrite)?;
    std::thread::spawn(move || {
        loop {
            // Errors are welcome once the process ends; crashes are not.
            let _ = map.write_at(b"through the descriptor", 0);
        }
    });
    std::thread::spawn(move || {
        loop {
            view.write_at(b"through the view", 100).expect("inside");
        }
    });
    Ok(())
}
