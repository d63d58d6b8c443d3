//! Processes create, open, append, fork, save, sweep and close names at random, and are killed and
//! stopped at random. Two maps must never live under a name, no append that returned may be lost,
//! and nothing may be left but what the design allows.
//!
//! `MMF_STRESS_KILLS` sets the number of kills, `MMF_STRESS_SEED` the seed. `cargo xtask torture` makes
//! the same storm for as long as one likes, with more in it.

use crate::common;
use common::storm::{Plan, Scene, storm};
use mmf::backend::{FOLDER, TELLS_FOREIGN};

const KILLS: u64 = 1_500;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn worker() {
    common::storm::work();
}

fn run(kills: u64, workers: u64, scenes: &[Scene]) {
    let seed = setting("MMF_STRESS_SEED", u64::from(std::process::id()));
    println!("seed {seed}, {kills} kills");
    let nothing_more = || Ok(());
    let plan = Plan {
        seed,
        kills,
        time: None,
        workers,
        scenes,
        old_kernels: false,
        root: false,
        after_round: &nothing_more,
    };
    match storm(&plan) {
        Ok(tally) => {
            println!("{tally:?}");
            let strangers = scenes.contains(&Scene::Strangers);
            assert!(tally.acquisitions > 0, "nobody ever had a map");
            assert!(!strangers || tally.foreign_objects > 0 || kills < 100, "no stranger had one");
        }
        Err(what) => panic!("{what}"),
    }
}

/// All eight at one name, so that they meet.
#[test]
fn one_name_under_random_kills() {
    let _alone = common::alone();
    run(setting("MMF_STRESS_KILLS", KILLS), 8, &[Scene::Free]);
}

#[test]
fn several_names_under_random_kills() {
    let _alone = common::alone();
    let scenes = [Scene::Free, Scene::Held, Scene::File];
    run(setting("MMF_STRESS_KILLS", KILLS) / 2, 8, &scenes);
}

/// The same, with others about who know nothing of each other: a program that makes objects of its
/// own under the name, and a cleaner of files. Few of us, so that the name is free now and then.
#[test]
fn one_name_among_foreign_programs_and_cleaners() {
    let _alone = common::alone();
    if TELLS_FOREIGN && FOLDER.is_some() {
        run(setting("MMF_STRESS_KILLS", KILLS) / 2, 2, &[Scene::Strangers]);
    }
}
