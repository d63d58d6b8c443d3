//! The server: one connection for commands, and one that hears of publications.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, Connection, IntoConnectionInfo, RedisError, RedisResult, Script};

use crate::mirror::{Engine, Outcome, Publication, Value, Version};

/// For how many seconds the engine remembers the last publication of a writer: a mirror that lost an answer and
/// comes back later than that may publish its value a second time.
const REMEMBERED: u64 = 30 * 24 * 60 * 60;

/// Where the server is, and how long it may be silent.
pub(crate) struct Server {
    client: Client,
    timeout: Duration,
}

impl Server {
    /// Reads the address; does not connect.
    pub(crate) fn new(url: &str, timeout: Duration) -> RedisResult<Server> {
        let info = url.into_connection_info()?;
        // So that no read or write of a dead connection lasts for ever, those that the client makes to log in included.
        let alive = TcpKeepalive::new().with_time(timeout).with_interval(timeout);
        let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(alive);
        #[cfg(target_os = "linux")]
        let tcp = tcp.set_user_timeout(timeout);
        Ok(Server { client: Client::open(info.set_tcp_settings(tcp))?, timeout })
    }

    /// The address, without a password that may have come with it.
    pub(crate) fn shown(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// Connects. As long as the session lives, another thread calls `heard` for every publication, and `lost` if its
    /// connection fails. No publication is missed between the return of this function and the first call.
    pub(crate) fn connect(
        &self,
        name: &str,
        writer: &str,
        heard: impl Fn() + Send + 'static,
        lost: impl FnOnce(RedisError) + Send + 'static,
    ) -> RedisResult<Session> {
        let key = format!("mmf:{{{name}}}");
        let session = Session {
            commands: self.connection()?,
            writer_key: format!("{key}:writer:{writer}"),
            key,
            writer: writer.to_owned(),
            script: Script::new(include_str!("publish.lua")),
            wanted: Arc::new(AtomicBool::new(true)),
        };
        let mut connection = self.connection()?;
        let (channel, wanted) = (session.key.clone(), Arc::clone(&session.wanted));
        let (tell, subscribed) = mpsc::channel();
        std::thread::spawn(move || {
            let told = match listen(&mut connection, &channel, &wanted, &tell, heard) {
                Ok(()) => return,
                Err(error) => tell.send(Err(error)),
            };
            // Nobody waits for the subscription any more: it is lost.
            if let Err(mpsc::SendError(Err(error))) = told {
                lost(error);
            }
        });
        match subscribed.recv() {
            Ok(answer) => answer.map(|()| session),
            Err(_) => Err(malformed("the subscription ended without an answer")),
        }
    }

    fn connection(&self) -> RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(self.timeout)?;
        connection.set_read_timeout(Some(self.timeout))?;
        connection.set_write_timeout(Some(self.timeout))?;
        Ok(connection)
    }
}

/// Hears publications until nobody wants to know any more.
fn listen(
    connection: &mut Connection,
    channel: &str,
    wanted: &AtomicBool,
    subscribed: &mpsc::Sender<RedisResult<()>>,
    heard: impl Fn(),
) -> RedisResult<()> {
    let mut subscription = connection.as_pubsub();
    subscription.subscribe(channel)?;
    let _ = subscribed.send(Ok(()));
    while wanted.load(Ordering::Relaxed) {
        match subscription.get_message() {
            Ok(_) => heard(),
            // Silence is normal, as long as the server is there.
            Err(error) if error.is_timeout() => subscription.ping()?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// One connection to the engine.
pub(crate) struct Session {
    commands: Connection,
    /// The value, and the channel of its publications.
    key: String,
    writer: String,
    writer_key: String,
    script: Script,
    /// Whether publications are still listened to.
    wanted: Arc<AtomicBool>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.wanted.store(false, Ordering::Relaxed);
    }
}

impl Engine for Session {
    type Error = RedisError;

    fn version(&mut self) -> RedisResult<Option<Version>> {
        let fields = redis::cmd("HMGET")
            .arg(&self.key)
            .arg(&["revision", "publication"])
            .query(&mut self.commands)?;
        match fields {
            (None, None) => Ok(None),
            (Some(revision), Some(publication)) => Ok(Some(Version { revision, publication })),
            _ => Err(self.foreign()),
        }
    }

    fn value(&mut self) -> RedisResult<Option<Value>> {
        let fields: (Option<u64>, Option<String>, Option<Vec<u8>>) = redis::cmd("HMGET")
            .arg(&self.key)
            .arg(&["revision", "publication", "content"])
            .query(&mut self.commands)?;
        match fields {
            (None, None, None) => Ok(None),
            (Some(revision), Some(publication), Some(content)) => {
                Ok(Some(Value { version: Version { revision, publication }, content }))
            }
            _ => Err(self.foreign()),
        }
    }

    fn publish(&mut self, publication: &Publication) -> RedisResult<Outcome> {
        let (answer, revision): (String, u64) = self
            .script
            .key(&self.key)
            .key(&self.writer_key)
            .arg(&self.writer)
            .arg(publication.number)
            .arg(if publication.first { "first" } else { "always" })
            .arg(&publication.content)
            .arg(REMEMBERED)
            .invoke(&mut self.commands)?;
        match &*answer {
            "accepted" => Ok(Outcome::Accepted(Version {
                revision,
                publication: format!("{}:{}", self.writer, publication.number),
            })),
            "before" => Ok(Outcome::AcceptedBefore),
            "not first" => Ok(Outcome::NotFirst),
            _ => Err(malformed("the script gave an unknown answer")),
        }
    }
}

impl Session {
    fn foreign(&self) -> RedisError {
        malformed(&format!("the key {} was not written by this program", self.key))
    }
}

fn malformed(what: &str) -> RedisError {
    RedisError::from((redis::ErrorKind::UnexpectedReturnType, "unexpected data", what.to_owned()))
}
