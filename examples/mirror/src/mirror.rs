//! The rules by which a map and the engine's value follow each other. This code knows nothing of maps, servers or time,
//! so the tests below can insert any event between any two steps.

use std::fmt;

/// Identifies a value by its number and its publication. An engine that lost data may use a number again, but never the
/// same publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) revision: u64,
    pub(crate) publication: String,
}

/// The value of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) version: Version,
    pub(crate) content: Vec<u8>,
}

/// A change that is sent to the engine repeatedly until its answer arrives. The number makes that safe: the engine accepts
/// each number of a writer once.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) number: u64,
    pub(crate) content: Vec<u8>,
    /// Publish only if the engine has no value yet.
    pub(crate) first: bool,
}

/// The engine's answer to a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The publication is now the engine's value.
    Accepted(Version),
    /// An earlier attempt, whose answer was lost, was accepted. There may be newer values.
    AcceptedBefore,
    /// The publication was for an engine without a value, but there is one.
    NotFirst,
}

/// The server's side. After an error, it is unknown whether the server executed the command.
pub(crate) trait Engine {
    type Error;

    /// The version of the engine's value, if there is one.
    fn version(&mut self) -> Result<Option<Version>, Self::Error>;
    /// The engine's value, if there is one.
    fn value(&mut self) -> Result<Option<Value>, Self::Error>;
    /// Publishes at most once per number.
    fn publish(&mut self, publication: &Publication) -> Result<Outcome, Self::Error>;
}

/// The result of replacing the content with a value of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// The map contains the value now.
    Done,
    /// A program on this host has changed the map, so its content was kept.
    ChangedHere,
    /// The value does not fit into the map, so its content was kept.
    TooLong,
}

/// The map's side. Contents end with a byte that is not NUL.
pub(crate) trait Local {
    type Error;

    /// The content, which is never half written.
    fn read(&mut self) -> Result<Vec<u8>, Self::Error>;
    /// Replaces the content atomically if it is the expected one.
    fn replace(&mut self, expected: Option<&[u8]>, content: &[u8])
    -> Result<Replaced, Self::Error>;
    /// Reports that the engine's value does not fit into the map.
    fn too_long(&mut self, value: &Value);
}

/// The side that failed. Calling [`Mirror::sync`] again with a new connection is always correct.
#[derive(Debug)]
pub(crate) enum Failure<L, E> {
    Local(L),
    Engine(E),
}

impl<L: fmt::Display, E: fmt::Display> fmt::Display for Failure<L, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Local(error) => error.fmt(formatter),
            Failure::Engine(error) => error.fmt(formatter),
        }
    }
}

/// The last state in which map and engine were identical.
#[derive(Debug)]
struct Agreed {
    /// If the map's content differs, a program on this host has changed it.
    content: Vec<u8>,
    /// If the engine's version differs, its value is new. With `None`, any value is new.
    version: Option<Version>,
}

/// Keeps a map and the engine's value identical.
pub(crate) struct Mirror<L> {
    local: L,
    /// `None` before the first agreement.
    agreed: Option<Agreed>,
    /// A publication without an answer. It must be settled first.
    outstanding: Option<Publication>,
    last_number: u64,
}

impl<L: Local> Mirror<L> {
    pub(crate) fn new(local: L) -> Mirror<L> {
        Mirror { local, agreed: None, outstanding: None, last_number: 0 }
    }

    /// Publishes changes of this host and takes over changes of others, until there are none.
    ///
    /// A change of this host comes first: it is published, and so becomes the latest value. The engine's value
    /// replaces only a content that the engine knows.
    pub(crate) fn sync<E: Engine>(
        &mut self,
        engine: &mut E,
    ) -> Result<(), Failure<L::Error, E::Error>> {
        loop {
            if self.outstanding.is_some() {
                self.settle(engine)?;
            } else if !self.offer_change()? && self.take(engine)? {
                return Ok(());
            }
        }
    }

    /// Sends the outstanding publication. If no answer arrives, it stays outstanding.
    fn settle<E: Engine>(&mut self, engine: &mut E) -> Result<(), Failure<L::Error, E::Error>> {
        let Some(publication) = &self.outstanding else { return Ok(()) };
        let outcome = engine.publish(publication).map_err(Failure::Engine)?;
        let version = match outcome {
            Outcome::Accepted(version) => Some(version),
            Outcome::AcceptedBefore => None,
            Outcome::NotFirst => {
                self.outstanding = None;
                return Ok(());
            }
        };
        if let Some(publication) = self.outstanding.take() {
            self.agreed = Some(Agreed { content: publication.content, version });
        }
        Ok(())
    }

    /// Prepares a publication if a program on this host has changed the map. False if not.
    fn offer_change<E>(&mut self) -> Result<bool, Failure<L::Error, E>> {
        // Before the first agreement, it is unknown whether the content is new or old.
        let Some(agreed) = &self.agreed else { return Ok(false) };
        let content = self.local.read().map_err(Failure::Local)?;
        let changed = content != agreed.content;
        if changed {
            self.offer(content, false);
        }
        Ok(changed)
    }

    fn offer(&mut self, content: Vec<u8>, first: bool) {
        self.last_number += 1;
        self.outstanding = Some(Publication { number: self.last_number, content, first });
    }

    /// Takes over the engine's value if it is new. True if map and engine are identical.
    fn take<E: Engine>(&mut self, engine: &mut E) -> Result<bool, Failure<L::Error, E::Error>> {
        let Some(version) = engine.version().map_err(Failure::Engine)? else {
            return self.handle_missing_value();
        };
        if self.agreed.as_ref().is_some_and(|agreed| agreed.version.as_ref() == Some(&version)) {
            return Ok(true);
        }
        let Some(value) = engine.value().map_err(Failure::Engine)? else { return Ok(false) };
        let expected = self.agreed.as_ref().map(|agreed| &*agreed.content);
        match self.local.replace(expected, &value.content).map_err(Failure::Local)? {
            Replaced::Done => {
                self.agreed = Some(Agreed { content: value.content, version: Some(value.version) });
            }
            Replaced::ChangedHere => {}
            Replaced::TooLong => {
                self.local.too_long(&value);
                // The value counts as known now; only later changes of this host are published.
                let content = match self.agreed.take() {
                    Some(agreed) => agreed.content,
                    None => self.local.read().map_err(Failure::Local)?,
                };
                self.agreed = Some(Agreed { content, version: Some(value.version) });
            }
        }
        Ok(false)
    }

    /// The engine has no value, or has lost it. The first mirror that connects publishes its content, unless the map
    /// is empty.
    fn handle_missing_value<E>(&mut self) -> Result<bool, Failure<L::Error, E>> {
        let content = self.local.read().map_err(Failure::Local)?;
        if content.is_empty() {
            self.agreed = Some(Agreed { content, version: None });
            return Ok(true);
        }
        self.offer(content, true);
        Ok(false)
    }
}

#[cfg(test)]
mod tests;
