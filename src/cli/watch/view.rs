//! What `undertone watch` shows.

use crate::cli::output;
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt::Write;

/// Decisions that are remembered: more than a terminal is wide.
const REMEMBERED: usize = 512;

/// The level of digital silence, in dBFS.
const FLOOR_DBFS: f32 = -144.0;

/// The last of everything that the stream has said.
#[derive(Default)]
pub struct View {
    connected: bool,
    program: String,
    labels: Vec<String>,
    scores: Vec<f32>,
    state: String,
    microphone: String,
    /// In dBFS, since the first decision.
    level: Option<f32>,
    /// A letter for each decision.
    strip: VecDeque<char>,
}

impl View {
    /// Takes a message; what it says in a line, if it is to be shown.
    pub fn take(&mut self, message: &Value) -> Option<String> {
        self.connected = true;
        let time = text(message, "time");
        match message["type"].as_str()? {
            "hello" => self.greet(message),
            "emotion" => {
                let label = text(message, "label");
                let letter = label.chars().next().unwrap_or('?');
                self.decide(message, if label == "uncertain" { '.' } else { letter });
                let confidence = 100.0 * number(message, "confidence");
                let level = self.level();
                Some(format!(
                    "{time}  {label} {confidence:.0} %, {level:.1} dBFS"
                ))
            }
            "silence" => {
                self.decide(message, ' ');
                Some(format!("{time}  silence, {:.1} dBFS", self.level()))
            }
            "change" => {
                self.state = text(message, "to");
                Some(format!(
                    "{time}  {} -> {}",
                    text(message, "from"),
                    self.state
                ))
            }
            "device" => {
                let (state, device) = (text(message, "state"), text(message, "device"));
                let reason = text(message, "reason");
                self.microphone = if reason.is_empty() {
                    format!("{state}: {device}")
                } else {
                    format!("{state}: {reason}")
                };
                if state == "lost" || state == "paused" {
                    self.scores.clear();
                    self.remember('|');
                }
                Some(format!("{time}  microphone {}", self.microphone))
            }
            "dropped" => Some(format!(
                "{} lines were lost here",
                number(message, "dropped")
            )),
            _ => None,
        }
    }

    /// Notes that nobody is there; whether that is news.
    pub fn disconnect(&mut self) -> bool {
        let news = self.connected || self.program.is_empty() && self.microphone.is_empty();
        self.connected = false;
        self.microphone = "the service is not there".into();
        self.scores.clear();
        news
    }

    fn greet(&mut self, hello: &Value) -> Option<String> {
        let labels = hello["labels"].as_array()?.iter();
        self.labels = labels
            .filter_map(|label| label.as_str().map(clean))
            .collect();
        self.scores.clear();
        self.state = "silence".into();
        let model = &hello["model"];
        let (name, version) = (text(model, "name"), text(model, "version"));
        self.program = format!(
            "undertone {}, model {name} {version}",
            text(hello, "version")
        );
        Some(self.program.clone())
    }

    fn decide(&mut self, message: &Value, letter: char) {
        let score = |label: &String| number(&message["scores"], label);
        self.scores = self.labels.iter().map(score).collect();
        self.level = Some(number(message, "level"));
        self.remember(letter);
    }

    fn level(&self) -> f32 {
        self.level.unwrap_or(FLOOR_DBFS)
    }

    fn remember(&mut self, letter: char) {
        if self.strip.len() == REMEMBERED {
            self.strip.pop_front();
        }
        self.strip.push_back(letter);
    }

