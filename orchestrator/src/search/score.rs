//! The order of the search: the whole formula, and nothing else.
//!
//! For a node reached by tactics `t₁ … t_d` with log-probabilities `ℓᵢ` and token counts `nᵢ`:
//!
//! ```text
//! priority = ( Σᵢ ℓᵢ / nᵢ^length ) / max(d,1)^alpha
//!          − goals · (G − 1)                 G: goals in the node's group
//!          − size  · ln(1 + S / 64)          S: characters of the goals' text
//!          − depth · d
//!          − round · r                       r: rounds the node was asked before
//! ```
//!
//! The first line is BFS-Prover-V2's length-normalised path score (mean log-probability per token,
//! divided by depth^α); the structural terms keep the search from drowning in goals that grow, and
//! the round penalty makes cheap ideas go everywhere before dear ones go anywhere.

use serde::{Deserialize, Serialize};

/// The weights of the formula.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreConfig {
    /// Exponent of the depth that divides the path's log-probability. 0: plain sum; 1: mean.
    pub alpha: f64,
    /// Exponent of the token count that divides each step's log-probability. 1: mean per token;
    /// 0: the tactic's whole log-probability.
    pub length: f64,
    /// Penalty for each goal of a group beyond the first.
    pub goals: f64,
    /// Penalty for the logarithm of the goals' size.
    pub size: f64,
    /// Penalty for each step from the root.
    pub depth: f64,
    /// Penalty for each round that the node has had.
    pub round: f64,
}

impl Default for ScoreConfig {
    fn default() -> Self {
        Self {
            alpha: 0.5,
            length: 1.0,
            goals: 0.3,
            size: 0.4,
            depth: 0.1,
            round: 1.2,
        }
    }
}

/// What the formula looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features {
    /// Σᵢ ℓᵢ / nᵢ^length along the path, from [`path_term`].
    pub path: f64,
    /// Steps from the root.
    pub depth: u32,
    /// Goals in the node's group.
    pub goals: usize,
    /// Characters of the goals' text.
    pub size: usize,
    /// Rounds the node was asked before.
    pub round: u32,
}

/// One step's part of the path sum. Log-probabilities above 0 and not-a-number count as 0 and as
/// "very unlikely", so that a policy's defect cannot capture the queue.
pub fn path_term(logprob: f64, tokens: u32, weights: &ScoreConfig) -> f64 {
    let logprob = if logprob.is_nan() {
        UNLIKELY
    } else {
        logprob.clamp(UNLIKELY, 0.0)
    };
    logprob / f64::from(tokens.max(1)).powf(weights.length)
}

/// The least log-probability that the formula tells apart.
const UNLIKELY: f64 = -1e4;

/// The priority of a node; the greatest is expanded first.
pub fn priority(f: &Features, w: &ScoreConfig) -> f64 {
    f.path / f64::from(f.depth.max(1)).powf(w.alpha)
        - w.goals * f.goals.saturating_sub(1) as f64
        - w.size * (f.size as f64 / 64.0).ln_1p()
        - w.depth * f64::from(f.depth)
        - w.round * f64::from(f.round)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: f64, depth: u32) -> Features {
        Features {
            path,
            depth,
            goals: 1,
            size: 64,
            round: 0,
        }
    }

    #[test]
    fn likelier_paths_first() {
        let w = ScoreConfig::default();
        assert!(priority(&at(-1.0, 2), &w) > priority(&at(-2.0, 2), &w));
    }

    #[test]
    fn every_structural_term_only_lowers() {
        let w = ScoreConfig::default();
        let base = at(-1.0, 2);
        for worse in [
            Features { goals: 2, ..base },
            Features { size: 640, ..base },
            Features { round: 1, ..base },
        ] {
            assert!(priority(&worse, &w) < priority(&base, &w), "{worse:?}");
        }
    }

    #[test]
    fn with_alpha_one_depth_costs_only_its_own_term() {
        let w = ScoreConfig {
            alpha: 1.0,
            depth: 0.0,
            ..ScoreConfig::default()
        };
        assert!((priority(&at(-2.0, 2), &w) - priority(&at(-4.0, 4), &w)).abs() < 1e-12);
    }

    #[test]
    fn a_long_tactic_is_judged_by_its_mean_token() {
        let w = ScoreConfig::default();
        assert_eq!(path_term(-10.0, 10, &w), -1.0);
        assert_eq!(
            path_term(-10.0, 10, &ScoreConfig { length: 0.0, ..w }),
            -10.0
        );
    }

    #[test]
    fn nonsense_cannot_capture_the_queue() {
        let w = ScoreConfig::default();
        assert_eq!(path_term(5.0, 1, &w), 0.0);
        assert_eq!(path_term(f64::NAN, 1, &w), UNLIKELY);
        assert_eq!(path_term(f64::NEG_INFINITY, 0, &w), UNLIKELY);
    }
}
