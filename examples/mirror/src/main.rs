//! Keeps a named map identical on several hosts, with Valkey or Redis: run this program on each host.

mod engine;
mod local;
mod mirror;

use std::fmt::Display;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use clap::Parser;
use mmf::{Event, Map, Watch};
use redis::RedisError;

use engine::{Server, Session};
use local::MapContent;
use mirror::{Failure, Mirror};

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Keeps a named map identical on several hosts, with Valkey or Redis.
///
/// Run one on each host. The last change that the server accepts wins. Press Ctrl+C to end the program.
#[derive(Debug, Parser)]
#[command(version, args_override_self = true)]
struct Arguments {
    /// The map's name, the same on all hosts.
    name: String,

    /// The size of the map in bytes, if it does not exist on this host yet.
    #[arg(long, value_name = "BYTES", default_value_t = 65536)]
    size: u64,

    /// The server. Set an address with a password in the environment, because lists of processes show arguments.
    #[arg(
        long,
        value_name = "URL",
        env = "MMF_MIRROR_SERVER",
        hide_env_values = true,
        default_value = "redis://127.0.0.1:6379/"
    )]
    server: String,

    /// How long the server may be silent before the connection counts as lost.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

/// An event that the program waits for.
enum Happening {
    /// The map of this host was changed, possibly by this program.
    Changed,
    /// A value was published, possibly by this program.
    Published,
    /// The connection of this number failed.
    Lost(u64, RedisError),
    /// The map can no longer be watched.
    Ended(String),
}

/// The reason why a session ended.
enum End {
    /// Another session may succeed.
    Connection(RedisError),
    /// The map is the reason, so another connection does not help.
    Map(String),
}

fn main() -> ExitCode {
    let message = match run(&Arguments::parse()) {
        Ok(never) => match never {},
        Err(message) => message,
    };
    eprintln!("error: {message}");
    ExitCode::FAILURE
}

fn run(arguments: &Arguments) -> Result<std::convert::Infallible, String> {
    let timeout = Duration::from_secs(arguments.timeout);
    let server = Server::new(&arguments.server, timeout).map_err(|error| {
        format!("The server's address is not valid: {error}. Write it as redis://HOST:PORT/.")
    })?;
    ctrlc::set_handler(|| {
        let _complete = local::not_writing();
        std::process::exit(0);
    })
    .map_err(|error| format!("Could not set a handler for Ctrl+C: {error}."))?;

    let map = Map::create_or_open(&arguments.name, arguments.size).map_err(shown)?;
    let (tell, happenings) = mpsc::channel();
    // Creates the watch before the first read, so that no change in between is missed.
    let watch = map.watch().map_err(shown)?;
    let watcher = tell.clone();
    std::thread::spawn(move || follow(&watch, &watcher));

    let mut mirror = Mirror::new(MapContent { map });
    let mut status = Status::new(&arguments.name, &server);
    let writer = writer().map_err(|error| format!("Could not get random numbers: {error}."))?;
    let mut pause = SHORTEST_PAUSE;
    for number in 0.. {
        let (heard, lost) = (tell.clone(), tell.clone());
        let session = server.connect(
            &arguments.name,
            &writer,
            move || drop(heard.send(Happening::Published)),
            move |error| drop(lost.send(Happening::Lost(number, error))),
        );
        let end = match session {
            Ok(session) => serve(session, number, &mut mirror, &happenings, timeout, || {
                pause = SHORTEST_PAUSE;
                status.connected();
            }),
            Err(error) => End::Connection(error),
        };
        match end {
            End::Connection(error) => status.disconnected(&error),
            End::Map(message) => return Err(message),
        }
        for happening in happenings.try_iter() {
            if let Happening::Ended(message) = happening {
                return Err(message);
            }
        }
        std::thread::sleep(pause);
        pause = LONGEST_PAUSE.min(pause * 2);
    }
    unreachable!("the numbers do not end")
}

/// Keeps the map and the engine's value identical until the connection fails.
fn serve(
    mut session: Session,
    number: u64,
    mirror: &mut Mirror<MapContent>,
    happenings: &Receiver<Happening>,
    timeout: Duration,
    mut in_sync: impl FnMut(),
) -> End {
    loop {
        match mirror.sync(&mut session) {
            Ok(()) => in_sync(),
            Err(Failure::Engine(error)) => return End::Connection(error),
            Err(Failure::Local(error)) if error.kind() == mmf::ErrorKind::Timeout => {
                eprintln!("{error} Trying again.");
            }
            Err(Failure::Local(error)) => return End::Map(shown(error)),
        }
        // If there is no event in this time, the next sync asks for the version, which shows whether the server is alive.
        let mut next = happenings.recv_timeout(timeout).ok();
        // One sync handles all events so far.
        while let Some(happening) = next {
            match happening {
                Happening::Changed | Happening::Published => {}
                Happening::Lost(lost, error) if lost == number => return End::Connection(error),
                Happening::Lost(..) => {}
                Happening::Ended(message) => return End::Map(message),
            }
            next = happenings.try_recv().ok();
        }
    }
}

/// Reports every change of the map.
fn follow(watch: &Watch, tell: &Sender<Happening>) {
    loop {
        let happening = match watch.wait(None) {
            Ok(Event::Orphaned) => Happening::Ended(
                "The name no longer refers to this map, because another program removed or replaced it. Start again to mirror the map that it refers to now.".to_owned(),
            ),
            Ok(Event::Truncated) => Happening::Ended(
                "Another program truncated the map. Close it everywhere and start again.".to_owned(),
            ),
            Ok(_) => Happening::Changed,
            Err(error) => Happening::Ended(shown(error)),
        };
        let ended = matches!(happening, Happening::Ended(_));
        if tell.send(happening).is_err() || ended {
            return;
        }
    }
}

/// Reports the state of the connection to the user, but repeats no message.
struct Status {
    name: String,
    server: String,
    connected: bool,
    /// The messages since the connection was lost.
    reported: Vec<String>,
}

impl Status {
    fn new(name: &str, server: &Server) -> Status {
        Status {
            name: name.to_owned(),
            server: server.shown(),
            connected: false,
            reported: Vec::new(),
        }
    }

    fn connected(&mut self) {
        if !self.connected {
            println!("The map '{}' follows the server {}.", self.name, self.server);
            self.connected = true;
            self.reported.clear();
        }
    }

    fn disconnected(&mut self, error: &RedisError) {
        self.connected = false;
        let reason = match error.is_timeout() {
            true => "it does not answer".to_owned(),
            false => shown(error),
        };
        if !self.reported.contains(&reason) {
            eprintln!(
                "No connection to the server {}: {reason}. Trying again until it succeeds; press Ctrl+C to end.",
                self.server
            );
            self.reported.push(reason);
        }
    }
}

/// A name that is unique to this start of the program.
fn writer() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn shown(error: impl Display) -> String {
    error.to_string()
}
