//! Lines for those who pass them on as they are.

use super::message::Message;
use serde::Deserialize;
use std::sync::Arc;

/// A line of the event stream and its type.
#[derive(Clone, Debug)]
pub struct Line {
    /// Type of the line, as far as those who pass lines on treat it apart.
    pub line_type: LineType,
    /// The JSON object with a line's end.
    pub text: Arc<str>,
}

/// The types of lines that not only the reader at the end distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum LineType {
    /// [`Message::Hello`].
    Hello,
    /// [`Message::Emotion`].
    Emotion,
    /// [`Message::Silence`].
    Silence,
    /// [`Message::Change`].
    Change,
    /// [`Message::Device`].
    Device,
    /// Any other, also one that this version does not know.
    #[serde(other)]
    Other,
}

impl Line {
    /// Takes a line as it came; `None` when it is no object with a type. The rest
    /// of it is not looked at: a later version may have written it.
    pub fn parse(text: &str) -> Option<Self> {
        let line_type = serde_json::from_str(text).ok()?;
        let text = format!("{}\n", text.trim()).into();
        Some(Self { line_type, text })
    }
}

impl From<&Message> for Line {
    fn from(message: &Message) -> Self {
        Self {
            line_type: message.line_type(),
            text: message.to_line().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_as_they_came() {
        for (text, expected) in [
            (r#"{"type":"hello","labels":7}"#, LineType::Hello),
            (r#"{ "time":"T", "type":"change" }"#, LineType::Change),
            (r#"{"type":"novelty","of":[{}]}"#, LineType::Other),
        ] {
            let line = Line::parse(&format!("{text}\r\n")).unwrap();
            assert_eq!(line.line_type, expected, "{text}");
            assert_eq!(*line.text, format!("{text}\n"));
        }
        for text in ["", "x", "7", "{}", r#"{"type":"hello""#, r#"{"type":7}"#] {
            assert!(Line::parse(text).is_none(), "{text}");
        }
    }
}
