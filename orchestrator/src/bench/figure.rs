//! One measured number and what it should be.

use serde::Serialize;

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

/// One measured number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What was measured.
    pub measure: String,
    /// How much it is.
    pub value: f64,
    /// In what.
    pub unit: &'static str,
    /// What it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The value divided by the target's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Whether it is what it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
}

impl Figure {
    /// A figure without a target.
    pub fn new(measure: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            measure: measure.into(),
            value,
            unit,
            target: None,
            ratio: None,
            met: None,
        }
    }

    /// Says what it should be.
    pub fn target(mut self, target: Target) -> Self {
        let (goal, met) = match target {
            Target::AtMost(goal) => (goal, self.value <= goal),
            Target::AtLeast(goal) => (goal, self.value >= goal),
        };
        self.target = Some(target);
        self.ratio = (goal != 0.0).then(|| self.value / goal);
        self.met = Some(met);
        self
    }

    /// One line of a table.
    pub fn line(&self) -> String {
        let goal = match self.target {
            Some(Target::AtMost(goal)) => format!("at most {goal} {}", self.unit),
            Some(Target::AtLeast(goal)) => format!("at least {goal} {}", self.unit),
            None => String::new(),
        };
        let ratio = self.ratio.map_or(String::new(), |r| format!("{r:.2}"));
        let met = match self.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        let value = format!("{:.3} {}", self.value, self.unit);
        format!(
            "{:<48} {value:>18}  {goal:<22} {ratio:>6}  {met}",
            self.measure
        )
        .trim_end()
        .to_owned()
    }
}

/// The value below which so many percent of the values lie (nearest rank); 0 of no values.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!(percentile(&values, 50.0), 3.0);
        assert_eq!(percentile(&values, 95.0), 5.0);
        assert_eq!(percentile(&values, 0.0), 1.0);
        assert_eq!(percentile(&[], 50.0), 0.0);
    }

    #[test]
    fn targets_are_met_or_missed() {
        let missed = Figure::new("x", 6.0, "s").target(Target::AtMost(5.0));
        assert_eq!((missed.met, missed.ratio), (Some(false), Some(1.2)));
        let met = Figure::new("x", 1.8, "×").target(Target::AtLeast(1.7));
        assert_eq!(met.met, Some(true));
        assert!(met.line().ends_with("met"));
    }
}
