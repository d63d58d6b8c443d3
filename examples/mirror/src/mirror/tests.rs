//! Two mirrors and an engine in one thread: any event can happen after every step, and every answer can be lost.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;

use super::*;

/// The shared state: the engine, and the maps of the hosts.
#[derive(Default)]
struct World {
    value: Option<Value>,
    settled: BTreeMap<String, u64>,
    /// The accepted values, in order.
    accepted: Vec<Vec<u8>>,
    /// Commands whose sender gave up, but which may still arrive.
    on_their_way: Vec<(String, Publication)>,
    maps: [Vec<u8>; 2],
    /// The number of values that programs have written. Each value is unique.
    written: u32,
    random: u64,
    /// Whether faults still happen.
    stormy: bool,
}

impl World {
    /// True in one of `sides` cases while faults happen.
    fn chance(&mut self, sides: u64) -> bool {
        self.stormy && self.below(sides) == 0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)) % end
    }

    /// Events that can happen between two steps of a mirror.
    fn meanwhile(&mut self) {
        if self.chance(4) {
            let host = self.below(2) as usize;
            self.write(host);
        }
        if self.chance(4) && !self.on_their_way.is_empty() {
            let number = self.below(self.on_their_way.len() as u64) as usize;
            let (writer, publication) = self.on_their_way.remove(number);
            self.execute(&writer, &publication);
        }
    }

    fn write(&mut self, host: usize) -> Vec<u8> {
        self.written += 1;
        self.maps[host] = format!("{} of host {host}", self.written).into_bytes();
        self.maps[host].clone()
    }

    /// Does the same as publish.lua.
    fn execute(&mut self, writer: &str, publication: &Publication) -> Outcome {
        if self.settled.get(writer).is_some_and(|number| *number >= publication.number) {
            return Outcome::AcceptedBefore;
        }
        if publication.first && self.value.is_some() {
            return Outcome::NotFirst;
        }
        let version = Version {
            revision: self.value.as_ref().map_or(1, |value| value.version.revision + 1),
            publication: format!("{writer}:{}", publication.number),
        };
        self.settled.insert(writer.to_owned(), publication.number);
        self.accepted.push(publication.content.clone());
        self.value = Some(Value { version: version.clone(), content: publication.content.clone() });
        Outcome::Accepted(version)
    }
}

struct Link {
    world: Rc<RefCell<World>>,
    writer: String,
}

#[derive(Debug)]
struct Cut;

impl Engine for Link {
    type Error = Cut;

    fn version(&mut self) -> Result<Option<Version>, Cut> {
        self.value().map(|value| value.map(|value| value.version))
    }

    fn value(&mut self) -> Result<Option<Value>, Cut> {
        let mut world = self.world.borrow_mut();
        world.meanwhile();
        let answer = world.value.clone();
        world.meanwhile();
        if world.chance(8) { Err(Cut) } else { Ok(answer) }
    }

    fn publish(&mut self, publication: &Publication) -> Result<Outcome, Cut> {
        let mut world = self.world.borrow_mut();
        world.meanwhile();
        if world.chance(6) {
            if world.chance(2) {
                world.on_their_way.push((self.writer.clone(), publication.clone()));
            }
            return Err(Cut);
        }
        let answer = world.execute(&self.writer, publication);
        world.meanwhile();
        if world.chance(4) { Err(Cut) } else { Ok(answer) }
    }
}

struct Page {
    world: Rc<RefCell<World>>,
    host: usize,
}

impl Local for Page {
    type Error = Infallible;

    fn read(&mut self) -> Result<Vec<u8>, Infallible> {
        let mut world = self.world.borrow_mut();
        world.meanwhile();
        Ok(world.maps[self.host].clone())
    }

    fn replace(&mut self, expected: Option<&[u8]>, content: &[u8]) -> Result<Replaced, Infallible> {
        let mut world = self.world.borrow_mut();
        world.meanwhile();
        let found = world.maps[self.host].clone();
        if expected.is_some_and(|expected| expected != found) {
            return Ok(Replaced::ChangedHere);
        }
        assert!(
            expected.is_none() || found.is_empty() || world.accepted.contains(&found),
            "a value was overwritten before the engine accepted it: {}",
            String::from_utf8_lossy(&found)
        );
        world.maps[self.host] = content.to_vec();
        Ok(Replaced::Done)
    }

    fn too_long(&mut self, value: &Value) {
        panic!("{value:?} fits");
    }
}

/// A mirror of one host, and its connection.
fn start(world: &Rc<RefCell<World>>, host: usize, start: u32) -> (Mirror<Page>, Link) {
    let page = Page { world: Rc::clone(world), host };
    let link = Link { world: Rc::clone(world), writer: format!("{host}-{start}") };
    (Mirror::new(page), link)
}

