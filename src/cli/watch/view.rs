//! The live view of `undertone watch`.

use crate::cli::output;
use std::collections::VecDeque;
use undertone::protocol::{DeviceState, Hello, Message, Scores};

/// Decisions that are kept: more than a terminal is wide.
const HISTORY: usize = 512;

/// Level of digital silence in dBFS.
const FLOOR_DBFS: f32 = -144.0;

/// The last of everything that the stream has said.
#[derive(Default)]
pub struct View {
    connected: bool,
    program: String,
    labels: Vec<String>,
    /// One of each label.
    letters: Vec<char>,
    scores: Vec<f32>,
    state: String,
    microphone: String,
    /// In dBFS, since the first decision.
    level: Option<f32>,
    /// Seconds of speech that are known of the voice.
    baseline: Option<f64>,
    /// A letter for each decision.
    strip: VecDeque<char>,
}

impl View {
    /// Takes a message; returns it as a line, if it is to be shown.
    pub fn take(&mut self, message: &Message) -> Option<String> {
        self.connected = true;
        let line = match message {
            Message::Hello(hello) => Some(self.greet(hello)),
            Message::Emotion {
                label,
                confidence,
                scores,
                level,
                baseline,
                time,
                ..
            } => {
                self.baseline = baseline.map(f64::from);
                let letter = self.letter(label);
                self.decide(scores, *level, letter);
                let percent = 100.0 * confidence;
                Some(format!("{time}  {label} {percent:.0} %, {level:.1} dBFS"))
            }
            Message::Silence { level, time, .. } => {
                self.decide(&Scores::default(), *level, ' ');
                Some(format!("{time}  silence, {level:.1} dBFS"))
            }
            Message::Change { from, to, time, .. } => {
                self.state = clean(to);
                Some(format!("{time}  {from} -> {to}"))
            }
            Message::Device {
                state,
                device,
                reason,
                time,
                ..
            } => {
                self.hear_of_device(*state, reason.as_ref().unwrap_or(device));
                Some(format!("{time}  microphone {}", self.microphone))
            }
            Message::Dropped { dropped } => Some(format!("{dropped} lines were lost here")),
            _ => None,
        };
        line.map(|line| clean(&line))
    }

    /// Notes that nobody is there; returns true when that is news.
    pub fn disconnect(&mut self) -> bool {
        let news = self.connected || self.program.is_empty() && self.microphone.is_empty();
        self.connected = false;
        self.microphone = "the service is not there".into();
        self.scores.clear();
        news
    }

    fn greet(&mut self, hello: &Hello) -> String {
        self.labels.clone_from(&hello.labels);
        self.letters = letters(&self.labels);
        self.scores.clear();
        self.state = "silence".into();
        self.baseline = hello.baseline;
        let (model, version) = (&hello.model, &hello.version);
        let program = format!(
            "undertone {version}, model {} {}",
            model.name, model.version
        );
        self.program = clean(&program);
        program
    }

    /// The letter of a decision.
    fn letter(&self, label: &str) -> char {
        if label == "uncertain" {
            return '.';
        }
        let place = self.labels.iter().position(|known| known == label);
        let letter = place.and_then(|place| self.letters.get(place));
        letter.copied().unwrap_or('?')
    }

    fn decide(&mut self, scores: &Scores, level: f32, letter: char) {
        let score = |label: &String| scores.get(label).unwrap_or(0.0);
        self.scores = self.labels.iter().map(score).collect();
        self.level = Some(level);
        self.remember(letter);
    }

    fn hear_of_device(&mut self, state: DeviceState, details: &str) {
        self.microphone = clean(&format!("{}: {details}", state.name()));
        if matches!(state, DeviceState::Lost | DeviceState::Paused) {
            self.scores.clear();
            self.remember('|');
        }
    }

    fn level(&self) -> f32 {
        self.level.unwrap_or(FLOOR_DBFS)
    }

    fn remember(&mut self, letter: char) {
        if self.strip.len() == HISTORY {
            self.strip.pop_front();
        }
        self.strip.push_back(letter);
    }

