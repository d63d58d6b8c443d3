//! Kills: the storm of `tests/common/storm`, with all of its scenes that this system supports.

use std::time::Instant;

use crate::common::storm::{Plan, Scene, storm};
use crate::world::World;
use crate::{Amount, Found};

const WORKERS: u64 = 8;

pub(crate) fn run(seed: u64, amount: Amount, world: &World) -> Found {
    let scenes = [
        Scene::Free,
        Scene::Held,
        Scene::File,
        Scene::Replaced,
        Scene::Strangers,
        Scene::Unlinked,
        Scene::Vandals,
        Scene::TwoUsers,
    ];
    // Without a folder for maps, foreign programs cannot reach them.
    let seen = mmf::backend::FOLDER.is_some();
    let scenes: Vec<Scene> = scenes
        .into_iter()
        .filter(|scene| {
            seen || !matches!(scene, Scene::Strangers | Scene::Unlinked | Scene::Vandals)
        })
        .collect();
    // Removes what the previous part left, because the sweeps of these rounds would remove it and change the counts.
    mmf::sweep().map_err(|error| format!("a full sweep: {error}"))?;
    let before = left(world);
    let after_round = || match left(world) {
        now if now == before => Ok(()),
        now => Err(format!(
            "after all processes were killed, {now:?} is left; before, there was {before:?}"
        )),
    };
    let plan = Plan {
        seed,
        kills: amount.count.unwrap_or(u64::MAX),
        time: amount.time,
        workers: WORKERS,
        scenes: &scenes,
        old_kernels: cfg!(target_os = "linux"),
        root: world.root,
        after_round: &after_round,
    };
    let begun = Instant::now();
    let tally = storm(&plan)?;
    println!(
        "{} kills, {} acquisitions, {} appends, {} foreign objects, {:.0} kills per second",
        tally.kills,
        tally.acquisitions,
        tally.appends,
        tally.foreign_objects,
        tally.kills as f64 / begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// The open descriptors, names and memory when all processes are killed.
#[cfg(target_os = "linux")]
fn left(world: &World) -> impl PartialEq + std::fmt::Debug + use<> {
    let descriptors = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    // In a shared folder, names and memory of other programs change.
    let shared = world.private.then(|| (crate::world::objects(), crate::world::Room::left()));
    (descriptors, shared)
}

/// Nothing is counted on other systems.
#[cfg(not(target_os = "linux"))]
fn left(_: &World) -> usize {
    0
}
