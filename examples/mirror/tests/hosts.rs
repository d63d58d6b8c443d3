//! Two hosts, each with its own network and `/dev/shm`, and a server on a third one. The tests cut connections, and kill the
//! server and the mirrors. At the end, both hosts must have the value that the engine accepted last.
#![cfg(target_os = "linux")]

mod common;

use common::host::{Cable, Host, User, lacking, play};
use common::mirror::Mirror;
use common::server::{Held, Server};
use common::{long, not_run, unique, until, word};

#[test]
fn user() {
    play();
}

/// The hosts, and the processes on them.
struct World<'a> {
    name: String,
    hosts: &'a Hosts,
    cables: [Cable<'a>; 2],
    server: Server,
    users: [User; 2],
    mirrors: [Option<Mirror>; 2],
}

struct Hosts {
    server: Host,
    others: [Host; 2],
}

/// Three hosts; `None` if this machine cannot have them.
fn hosts() -> Option<Hosts> {
    if let Some(reason) = lacking() {
        not_run("two hosts", &reason);
        return None;
    }
    Some(Hosts { server: Host::new(), others: [Host::new(), Host::new()] })
}

impl<'a> World<'a> {
    fn new(hosts: &'a Hosts, what: &str) -> World<'a> {
        let name = unique(what);
        let [one, other] = &hosts.others;
        let cables = [hosts.server.connect(one, 1), hosts.server.connect(other, 2)];
        let server = Server::start(&hosts.server.prefix(), 6379).expect("an installed server");
        let users = [one, other].map(|host| User::new(&host.prefix(), &name));
        let mut world = World { name, hosts, cables, server, users, mirrors: [None, None] };
        world.start_mirror(0);
        world.start_mirror(1);
        world
    }

    /// Starts the mirror of a host, and waits until it follows the server.
    fn start_mirror(&mut self, host: usize) {
        let prefix = self.hosts.others[host].prefix();
        let mirror = Mirror::start_connected(&prefix, &self.name, &self.cables[host].url());
        self.mirrors[host] = Some(mirror);
    }

    fn kill_mirror(&mut self, host: usize) {
        self.mirrors[host].take().expect("a running mirror").kill();
    }

    fn mirror(&self, host: usize) -> &Mirror {
        self.mirrors[host].as_ref().expect("a running mirror")
    }

    fn held(&self) -> Held {
        self.server.held(&self.name)
    }

    /// Waits until both hosts have the engine's value. Checks that it has the highest revision that was ever accepted, and that
    /// every value is complete. Gives the words of all accepted values.
    fn settle(&mut self) -> Vec<String> {
        until("both hosts have the engine's value", || {
            let held = self.server.held(&self.name);
            let shown = self.users.each_mut().map(|user| user.read().into_bytes());
            shown == [held.content.clone(), held.content.clone()]
                && self.server.held(&self.name) == held
        });
        let accepted = self.server.accepted(&self.name);
        for (number, value) in accepted.iter().enumerate() {
            assert_eq!(value.revision, number as u64 + 1, "the revisions are not consecutive");
        }
        let last = accepted.last().expect("something was accepted");
        assert_eq!(self.held(), Held { revision: last.revision, content: last.content.clone() });
        let mut publications: Vec<_> = accepted.iter().map(|it| &it.publication).collect();
        publications.sort();
        publications.dedup();
        assert_eq!(publications.len(), accepted.len(), "a publication was accepted twice");
        accepted.iter().map(|it| word(&it.content)).collect()
    }
}

#[test]
fn a_value_reaches_the_other_host_and_is_not_published_again() {
    let _alone = common::alone();
    let Some(hosts) = hosts() else { return };
    let mut world = World::new(&hosts, "both-ways");
    for (host, value) in [(0, "from one"), (1, "from the other"), (1, "again"), (0, "")] {
        world.users[host].write(value);
        world.users[1 - host].wait_for(value);
    }
    let long = long("long", 300_000);
    world.users[0].write(&long);
    world.users[1].wait_for(&long);
    assert_eq!(world.settle(), ["from one", "from the other", "again", "", "long"]);
}

#[test]
fn a_reconnected_host_gets_the_latest_value_and_publishes_its_own_change() {
    let _alone = common::alone();
    let Some(hosts) = hosts() else { return };
    let mut world = World::new(&hosts, "cut-off");
    world.users[0].write("before");
    world.users[1].wait_for("before");

    // This host changed nothing, so it gets the values that were written meanwhile.
    world.cables[1].cut();
    world.mirror(1).expect("No connection to the server");
    for value in ["first meanwhile", "second meanwhile"] {
        let revision = world.held().revision;
        world.users[0].write(value);
        until("the value is published", || world.held().revision > revision);
    }
    assert_eq!(world.users[1].read(), "before");
    world.cables[1].mend();
    world.users[1].wait_for("second meanwhile");
    world.mirror(1).expect("follows the server");

    // Both hosts write. The value that the server accepts last wins, which is that of the reconnected host.
    world.cables[1].cut();
    world.mirror(1).expect("No connection to the server");
    world.users[1].write("in the dark");
    world.users[0].write("in the light");
    until("the value is published", || world.held().content == b"in the light");
    world.cables[1].mend();
    world.users[0].wait_for("in the dark");
    assert_eq!(
        world.settle(),
        ["before", "first meanwhile", "second meanwhile", "in the light", "in the dark"]
    );
}

#[test]
fn cut_connections_and_a_killed_server_lose_no_last_value() {
    let _alone = common::alone();
    let Some(hosts) = hosts() else { return };
    let mut world = World::new(&hosts, "storm");
    world.users[0].write_on("one", 2000);
    world.users[1].write_on("other", 2000);
    for round in 0..4 {
        let host = round % 2;
        let revision = world.held().revision;
        until("both hosts write", || world.held().revision > revision + 20);
        world.cables[host].cut();
        world.mirror(host).expect("No connection to the server");
        let revision = world.held().revision;
        until("the other host continues", || world.held().revision > revision + 20);
        world.server.kill();
        world.mirror(1 - host).expect("No connection to the server");
        world.cables[host].mend();
        world.server.restart();
        world.mirror(0).expect("follows the server");
        world.mirror(1).expect("follows the server");
    }
    let last = world.users.each_mut().map(User::stop);
    let accepted = world.settle();
    for word in last {
        assert!(accepted.contains(&word), "{word} was lost");
    }
}

#[test]
fn a_killed_mirror_publishes_no_incomplete_values() {
    let _alone = common::alone();
    let Some(hosts) = hosts() else { return };
    let mut world = World::new(&hosts, "killed");
    // Each value has many pages, so that a kill can interrupt writing it.
    world.users[0].write_on("one", 150_000);
    for round in 0..10 {
        // First kills the mirror of a host that only receives values, then one of two hosts that both write.
        let host = if round < 5 { 1 } else { round % 2 };
        if round == 5 {
            world.users[1].write_on("other", 150_000);
        }
        let revision = world.held().revision;
        until("values are published", || world.held().revision > revision + 2);
        world.kill_mirror(host);
        world.start_mirror(host);
    }
    let last = world.users.each_mut().map(User::stop);
    let accepted = world.settle();
    for word in last {
        assert!(accepted.contains(&word), "{word} was lost");
    }
}
