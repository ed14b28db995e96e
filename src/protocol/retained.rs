//! The lines that a late reader is given.

use super::line::{Line, LineType};
use std::sync::Arc;

/// The last `hello`, `device` and `change` of a stream: what a reader that comes
/// late must know, whenever it was said.
#[derive(Debug, Default)]
pub struct Retained {
    hello: Option<Arc<str>>,
    device: Option<Arc<str>>,
    change: Option<Arc<str>>,
}

impl Retained {
    /// Takes a line of the stream; one of another type changes nothing.
    pub fn note(&mut self, line: &Line) {
        let last = match line.line_type {
            LineType::Hello => &mut self.hello,
            LineType::Device => &mut self.device,
            LineType::Change => &mut self.change,
            LineType::Emotion | LineType::Silence | LineType::Other => return,
        };
        *last = Some(Arc::clone(&line.text));
    }

    /// Returns the lines in the order in which a reader expects them.
    pub fn lines(&self) -> impl Iterator<Item = &Arc<str>> {
        [&self.hello, &self.device, &self.change]
            .into_iter()
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_each_type_is_kept_in_the_order_of_a_stream() {
        let mut retained = Retained::default();
        assert_eq!(retained.lines().count(), 0);
        for text in [
            r#"{"type":"change","to":"sad"}"#,
            r#"{"type":"device"}"#,
            r#"{"type":"emotion"}"#,
            r#"{"type":"hello"}"#,
            r#"{"type":"change","to":"calm"}"#,
            r#"{"type":"heartbeat"}"#,
        ] {
            retained.note(&Line::parse(text).unwrap());
        }
        let lines: String = retained.lines().map(|line| &**line).collect();
        let expected = r#"{"type":"hello"} {"type":"device"} {"type":"change","to":"calm"} "#;
        assert_eq!(lines, expected.replace(' ', "\n"));
    }
}
