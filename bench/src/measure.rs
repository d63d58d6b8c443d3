//! Measuring: the peers take turns in each round, so that load on the machine affects all of them.

use crate::Result;
use crate::peer::Peer;
use crate::rows::Row;

/// The minimum duration of one turn of a peer, in nanoseconds.
const TURN: f64 = 8e6;
const ROUNDS: usize = 21;
/// For rows whose single call takes longer than ten turns.
const FEW_ROUNDS: usize = 7;

/// The times of one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figures {
    pub(crate) row: &'static str,
    /// The peers, mmf first, each with the nanoseconds per call in each round.
    pub(crate) peers: Vec<(String, Vec<f64>)>,
}

impl Figures {
    fn of(&self, peer: &str) -> Option<&[f64]> {
        self.peers.iter().find(|(name, _)| name == peer).map(|(_, rounds)| &**rounds)
    }

    pub(crate) fn median(&self, peer: &str) -> Option<f64> {
        self.of(peer).map(|rounds| quantile(rounds, 0.5))
    }

    /// The range of the middle 80 % of the rounds.
    pub(crate) fn spread(&self, peer: &str) -> Option<(f64, f64)> {
        self.of(peer).map(|rounds| (quantile(rounds, 0.1), quantile(rounds, 0.9)))
    }

    /// The time of mmf as a share of a peer's time: the median of the ratios of all rounds.
    pub(crate) fn ratio(&self, peer: &str) -> Option<f64> {
        let (ours, theirs) = (self.of("mmf")?, self.of(peer)?);
        let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(one, other)| one / other).collect();
        Some(quantile(&ratios, 0.5))
    }
}

/// Measures a row with all peers that have it; `None` if mmf does not have it.
pub(crate) fn measure(
    row: &Row,
    peers: &mut [Peer],
    rounds: Option<usize>,
) -> Result<Option<Figures>> {
    let mut taking_part: Vec<&mut Peer> =
        peers.iter_mut().filter(|peer| peer.has(row.id)).collect();
    if taking_part.first().is_none_or(|first| first.name != "mmf") {
        return Ok(None);
    }
    let mut times = Vec::new();
    let mut longest: f64 = 0.0;
    for peer in &mut taking_part {
        peer.begin(row.id)?;
        let (count, took) = calibrate(peer)?;
        longest = longest.max(took);
        times.push(count);
    }
    let rounds = rounds.unwrap_or(if longest > 10.0 * TURN { FEW_ROUNDS } else { ROUNDS });
    let mut figures = Figures {
        row: row.id,
        peers: taking_part.iter().map(|peer| (peer.name.clone(), Vec::new())).collect(),
    };
    for _ in 0..rounds {
        for ((peer, times), (_, costs)) in
            taking_part.iter_mut().zip(&times).zip(&mut figures.peers)
        {
            costs.push(peer.run(*times)? / *times as f64);
        }
    }
    for peer in &mut taking_part {
        peer.end()?;
    }
    Ok(Some(figures))
}

/// How many calls fit into a turn, and how long they took.
fn calibrate(peer: &mut Peer) -> Result<(u64, f64)> {
    let mut times = 1;
    loop {
        let took = peer.run(times)?;
        if took >= TURN {
            return Ok((times, took));
        }
        // Jumps to the estimated number of calls, but limits the growth per step.
        let wanted = (times as f64 * TURN * 1.2 / took.max(1.0)).ceil() as u64;
        times = wanted.clamp(times + 1, times * 10);
    }
}

/// The value below which the given share of the values lies; NaN if there are none.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let place = share * values.len().saturating_sub(1) as f64;
    values.get(place.round() as usize).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_compare_the_same_round() {
        // The machine was slow in the second round, which affects both.
        let figures = Figures {
            row: "x",
            peers: vec![
                ("mmf".to_owned(), vec![10.0, 100.0, 12.0]),
                ("floor".to_owned(), vec![5.0, 50.0, 6.0]),
            ],
        };
        assert_eq!(figures.ratio("floor"), Some(2.0));
        assert_eq!(figures.median("mmf"), Some(12.0));
        assert_eq!(figures.spread("floor"), Some((5.0, 50.0)));
        assert_eq!(figures.ratio("nobody"), None);
    }
}