#[test]
fn all_hosts_end_with_the_last_accepted_value() {
    for seed in 0..5000 {
        let world = Rc::new(RefCell::new(World { random: seed, stormy: true, ..World::default() }));
        let mut hosts = [start(&world, 0, 0), start(&world, 1, 0)];
        for round in 1..40 {
            let host = world.borrow_mut().below(2) as usize;
            if world.borrow_mut().chance(10) {
                hosts[host] = start(&world, host, round);
            }
            let (mirror, link) = &mut hosts[host];
            let _ = mirror.sync(link);
        }

        world.borrow_mut().stormy = false;
        // A mirror takes over the engine's value once when it starts. After that, no change of its host may be lost.
        for (mirror, link) in &mut hosts {
            mirror.sync(link).expect("the link holds");
        }
        let last_written = [0, 1].map(|host| world.borrow_mut().write(host));
        // The delayed commands arrive after the mirrors have settled their publications.
        for _ in 0..2 {
            for (mirror, link) in &mut hosts {
                mirror.sync(link).expect("the link holds");
            }
            let mut world = world.borrow_mut();
            for (writer, publication) in std::mem::take(&mut world.on_their_way) {
                world.execute(&writer, &publication);
            }
        }
        for (mirror, link) in &mut hosts {
            mirror.sync(link).expect("the link holds");
        }

        let world = world.borrow();
        let latest = world.accepted.last().expect("something was published");
        assert_eq!(world.maps, [latest.clone(), latest.clone()], "seed {seed}");
        let mut once = world.accepted.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), world.accepted.len(), "seed {seed}: accepted twice");
        for written in last_written {
            assert!(world.accepted.contains(&written), "seed {seed}: a change was lost");
        }
    }
}

#[test]
fn a_change_between_fetch_and_replacement_is_published_and_not_overwritten() {
    /// A program writes at the worst moment: after the value was fetched.
    struct Late {
        map: Vec<u8>,
        late: Option<Vec<u8>>,
    }
    impl Local for Late {
        type Error = Infallible;
        fn read(&mut self) -> Result<Vec<u8>, Infallible> {
            Ok(self.map.clone())
        }
        fn replace(
            &mut self,
            expected: Option<&[u8]>,
            content: &[u8],
        ) -> Result<Replaced, Infallible> {
            if let Some(late) = self.late.take_if(|_| expected.is_some()) {
                self.map = late;
            }
            if expected.is_some_and(|expected| expected != self.map) {
                return Ok(Replaced::ChangedHere);
            }
            self.map = content.to_vec();
            Ok(Replaced::Done)
        }
        fn too_long(&mut self, _: &Value) {}
    }
    let world = Rc::new(RefCell::new(World::default()));
    let mut link = Link { world: Rc::clone(&world), writer: "here".to_owned() };
    let elsewhere = |number, content: &[u8]| {
        let publication = Publication { number, content: content.to_vec(), first: false };
        world.borrow_mut().execute("elsewhere", &publication);
    };
    elsewhere(1, b"old");
    let mut mirror = Mirror::new(Late { map: Vec::new(), late: Some(b"late".to_vec()) });
    mirror.sync(&mut link).expect("synced");
    assert_eq!(mirror.local.map, b"old");
    elsewhere(2, b"new");
    mirror.sync(&mut link).expect("synced");
    assert_eq!(mirror.local.map, b"late");
    assert_eq!(world.borrow().accepted, [b"old".to_vec(), b"new".to_vec(), b"late".to_vec()]);
}

#[test]
fn an_engine_that_lost_its_data_gets_the_value_again_once() {
    let world = Rc::new(RefCell::new(World::default()));
    let mut hosts = [start(&world, 0, 0), start(&world, 1, 0)];
    let value = world.borrow_mut().write(0);
    let mut sync_all = || {
        for _ in 0..2 {
            for (mirror, link) in &mut hosts {
                mirror.sync(link).expect("the link holds");
            }
        }
    };
    sync_all();
    assert_eq!(world.borrow().accepted.len(), 1);
    world.borrow_mut().value = None;
    sync_all();
    assert_eq!(
        world.borrow().accepted,
        [value.clone(), value.clone()],
        "only one mirror publishes it"
    );
    assert_eq!(world.borrow().maps, [value.clone(), value]);
}

#[test]
fn a_value_that_is_too_long_is_reported_once_and_changes_nothing() {
    struct Small(Vec<u8>, u32);
    impl Local for Small {
        type Error = Infallible;
        fn read(&mut self) -> Result<Vec<u8>, Infallible> {
            Ok(self.0.clone())
        }
        fn replace(&mut self, _: Option<&[u8]>, _: &[u8]) -> Result<Replaced, Infallible> {
            Ok(Replaced::TooLong)
        }
        fn too_long(&mut self, _: &Value) {
            self.1 += 1;
        }
    }
    let world = Rc::new(RefCell::new(World::default()));
    world.borrow_mut().execute(
        "elsewhere",
        &Publication { number: 1, content: b"much too long".to_vec(), first: false },
    );
    let mut link = Link { world: Rc::clone(&world), writer: "here".to_owned() };
    let mut mirror = Mirror::new(Small(b"mine".to_vec(), 0));
    mirror.sync(&mut link).expect("synced");
    mirror.sync(&mut link).expect("synced");
    assert_eq!((&*mirror.local.0, mirror.local.1), (&b"mine"[..], 1));
    mirror.local.0 = b"newer".to_vec();
    mirror.sync(&mut link).expect("synced");
    assert_eq!(world.borrow().accepted.last().map(|it| &**it), Some(&b"newer"[..]));
}
