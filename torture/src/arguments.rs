//! The command line, and the order of the parts.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::{Amount, Found, input, kills, world};

const USAGE: &str = "\
torture [PART...] [--seed S] [--minutes N] [--kills N] [--points N] [--calls N] [--collect]
    PART       kills, faults, input or room; without a part, all of them run
    --seed     repeats a run
    --minutes  the time for all parts together; fractions are allowed
    --kills, --points, --calls
               the most random kills, fault points and calls
    --session  repeats only one session of the part input
    --collect  writes torture/corpus again
";

/// The share of the time of each part, in percent.
const SHARES: [(&str, u32); 4] = [("faults", 30), ("room", 10), ("input", 20), ("kills", 40)];

pub(crate) struct Arguments {
    parts: Vec<String>,
    seed: u64,
    time: Option<Duration>,
    kills: Option<u64>,
    points: Option<u64>,
    calls: Option<u64>,
    session: Option<u64>,
    collect: bool,
}

impl Arguments {
    pub(crate) fn read() -> Result<Arguments, String> {
        let mut words: VecDeque<String> = std::env::args().skip(1).collect();
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let mut read = Arguments {
            parts: Vec::new(),
            // Short enough to type again.
            seed: clock.map_or(1, |now| now.as_micros() as u64 % 1_000_000_000),
            time: None,
            kills: None,
            points: None,
            calls: None,
            session: None,
            collect: false,
        };
        while let Some(word) = words.pop_front() {
            let mut number = || {
                let value = words.pop_front().unwrap_or_default();
                value.parse().map_err(|_| format!("{word} needs a number, not '{value}'."))
            };
            match word.as_str() {
                "--seed" => read.seed = number()?,
                "--kills" => read.kills = Some(number()?),
                "--points" => read.points = Some(number()?),
                "--calls" => read.calls = Some(number()?),
                "--session" => read.session = Some(number()?),
                "--collect" => read.collect = true,
                "--minutes" => read.time = Some(minutes(words.pop_front())?),
                part if SHARES.iter().any(|(name, _)| *name == part) => read.parts.push(word),
                other => return Err(format!("Unknown argument '{other}'.\n\n{USAGE}")),
            }
        }
        Ok(read)
    }

    pub(crate) fn run(&self) -> Found {
        if self.collect {
            return input::corpus::collect(self.seed);
        }
        if let Some(session) = self.session {
            return input::repeat(self.seed, session);
        }
        // Must happen before any thread starts, because a mount namespace applies only to the calling thread.
        let world = world::enter();
        println!("seed {}; {world}", self.seed);
        let is_wanted =
            |part: &str| self.parts.is_empty() || self.parts.iter().any(|it| it == part);
        let shares: u32 =
            SHARES.iter().filter(|(part, _)| is_wanted(part)).map(|(_, share)| share).sum();
        for (part, share) in SHARES.into_iter().filter(|(part, _)| is_wanted(part)) {
            let time = self.time.map(|time| time * share / shares);
            let begun = Instant::now();
            match part {
                "kills" => kills::run(self.seed, Amount { count: self.kills, time }, &world),
                "input" => input::run(self.seed, Amount { count: self.calls, time }, &world),
                #[cfg(target_os = "linux")]
                "faults" => {
                    crate::faults::run(self.seed, Amount { count: self.points, time }, &world)
                }
                #[cfg(target_os = "linux")]
                "room" => crate::room::run(self.seed, Amount { count: None, time }, &world),
                other => {
                    crate::common::not_run(other, "this part runs only on Linux");
                    Ok(())
                }
            }
            .map_err(|message| {
                format!("{part}: {message}\nTo repeat it: torture {part} --seed {}", self.seed)
            })?;
            println!("{part}: nothing found in {:.1} seconds", begun.elapsed().as_secs_f64());
        }
        Ok(())
    }
}

fn minutes(value: Option<String>) -> Result<Duration, String> {
    let value = value.unwrap_or_default();
    let minutes: f64 = value.parse().unwrap_or(f64::NAN);
    Duration::try_from_secs_f64(minutes * 60.0)
        .map_err(|_| format!("--minutes needs a number, not '{value}'."))
}