    /// Returns what there is room for, in fewer lines than there are rows, each of at most
    /// so many columns.
    pub fn screen(&self, width: usize, rows: usize) -> String {
        let mut lines = self.lines(width);
        while lines.len() >= rows.max(2) {
            let least = lines.iter().map(|(rank, _)| *rank).max();
            let Some(last) = lines.iter().rposition(|(rank, _)| Some(*rank) == least) else {
                break;
            };
            lines.remove(last);
        }
        let cut = |(_, line): (Rank, String)| line.chars().take(width).collect::<String>() + "\n";
        lines.into_iter().map(cut).collect()
    }

    fn lines(&self, width: usize) -> Vec<(Rank, String)> {
        let bars = width.saturating_sub(24).clamp(1, 60);
        let blank = || (Rank::Blank, String::new());
        let mut lines = vec![
            (Rank::Program, self.program.clone()),
            (Rank::Microphone, format!("microphone {}", self.microphone)),
            blank(),
            (Rank::State, output::bold(&self.state)),
            blank(),
        ];
        lines.extend(self.labels.iter().enumerate().map(|(place, label)| {
            let score = self.scores.get(place).copied().unwrap_or(0.0);
            let (percent, bar) = (100.0 * score, output::bar(score, bars));
            let (letter, label) = (self.letter(label), clean(label));
            (
                Rank::Score,
                format!("{letter} {label:<10} {percent:>5.1} % {bar}"),
            )
        }));
        let bar = output::bar((self.level() + 90.0) / 90.0, bars);
        let level = format!("  {:<7} {:>6.1} dBFS {bar}", "level", self.level());
        lines.extend([blank(), (Rank::Level, level)]);
        if let Some(seconds) = self.baseline {
            let voice = format!("  {:<7} known for {seconds:.0} s", "voice");
            lines.push((Rank::Voice, voice));
        }
        let newest = self.strip.len().saturating_sub(width.saturating_sub(2));
        let strip: String = self.strip.iter().skip(newest).collect();
        lines.extend([blank(), (Rank::Strip, format!("  {strip}"))]);
        lines
    }
}

/// The kinds of lines; where there is too little room, the last go first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    State,
    Strip,
    Score,
    Level,
    Microphone,
    Voice,
    Program,
    Blank,
}

/// A letter for each label that no label before it has: its first that is free.
fn letters(labels: &[String]) -> Vec<char> {
    let mut taken: Vec<char> = Vec::new();
    for label in labels {
        let label = clean(label);
        let upper = label.chars().flat_map(char::to_uppercase);
        let free = label.chars().chain(upper).find(|one| !taken.contains(one));
        taken.push(free.unwrap_or('?'));
    }
    taken
}

