//! The rules by which a map and the engine's value follow each other. Nothing here knows of maps, servers or time,
//! so the tests below can put any event between any two steps.

use std::fmt;

/// Which value it is: by its number, and by who published it. An engine that lost data may give out a number
/// again, but never the same publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) revision: u64,
    pub(crate) publication: String,
}

/// What the engine holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) version: Version,
    pub(crate) content: Vec<u8>,
}

/// What is sent to the engine, again and again until its answer arrives. The number makes that safe: the engine accepts
/// each number of a writer once.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) number: u64,
    pub(crate) content: Vec<u8>,
    /// Only if the engine has no value yet.
    pub(crate) first: bool,
}

/// The engine's answer to a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is the engine's value now.
    Accepted(Version),
    /// It was accepted at an earlier attempt, whose answer was lost. There may be newer values.
    AcceptedBefore,
    /// It was to be the first value, and there is one.
    NotFirst,
}

/// The server's side. An error says nothing about what the server did.
pub(crate) trait Engine {
    type Error;

    /// Which value the engine holds, if any.
    fn version(&mut self) -> Result<Option<Version>, Self::Error>;
    /// The value itself.
    fn value(&mut self) -> Result<Option<Value>, Self::Error>;
    /// Publishes, at most once per number.
    fn publish(&mut self, publication: &Publication) -> Result<Outcome, Self::Error>;
}

/// What became of a remote value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// The map shows it now.
    Done,
    /// A program on this host changed the map meanwhile; the map was left alone.
    ChangedHere,
    /// It does not fit into the map; the map was left alone.
    TooLong,
}

/// The map's side. Contents end with a byte that is not NUL.
pub(crate) trait Local {
    type Error;

    /// The content, never half written.
    fn read(&mut self) -> Result<Vec<u8>, Self::Error>;
    /// Replaces the content, if it is the expected one. Nobody can change it between the two.
    fn replace(&mut self, expected: Option<&[u8]>, content: &[u8])
    -> Result<Replaced, Self::Error>;
    /// The engine's value does not fit into the map.
    fn too_long(&mut self, value: &Value);
}

/// What stopped [`Mirror::sync`]. Calling it again with a new connection is always right.
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

/// The state in which map and engine agreed last.
#[derive(Debug)]
struct Agreed {
    /// A content of the map that differs from this one was written by a program on this host.
    content: Vec<u8>,
    /// A version of the engine that differs from this one is news. `None`: whatever it has is news.
    version: Option<Version>,
}

/// Keeps one map and the engine's value the same.
pub(crate) struct Mirror<L> {
    local: L,
    /// Nothing, before the first agreement.
    agreed: Option<Agreed>,
    /// What was sent and not answered. Nothing else is done before it is settled.
    outstanding: Option<Publication>,
    last_number: u64,
}

impl<L: Local> Mirror<L> {
    pub(crate) fn new(local: L) -> Mirror<L> {
        Mirror { local, agreed: None, outstanding: None, last_number: 0 }
    }

    /// Publishes what changed here and takes what changed elsewhere, until neither is left.
    ///
    /// A change of this host goes first: it is published and so becomes the latest value. The engine's value
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

    /// Sends what is outstanding. If the answer does not arrive, it stays outstanding.
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

    /// Makes a publication of what a program on this host wrote. False if there is nothing.
    fn offer_change<E>(&mut self) -> Result<bool, Failure<L::Error, E>> {
        // Before the first agreement nobody knows whether the content is new or old.
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

    /// Takes the engine's value if it is news. True if map and engine agree.
    fn take<E: Engine>(&mut self, engine: &mut E) -> Result<bool, Failure<L::Error, E::Error>> {
        let Some(version) = engine.version().map_err(Failure::Engine)? else {
            return self.found_nothing();
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
                // It is no news any more; what this host writes from now on is.
                let content = match self.agreed.take() {
                    Some(agreed) => agreed.content,
                    None => self.local.read().map_err(Failure::Local)?,
                };
                self.agreed = Some(Agreed { content, version: Some(value.version) });
            }
        }
        Ok(false)
    }

    /// The engine has no value, or has lost it: it gets the one of the first mirror that comes. An empty map
    /// is none.
    fn found_nothing<E>(&mut self) -> Result<bool, Failure<L::Error, E>> {
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
