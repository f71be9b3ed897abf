//! Ends an answer at a text, without ever showing a part of that text.

pub(super) struct Stops {
    texts: Vec<String>,
    /// Text that may be the beginning of a stop.
    held: String,
}

impl Stops {
    pub(super) fn new(texts: impl IntoIterator<Item = String>) -> Self {
        Self { texts: texts.into_iter().filter(|text| !text.is_empty()).collect(), held: String::new() }
    }

    /// Adds text; gives what can be shown now, and whether a stop came.
    pub(super) fn push(&mut self, text: &str) -> (String, bool) {
        self.held.push_str(text);
        let stop = self.texts.iter().filter_map(|stop| self.held.find(stop)).min();
        if let Some(at) = stop {
            self.held.truncate(at);
            return (std::mem::take(&mut self.held), true);
        }
        let held = self.texts.iter().map(|stop| overlap(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - held);
        (std::mem::replace(&mut self.held, rest), false)
    }

    /// What was held back, when nothing follows.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// Bytes of the longest end of `text` that is a beginning of `stop`.
fn overlap(text: &str, stop: &str) -> usize {
    let longest = text.len().min(stop.len().saturating_sub(1));
    (1..=longest)
        .rev()
        .find(|length| {
            text.as_bytes().ends_with(&stop.as_bytes()[..*length]) && stop.is_char_boundary(*length)
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_spread_over_pieces_is_not_shown() {
        let mut stops = Stops::new(["\nUser:".to_owned(), "止".to_owned()]);
        assert_eq!(stops.push("one\n"), ("one".into(), false));
        assert_eq!(stops.push("Us"), (String::new(), false));
        assert_eq!(stops.push("ual\nUser"), ("\nUsual".into(), false));
        assert_eq!(stops.push(": two"), (String::new(), true));
    }

    #[test]
    fn the_earliest_stop_counts_and_what_was_held_comes_out_at_the_end() {
        let mut stops = Stops::new(["bb".to_owned(), "ab".to_owned(), String::new()]);
        assert_eq!(stops.push("xabb"), ("x".into(), true));
        let mut stops = Stops::new(["END".to_owned()]);
        assert_eq!(stops.push("the E"), ("the ".into(), false));
        assert_eq!(stops.finish(), "E");
    }
}
