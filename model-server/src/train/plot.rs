//! The loss curve as an SVG picture.

use std::fmt::Write;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 48.0;

/// Losses by step: training in one line, validation in another. Values that are not finite are left out.
pub fn svg(training: &[(u64, f64)], validation: &[(u64, f64)]) -> String {
    let all = || {
        training
            .iter()
            .chain(validation)
            .filter(|(_, y)| y.is_finite())
    };
    let last = all().map(|(x, _)| *x).max().unwrap_or(1).max(1) as f64;
    let top = all().map(|(_, y)| *y).fold(f64::MIN_POSITIVE, f64::max);
    let place = |(step, loss): &(u64, f64)| {
        let x = MARGIN + *step as f64 / last * (WIDTH - 2.0 * MARGIN);
        let y = HEIGHT - MARGIN - loss / top * (HEIGHT - 2.0 * MARGIN);
        format!("{x:.1},{y:.1}")
    };
    let mut out = String::new();
    let bottom = HEIGHT - MARGIN;
    let right = WIDTH - MARGIN;
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<path d="M{MARGIN},{MARGIN}V{bottom}H{right}" fill="none" stroke="#333"/>
<text x="{MARGIN}" y="{y}" text-anchor="middle">0</text><text x="{right}" y="{y}" text-anchor="middle">{last} steps</text>
<text x="{x}" y="{MARGIN}" text-anchor="end">{top:.3}</text><text x="{x}" y="{bottom}" text-anchor="end">0</text>
"##,
        y = bottom + 18.0,
        x = MARGIN - 6.0,
    );
    let legend = [
        ("training loss", training, "#1f77b4"),
        ("validation loss", validation, "#d62728"),
    ];
    for (i, (name, points, colour)) in legend
        .into_iter()
        .enumerate()
        .filter(|(_, l)| !l.1.is_empty())
    {
        let line: Vec<String> = points
            .iter()
            .filter(|(_, y)| y.is_finite())
            .map(place)
            .collect();
        let y = MARGIN + 16.0 * i as f64;
        let _ = writeln!(
            out,
            r#"<polyline points="{}" fill="none" stroke="{colour}"/><text x="{}" y="{y}" text-anchor="end" fill="{colour}">{name}</text>"#,
            line.join(" "),
            right,
        );
    }
    out.push_str("</svg>\n");
    out
}
