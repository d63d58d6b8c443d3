//! Telling of changes by a number in shared memory and an event for each of its values.
//!
//! The number counts changes: it is the *generation* of the watched map. One bit beside it,
//! *armed*, says that a watcher waits for the end of this generation. A writer advances the
//! generation; while no watcher waits, it does nothing else. A watcher creates the event of the
//! generation that it has seen, arms the state, and sleeps until the event is set. Events are set
//! once, never reset, and never used for another generation, so a wake-up for one watcher is never
//! taken by another.
//!
//! Each step can be the last one of a process. The tests search all interleavings of these steps.

/// The shared number: the generation, and in its lowest bit whether a watcher waits for its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(pub(super) u64);

impl State {
    pub(super) fn generation(self) -> u64 {
        self.0 >> 1
    }

    fn is_armed(self) -> bool {
        self.0 & 1 != 0
    }

    fn armed(self) -> State {
        State(self.0 | 1)
    }

    /// The next generation, not armed.
    fn next(self) -> State {
        State(self.generation().wrapping_add(1) << 1)
    }
}

/// What writers and watchers share. All operations are sequentially consistent.
pub(super) trait Shared {
    /// The event of one generation. The system removes it when no process has it open.
    type Event;
    type Error;

    fn state(&self) -> Result<State, Self::Error>;

    /// Changes the state if it is still `from`, and says whether it was.
    fn exchange(&self, from: State, to: State) -> Result<bool, Self::Error>;

    /// Opens the event of a generation, or creates it, not set.
    fn event(&self, generation: u64) -> Result<Self::Event, Self::Error>;

    fn set(&self, event: &Self::Event) -> Result<(), Self::Error>;

    fn close(&self, event: Self::Event) -> Result<(), Self::Error>;
}

/// Tells that something was changed, after it was.
pub(super) fn notify<S: Shared>(shared: &S) -> Result<(), S::Error> {
    let first = shared.state()?;
    let mut state = first;
    loop {
        // Created if it is missing: a watcher may have armed the state, and others may be about to
        // open the event. It is held until the generation is over, so that all of them open this
        // event, which is set.
        let event = state.is_armed().then(|| shared.event(state.generation())).transpose()?;
        if let Some(event) = &event {
            shared.set(event)?;
        }
        let advanced = shared.exchange(state, state.next())?;
        if let Some(event) = event {
            shared.close(event)?;
        }
        if advanced {
            return Ok(());
        }
        state = shared.state()?;
        if state.generation() != first.generation() {
            // Another writer advanced it after this one's change.
            return Ok(());
        }
    }
}

/// What one watch has seen, and the event by which it hears of more.
#[derive(Debug)]
pub(super) struct Watcher<E> {
    seen: u64,
    /// The event of the generation that was seen; the state is armed as long as that lasts.
    event: Option<E>,
}

impl<E> Watcher<E> {
    /// A watcher that sees all changes from now on.
    pub(super) fn new<S: Shared<Event = E>>(shared: &S) -> Result<Watcher<E>, S::Error> {
        Ok(Watcher { seen: shared.state()?.generation(), event: None })
    }

    /// The event that is set at the next change. `None`: there was a change already.
    pub(super) fn arm<S: Shared<Event = E>>(&mut self, shared: &S) -> Result<Option<&E>, S::Error> {
        loop {
            if shared.state()?.generation() != self.seen {
                return Ok(None);
            }
            if self.event.is_some() {
                break;
            }
            let event = shared.event(self.seen)?;
            // Read again: before the event was open, a writer may have set another one of the same name and
            // closed it.
            let state = shared.state()?;
            let same = state.generation() == self.seen;
            if same && (state.is_armed() || shared.exchange(state, state.armed())?) {
                self.event = Some(event);
                break;
            }
            shared.close(event)?;
        }
        Ok(self.event.as_ref())
    }

    /// The event that it waits for, if it does.
    pub(super) fn event(&self) -> Option<&E> {
        self.event.as_ref()
    }

