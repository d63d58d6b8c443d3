//! Processes create, open, append, fork, save, sweep and close maps at random, and are killed and stopped at random.
//! Two maps must never have one name, no append that returned may be lost, and only permitted leftovers may exist.
//!
//! `MMF_STRESS_KILLS` sets the number of kills, and `MMF_STRESS_SEED` the seed. `cargo xtask torture` makes larger
//! storms of any duration.

use crate::common;
use common::storm::{Plan, Scene, storm};
use mmf::backend::{FOLDER, TELLS_FOREIGN};

const KILLS: u64 = 1_500;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Not a test: storms start this in other processes.
#[test]
fn worker() {
    common::storm::work();
}

fn run(kills: u64, workers: u64, scenes: &[Scene]) {
    let seed = setting("MMF_STRESS_SEED", u64::from(std::process::id()));
    println!("seed {seed}, {kills} kills");
    let no_more_checks = || Ok(());
    let plan = Plan {
        seed,
        kills,
        time: None,
        workers,
        scenes,
        old_kernels: false,
        root: false,
        after_round: &no_more_checks,
    };
    match storm(&plan) {
        Ok(tally) => {
            println!("{tally:?}");
            let strangers = scenes.contains(&Scene::Strangers);
            assert!(tally.acquisitions > 0, "no worker ever had a map");
            assert!(
                !strangers || tally.foreign_objects > 0 || kills < 100,
                "no foreign program ever had an object"
            );
        }
        Err(what) => panic!("{what}"),
    }
}

/// All eight workers use one name, so that they meet.
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

/// A foreign program creates its own objects with the name, and a cleaner removes files. There are only two workers,
/// so that the name is sometimes free.
#[test]
fn one_name_among_foreign_programs_and_cleaners() {
    let _alone = common::alone();
    if TELLS_FOREIGN && FOLDER.is_some() {
        run(setting("MMF_STRESS_KILLS", KILLS) / 2, 2, &[Scene::Strangers]);
    }
}
