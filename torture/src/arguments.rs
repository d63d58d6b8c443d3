//! The command line, and the parts in the order in which they run.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::{Amount, Found, input, kills, world};

const USAGE: &str = "\
torture [PART...] [--seed S] [--minutes N] [--kills N] [--points N] [--calls N] [--collect]
    PART       kills, faults, input, room; without any: all of them
    --seed     repeats a run
    --minutes  for all parts together; a fraction will do
    --kills, --points, --calls
               how many random kills, fault points and calls, if time allows
    --session  repeats one session of the input alone
    --collect  writes torture/corpus anew
";

/// The share of the time that each part has, in hundredths.
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
            // Short enough to be typed again.
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
                other => return Err(format!("'{other}' is not known here.\n\n{USAGE}")),
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
        // Before there is any thread: they would stay outside.
        let world = world::enter();
        println!("seed {}; {world}", self.seed);
        let asked = |part: &str| self.parts.is_empty() || self.parts.iter().any(|it| it == part);
        let shares: u32 =
            SHARES.iter().filter(|(part, _)| asked(part)).map(|(_, share)| share).sum();
        for (part, share) in SHARES.into_iter().filter(|(part, _)| asked(part)) {
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
                    crate::common::not_run(other, "only Linux has what it takes");
                    Ok(())
                }
            }
            .map_err(|message| {
                format!("{part}: {message}\nSee it again: torture {part} --seed {}", self.seed)
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
