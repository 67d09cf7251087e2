//! Problems solved over time, as a step curve in SVG.

use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 34.0;

/// The curve for the moments (seconds from the run's beginning) at which problems were solved, out
/// of `total` problems, over a run of `seconds`. The time axis is linear.
pub fn solved_over_time(solved: &[f64], total: usize, seconds: f64) -> String {
    let mut at: Vec<f64> = solved
        .iter()
        .copied()
        .filter(|t| t.is_finite() && *t >= 0.0)
        .collect();
    at.sort_by(f64::total_cmp);
    let span = at.last().copied().unwrap_or(0.0).max(seconds).max(1.0);
    let top = (total.max(1)) as f64;
    let x = |t: f64| LEFT + (WIDTH - LEFT - RIGHT) * t / span;
    let y = |n: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * n / top;
    let mut out = format!(
        "<svg class=\"curve\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"{} of {total} problems solved over {span:.0} seconds\">\n",
        at.len()
    );
    for tick in ticks(top, 4) {
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{tick:.0}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y(tick) + 4.0,
            y = y(tick),
        );
    }
    let (unit, word) = time_unit(span);
    for tick in ticks(span / unit, 6) {
        let _ = writeln!(
            out,
            "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick:.0} {word}</text>",
            x(tick * unit),
            HEIGHT - BOTTOM + 18.0,
        );
    }
    let mut path = format!("M{:.1} {:.1}", x(0.0), y(0.0));
    for (i, t) in at.iter().enumerate() {
        let _ = write!(path, "H{:.1}V{:.1}", x(*t), y((i + 1) as f64));
    }
    let _ = write!(path, "H{:.1}", x(span));
    let _ = write!(
        out,
        "<path class=\"area\" d=\"{path}V{:.1}H{LEFT}Z\"/><path class=\"line\" d=\"{path}\"/>\n</svg>",
        y(0.0)
    );
    out
}

/// About `count` round values from 0 to `top`.
fn ticks(top: f64, count: usize) -> Vec<f64> {
    let raw = top / count as f64;
    let magnitude = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * magnitude)
        .find(|s| *s >= raw)
        .unwrap_or(magnitude * 10.0)
        .max(1.0);
    let mut out = Vec::new();
    let mut value = 0.0;
    while value <= top * 1.0001 {
        out.push(value);
        value += step;
    }
    out
}

/// The unit of the time axis, in seconds, and its name.
fn time_unit(span: f64) -> (f64, &'static str) {
    if span < 240.0 {
        (1.0, "s")
    } else if span < 4.0 * 3600.0 {
        (60.0, "min")
    } else {
        (3600.0, "h")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_rises_once_a_solution() {
        let svg = solved_over_time(&[3.0, 1.0, 2.0], 4, 10.0);
        let line = svg.split("class=\"line\"").nth(1).unwrap();
        assert_eq!(line.matches('V').count(), 3);
    }

    #[test]
    fn nothing_solved_and_odd_numbers_still_draw() {
        assert!(solved_over_time(&[], 0, 0.0).contains("<path"));
        assert!(!solved_over_time(&[f64::NAN, -1.0], 3, f64::INFINITY.min(5.0)).contains("NaN"));
    }
}