    /// Takes note of a change: after [`Watcher::arm`] gave no event, or when its event was set.
    pub(super) fn take<S: Shared<Event = E>>(&mut self, shared: &S) -> Result<(), S::Error> {
        loop {
            let state = shared.state()?;
            if state.generation() != self.seen {
                self.seen = state.generation();
                break;
            }
            // The writer that set the event has not advanced the generation, and may have been killed.
            shared.exchange(state, state.next())?;
        }
        // Not before the generation is over: as long as the state is armed, its event must stay the
        // same.
        self.event.take().map_or(Ok(()), |event| shared.close(event))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::{BTreeMap, HashSet};

    use super::*;

    /// Most actors of a scene.
    const ACTORS: usize = 3;

    /// The actors: first the writers, each with its number of writes, then the watchers.
    #[derive(Clone, Copy)]
    struct Cast {
        writers: usize,
        writes: u8,
        watchers: usize,
    }

    /// A deliberate fault.
    #[derive(Clone, Copy, PartialEq)]
    enum Fault {
        None,
        /// A watcher does not read the state again when its event is open.
        ReadsOnce,
        /// A writer opens the event, and does not create it if it is missing.
        OpensOnly,
        /// A writer closes the event before it advances the generation.
        ClosesEarly,
    }

    /// What all share. An event has a bit for each actor that has it open, and may be set.
    #[derive(Clone, Default, PartialEq, Eq, Hash)]
    struct World {
        state: u64,
        events: BTreeMap<u64, (u8, bool)>,
        /// How often something was written.
        written: u8,
        /// The last write of which its writer has finished telling.
        told: u8,
        /// The last write that each watcher has looked at.
        looked: [u8; ACTORS],
    }

    impl World {
        fn close(&mut self, actor: usize, generation: u64) {
            if let Some(event) = self.events.get_mut(&generation) {
                event.0 &= !(1 << actor);
            }
            self.events.retain(|_, event| event.0 != 0);
        }
    }

    /// A writer or a watcher: where it stands, and what its steps gave since.
    #[derive(Clone, Default, PartialEq, Eq, Hash)]
    struct Actor {
        /// The generation that a watcher has seen. None: it does not watch yet.
        seen: Option<u64>,
        /// The writes that a writer has still to do; 0 when it was killed.
        left: u8,
        steps: Vec<u64>,
    }

    /// Why an actor's code did not get to its end.
    enum Stop {
        /// One step was done, and the next one is another turn.
        Turn,
        /// It sleeps.
        Blocked,
    }

    /// Runs an actor's code from its current position: repeats the recorded steps and does one
    /// more.
    struct Turn<'a> {
        number: usize,
        writes: bool,
        fault: Fault,
        world: RefCell<&'a mut World>,
        steps: RefCell<&'a mut Vec<u64>>,
        at: Cell<usize>,
        done: Cell<bool>,
        read: Cell<Option<u64>>,
    }

    impl Turn<'_> {
        fn step(&self, work: impl FnOnce(&mut World) -> Option<u64>) -> Result<u64, Stop> {
            let at = self.at.replace(self.at.get() + 1);
            let mut steps = self.steps.borrow_mut();
            if let Some(result) = steps.get(at) {
                return Ok(*result);
            }
            if self.done.replace(true) {
                return Err(Stop::Turn);
            }
            let result = work(&mut self.world.borrow_mut()).ok_or(Stop::Blocked)?;
            steps.push(result);
            Ok(result)
        }

        fn write_once(&self) -> Result<(), Stop> {
            let write = self.step(|world| {
                world.written += 1;
                Some(world.written.into())
            })?;
            notify(self)?;
            let mut world = self.world.borrow_mut();
            world.told = world.told.max(write as u8);
            Ok(())
        }