/// Returns text without what a terminal would obey.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone::protocol::ModelName;

    fn hello() -> Message {
        Message::Hello(Hello {
            protocol: 1,
            program: "undertone".into(),
            version: "1.2".into(),
            model: ModelName {
                name: "m".into(),
                version: "3".into(),
                sha256: "0".into(),
            },
            labels: vec!["happy".into(), "sad".into()],
            sample_rate: 16_000,
            window: 3.0,
            hop: 1.0,
            baseline: None,
        })
    }

    fn emotion(label: &str, sad: f32, level: f32) -> Message {
        let scores = [("happy".into(), 1.0 - sad), ("sad".into(), sad)];
        Message::Emotion {
            seq: 0,
            start: 0.0,
            end: 3.0,
            label: label.into(),
            confidence: sad,
            scores: scores.into_iter().collect(),
            voice: 1.0,
            level,
            baseline: Some(40.0),
            inference_ms: 1.0,
            state: label.into(),
            since: 0.0,
            time: "T".into(),
        }
    }

    fn silence(level: f32) -> Message {
        Message::Silence {
            seq: 0,
            start: 0.0,
            end: 3.0,
            voice: 0.0,
            level,
            state: "silence".into(),
            since: 0.0,
            time: "T".into(),
        }
    }

    fn change(from: &str, to: &str) -> Message {
        Message::Change {
            from: from.into(),
            to: to.into(),
            since: 3.0,
            time: "T".into(),
        }
    }

    fn device(state: DeviceState, device: &str, reason: Option<&str>) -> Message {
        Message::Device {
            state,
            device: device.into(),
            overruns: 0,
            reason: reason.map(Into::into),
            time: "T".into(),
        }
    }

    fn view() -> View {
        let mut view = View::default();
        assert_eq!(view.take(&hello()).unwrap(), "undertone 1.2, model m 3");
        view
    }

    #[test]
    fn every_event_is_a_line() {
        let mut view = view();
        let heartbeat = Message::Heartbeat {
            position: 10.0,
            overruns: 0,
            state: "silence".into(),
            since: 0.0,
            time: "T".into(),
        };
        let rows = [
            (
                device(DeviceState::Open, "mic\u{1b}[2J", None),
                Some("T  microphone open: mic[2J"),
            ),
            (emotion("sad", 0.7, -20.5), Some("T  sad 70 %, -20.5 dBFS")),
            (silence(-60.0), Some("T  silence, -60.0 dBFS")),
            (change("silence", "sad"), Some("T  silence -> sad")),
            (
                device(DeviceState::Lost, "mic", Some("why")),
                Some("T  microphone lost: why"),
            ),
            (
                Message::Dropped { dropped: 3 },
                Some("3 lines were lost here"),
            ),
            (heartbeat, None),
            (Message::Unknown, None),
        ];
        for (message, line) in rows {
            assert_eq!(view.take(&message).as_deref(), line, "{message:?}");
        }
    }

    #[test]
    fn the_screen_shows_it_all_and_fits() {
        let mut view = view();
        assert!(!view.screen(80, 24).contains('█'), "nothing was heard yet");
        for _ in 0..600 {
            view.take(&emotion("sad", 0.75, -30.0));
        }
        view.take(&silence(-60.0));
        view.take(&emotion("uncertain", 0.5, -30.0));
        view.take(&change("sad", "uncertain"));
        for width in [0, 1, 20, 80, 1000] {
            let screen = view.screen(width, 24);
            assert!(
                screen.lines().all(|line| line.chars().count() <= width),
                "{screen}"
            );
        }
        let screen = view.screen(80, 24);
        for part in [
            "model m 3",
            "uncertain\n",
            "happy       50.0 % ███",
            "-30.0 dBFS",
            "voice   known for 40 s",
            "ss .",
        ] {
            assert!(screen.contains(part), "{part}: {screen}");
        }
        assert!(view.disconnect() && !view.disconnect());
        assert!(view.screen(80, 24).contains("the service is not there"));
    }

    #[test]
    fn little_room_is_for_what_matters() {
        let mut view = view();
        view.take(&emotion("sad", 0.75, -30.0));
        view.take(&change("happy", "sad"));
        for rows in [2, 3, 5, 8, 12, 24] {
            let screen = view.screen(80, rows);
            assert!(screen.lines().count() < rows, "{rows}: {screen}");
            assert!(screen.contains("sad\n"), "{rows}: {screen}");
            assert_eq!(screen.contains("dBFS"), rows >= 6, "{rows}: {screen}");
        }
    }

    #[test]
    fn every_label_has_a_letter_of_its_own() {
        let labels = ["sad", "surprised", "angry", "s", "su"].map(String::from);
        assert_eq!(letters(&labels), ['s', 'u', 'a', 'S', 'U']);
    }

    #[test]
    fn a_terminal_is_told_nothing_by_the_stream() {
        let mut view = view();
        let hostile = "\u{1b}[2J";
        let lines = [
            emotion(hostile, 0.5, -20.0),
            change(hostile, hostile),
            device(DeviceState::Lost, "mic", Some(hostile)),
        ];
        for message in lines {
            let line = view.take(&message).unwrap();
            assert!(!line.contains(hostile), "{line:?}");
        }
        assert!(!view.screen(80, 24).contains(hostile));
    }
}
