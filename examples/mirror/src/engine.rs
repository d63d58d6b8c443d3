//! The server: a connection for commands, and one that receives publications.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, Connection, IntoConnectionInfo, RedisError, RedisResult, Script};

use crate::mirror::{Engine, Outcome, Publication, Value, Version};

/// How many seconds the engine remembers the last publication of a writer. If a mirror lost an answer and reconnects
/// later than that, it may publish its value a second time.
const REMEMBERED: u64 = 30 * 24 * 60 * 60;

/// The server's address, and the time-out.
pub(crate) struct Server {
    client: Client,
    timeout: Duration,
}

impl Server {
    /// Parses the address; does not connect.
    pub(crate) fn new(url: &str, timeout: Duration) -> RedisResult<Server> {
        let info = url.into_connection_info()?;
        // Ensures that no read or write waits forever on a dead connection, including those that the client makes to log in.
        let alive = TcpKeepalive::new().with_time(timeout).with_interval(timeout);
        let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(alive);
        #[cfg(target_os = "linux")]
        let tcp = tcp.set_user_timeout(timeout);
        Ok(Server { client: Client::open(info.set_tcp_settings(tcp))?, timeout })
    }

    /// The address without its password.
    pub(crate) fn shown(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// Connects. While the session exists, another thread calls `heard` for every publication, and `lost` if its connection
    /// fails. No publication after the return of this function is missed.
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
            let sent = match listen(&mut connection, &channel, &wanted, &tell, heard) {
                Ok(()) => return,
                Err(error) => tell.send(Err(error)),
            };
            // Connecting has already returned, so the subscription was lost later.
            if let Err(mpsc::SendError(Err(error))) = sent {
                lost(error);
            }
        });
        match subscribed.recv() {
            Ok(answer) => answer.map(|()| session),
            Err(_) => Err(malformed("the subscription failed without an answer")),
        }
    }

    fn connection(&self) -> RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(self.timeout)?;
        connection.set_read_timeout(Some(self.timeout))?;
        connection.set_write_timeout(Some(self.timeout))?;
        Ok(connection)
    }
}

/// Receives publications until the session ends.
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
            // A time without publications is normal if the server still answers.
            Err(error) if error.is_timeout() => subscription.ping()?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A connection to the engine.
pub(crate) struct Session {
    commands: Connection,
    /// The key of the value, and the channel of its publications.
    key: String,
    writer: String,
    writer_key: String,
    script: Script,
    /// Whether the session still needs publications.
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
            _ => Err(malformed("the script returned an unknown answer")),
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
