//! Where a text must end: at the first occurrence of any stop string, which is not part of it.

/// The text up to the first stop string, and whether there was one. Empty stop strings are ignored.
pub fn cut<'a>(text: &'a str, stops: &[String]) -> (&'a str, bool) {
    let first = stops
        .iter()
        .filter(|s| !s.is_empty())
        .filter_map(|s| text.find(s.as_str()))
        .min();
    match first {
        Some(at) => (&text[..at], true),
        None => (text, false),
    }
}

/// How much of a text can be shown now: what follows could still become a stop string, so a stream holds it back.
pub fn safe_len(text: &str, stops: &[String]) -> usize {
    let held = |stop: &String| {
        let starts = text.char_indices().map(|(at, _)| at);
        let from = text.len().saturating_sub(stop.len());
        starts
            .filter(|at| *at >= from)
            .find(|at| stop.starts_with(&text[*at..]))
    };
    stops.iter().filter_map(held).min().unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stop_wins_and_half_a_stop_is_held_back() {
        let stops = ["\n\n".to_string(), "end".to_string(), String::new()];
        assert_eq!(cut("a end b\n\nc", &stops), ("a ", true));
        assert_eq!(cut("a e", &stops), ("a e", false));
        assert_eq!(safe_len("a en", &stops), 2);
        assert_eq!(safe_len("a\n", &stops), 1);
        assert_eq!(safe_len("ναι", &stops), "ναι".len());
    }
}