    /// All of it, in lines of at most so many columns.
    pub fn screen(&self, width: usize) -> String {
        let mut screen = String::new();
        let bars = width.saturating_sub(24).clamp(1, 60);
        // Writing to a String cannot fail.
        let _ = writeln!(screen, "{}\nmicrophone {}\n", self.program, self.microphone);
        let _ = writeln!(screen, "{}\n", output::bold(&self.state));
        for (place, label) in self.labels.iter().enumerate() {
            let score = self.scores.get(place).copied().unwrap_or(0.0);
            let (percent, bar) = (100.0 * score, output::bar(score, bars));
            let _ = writeln!(screen, "  {label:<10} {percent:>5.1} % {bar}");
        }
        let bar = output::bar((self.level() + 90.0) / 90.0, bars);
        let _ = writeln!(
            screen,
            "\n  {:<7} {:>6.1} dBFS {bar}",
            "level",
            self.level()
        );
        let newest = self.strip.len().saturating_sub(width.saturating_sub(2));
        let strip: String = self.strip.iter().skip(newest).collect();
        let _ = writeln!(screen, "\n  {strip}");
        let cut = |line: &str| line.chars().take(width).collect::<String>() + "\n";
        screen.lines().map(cut).collect()
    }
}

fn number(message: &Value, key: &str) -> f32 {
    message[key].as_f64().unwrap_or(0.0) as f32
}

fn text(message: &Value, key: &str) -> String {
    clean(message[key].as_str().unwrap_or_default())
}

/// Without what a terminal would obey.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn view() -> View {
        let mut view = View::default();
        let hello = json!({"type": "hello", "version": "1.2", "labels": ["happy", "sad"],
                           "model": {"name": "m", "version": "3"}});
        assert_eq!(view.take(&hello).unwrap(), "undertone 1.2, model m 3");
        view
    }

    #[test]
    fn every_event_is_a_line() {
        let mut view = view();
        let rows = [
            (
                json!({"type": "device", "state": "open", "device": "mic\u{1b}[2J", "time": "T"}),
                Some("T  microphone open: mic[2J"),
            ),
            (
                json!({"type": "emotion", "label": "sad", "confidence": 0.7, "level": -20.5,
                       "scores": {"happy": 0.3, "sad": 0.7}, "time": "T"}),
                Some("T  sad 70 %, -20.5 dBFS"),
            ),
            (
                json!({"type": "change", "from": "silence", "to": "sad", "time": "T"}),
                Some("T  silence -> sad"),
            ),
            (
                json!({"type": "device", "state": "lost", "device": "mic", "reason": "why",
                       "time": "T"}),
                Some("T  microphone lost: why"),
            ),
            (
                json!({"type": "dropped", "dropped": 3}),
                Some("3 lines were lost here"),
            ),
            (json!({"type": "heartbeat"}), None),
            (json!({"type": "novelty"}), None),
            (json!([1, 2]), None),
            (json!({"type": "hello", "labels": 7}), None),
        ];
        for (message, line) in rows {
            assert_eq!(view.take(&message).as_deref(), line, "{message}");
        }
    }

    #[test]
    fn the_screen_shows_it_all_and_fits() {
        let mut view = view();
        assert!(!view.screen(80).contains('█'), "nothing was heard yet");
        for _ in 0..600 {
            view.take(&json!({"type": "emotion", "label": "sad", "level": -30.0,
                              "scores": {"happy": 0.25, "sad": 0.75}}));
        }
        view.take(&json!({"type": "silence", "level": -60.0}));
        view.take(
            &json!({"type": "emotion", "label": "uncertain", "level": -30.0,
                          "scores": {"happy": 0.5, "sad": 0.5}}),
        );
        view.take(&json!({"type": "change", "to": "uncertain"}));
        for width in [0, 1, 20, 80, 1000] {
            let screen = view.screen(width);
            assert!(
                screen.lines().all(|line| line.chars().count() <= width),
                "{screen}"
            );
        }
        let screen = view.screen(80);
        for part in [
            "model m 3",
            "uncertain\n",
            "happy       50.0 % ███",
            "-30.0 dBFS",
            "ss .",
        ] {
            assert!(screen.contains(part), "{part}: {screen}");
        }
        assert!(view.disconnect() && !view.disconnect());
        assert!(view.screen(80).contains("the service is not there"));
    }
}