        fn watch_once(&self, seen: Option<u64>) -> Result<u64, Stop> {
            let mut watcher = match seen {
                None => Watcher::new(self)?,
                Some(seen) => Watcher { seen, event: None },
            };
            if seen.is_some() {
                if let Some(event) = watcher.arm(self)?.copied() {
                    self.step(|world| world.events[&event].1.then_some(0))?;
                    assert_eq!(watcher.event(), Some(&event));
                }
                watcher.take(self)?;
            }
            self.step(|world| {
                world.looked[self.number] = world.written;
                Some(0)
            })?;
            Ok(watcher.seen)
        }
    }

    impl Shared for Turn<'_> {
        type Event = u64;
        type Error = Stop;

        fn state(&self) -> Result<State, Stop> {
            if self.fault == Fault::ReadsOnce
                && !self.writes
                && let Some(read) = self.read.take()
            {
                return Ok(State(read));
            }
            let read = self.step(|world| Some(world.state))?;
            self.read.set(Some(read));
            Ok(State(read))
        }

        fn exchange(&self, from: State, to: State) -> Result<bool, Stop> {
            self.read.take();
            let done = self.step(|world| {
                let same = world.state == from.0;
                if same {
                    world.state = to.0;
                }
                Some(same.into())
            })?;
            Ok(done != 0)
        }

        fn event(&self, generation: u64) -> Result<u64, Stop> {
            self.step(|world| {
                let opens_only = self.fault == Fault::OpensOnly && self.writes;
                if !opens_only || world.events.contains_key(&generation) {
                    world.events.entry(generation).or_default().0 |= 1 << self.number;
                }
                Some(0)
            })?;
            Ok(generation)
        }

        fn set(&self, event: &u64) -> Result<(), Stop> {
            self.step(|world| {
                if let Some(found) = world.events.get_mut(event) {
                    found.1 = true;
                }
                if self.fault == Fault::ClosesEarly {
                    world.close(self.number, *event);
                }
                Some(0)
            })?;
            Ok(())
        }

        fn close(&self, event: u64) -> Result<(), Stop> {
            self.step(|world| {
                world.close(self.number, event);
                Some(0)
            })?;
            Ok(())
        }
    }

    #[derive(Clone, Default, PartialEq, Eq, Hash)]
    struct Scene {
        world: World,
        actors: [Actor; ACTORS],
        /// The killed actor.
        killed: Option<usize>,
    }

    impl Scene {
        /// The scene after one step of an actor. `None` if the actor has no step left.
        fn after(&self, number: usize, writes: bool, fault: Fault) -> Option<Scene> {
            let mut scene = self.clone();
            let Scene { world, actors, .. } = &mut scene;
            let actor = &mut actors[number];
            let turn = Turn {
                number,
                writes,
                fault,
                world: world.into(),
                steps: (&mut actor.steps).into(),
                at: 0.into(),
                done: false.into(),
                read: None.into(),
            };
            let ended = match writes {
                true => turn.write_once().map(|()| actor.left -= 1),
                false => turn.watch_once(actor.seen).map(|seen| actor.seen = Some(seen)),
            };
            match ended {
                Ok(()) => actor.steps.clear(),
                Err(Stop::Turn) => {}
                Err(Stop::Blocked) => return None,
            }
            Some(scene)
        }

        /// The scene after an actor was killed. One is, at most.
        fn without(&self, number: usize) -> Option<Scene> {
            if self.killed.is_some() || self.actors[number].steps.is_empty() {
                return None;
            }
            let mut scene = self.clone();
            scene.killed = Some(number);
            scene.actors[number] = Actor::default();
            for event in self.world.events.keys() {
                scene.world.close(number, *event);
            }
            Some(scene)
        }

        /// Whether a watcher missed a change that its writer has reported.
        fn missed(&self, watchers: std::ops::Range<usize>) -> bool {
            let alive = watchers.filter(|number| self.killed != Some(*number));
            alive.into_iter().any(|number| self.world.looked[number] < self.world.told)
        }
    }

    /// Explores all possible scenes up to the first bad one. Returns the number of scenes and of
    /// bad ones. In a bad scene no actor has a step left although a watcher missed a change.
    fn search(cast: Cast, fault: Fault) -> (usize, usize) {
        let mut first = Scene::default();
        first.actors[..cast.writers].iter_mut().for_each(|writer| writer.left = cast.writes);
        let all = cast.writers + cast.watchers;
        let mut found = HashSet::from([first.clone()]);
        let mut left = vec![first];
        let mut bad = 0;
        while bad == 0
            && let Some(scene) = left.pop()
        {
            let acting = (0..all).filter(|number| {
                let done = *number < cast.writers && scene.actors[*number].left == 0;
                !done && scene.killed != Some(*number)
            });
            let mut next: Vec<Scene> = acting
                .filter_map(|number| scene.after(number, number < cast.writers, fault))
                .collect();
            bad += usize::from(next.is_empty() && scene.missed(cast.writers..all));
            next.extend((0..all).filter_map(|number| scene.without(number)));
            left.extend(next.into_iter().filter(|scene| found.insert(scene.clone())));
        }
        (found.len(), bad)
    }

    const ONE_WRITER: Cast = Cast { writers: 1, writes: 1, watchers: 2 };
    const TWO_WRITERS: Cast = Cast { writers: 2, writes: 1, watchers: 1 };

    #[test]
    fn nobody_sleeps_through_a_change() {
        for cast in [ONE_WRITER, TWO_WRITERS] {
            let (scenes, bad) = search(cast, Fault::None);
            assert!(scenes > 1_000, "only {scenes} scenes were searched");
            assert_eq!(bad, 0, "of {scenes}");
        }
    }

    #[test]
    fn each_precaution_is_needed() {
        for (name, fault) in [
            ("the second read", Fault::ReadsOnce),
            ("creating the event", Fault::OpensOnly),
            ("holding the event", Fault::ClosesEarly),
        ] {
            assert_ne!(search(ONE_WRITER, fault).1, 0, "without {name}");
        }
    }
}
