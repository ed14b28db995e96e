//! Results as other programs want them: a table of segments, subtitles, labels.

use super::segments::{Segment, segments};
use crate::cli::output::named;
use clap::ValueEnum;
use std::path::Path;
use undertone::engine::{ClipResult, SpeechState};
use undertone::protocol::state_name;

/// Shape of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// An object a recording
    Json,
    /// A row a segment: file,start,end,label,confidence
    Csv,
    /// Subtitles of what is said, of one recording
    Srt,
    /// Labels that Audacity imports, of one recording
    Audacity,
}

impl Format {
    /// The line before the first recording.
    pub fn header(self, channels: bool) -> &'static str {
        match self {
            Self::Csv if channels => "file,channel,start,end,label,confidence\r\n",
            Self::Csv => "file,start,end,label,confidence\r\n",
            _ => "",
        }
    }

    /// Whether recordings can follow each other in it.
    pub fn holds_several(self) -> bool {
        matches!(self, Self::Json | Self::Csv)
    }

    /// A recording, or its channel, in segments.
    pub fn text(
        self,
        file: &Path,
        channel: Option<u16>,
        result: &ClipResult,
        labels: &[String],
    ) -> anyhow::Result<String> {
        let all = segments(result);
        let spoken = all.iter().filter(|one| one.state != SpeechState::Silence);
        Ok(match self {
            Self::Csv => table(file, channel, &all, labels)?,
            Self::Srt => spoken
                .enumerate()
                .map(|(n, one)| subtitle(n + 1, one, labels))
                .collect(),
            _ => spoken.map(|one| audacity(one, labels)).collect(),
        })
    }
}

/// Rows of CSV (RFC 4180).
fn table(
    file: &Path,
    channel: Option<u16>,
    segments: &[Segment],
    labels: &[String],
) -> anyhow::Result<String> {
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let channel = channel.map(|number| number.to_string());
    for segment in segments {
        table.write_field(named(file))?;
        if let Some(channel) = &channel {
            table.write_field(channel)?;
        }
        table.write_field(format!("{:.3}", segment.start))?;
        table.write_field(format!("{:.3}", segment.end))?;
        table.write_field(state_name(segment.state, labels))?;
        table.write_field(format!("{:.4}", segment.confidence))?;
        table.write_record(None::<&[u8]>)?;
    }
    Ok(String::from_utf8(table.into_inner()?)?)
}

fn subtitle(number: usize, segment: &Segment, labels: &[String]) -> String {
    let (start, end) = (clock(segment.start), clock(segment.end));
    let percent = 100.0 * segment.confidence;
    let label = state_name(segment.state, labels);
    format!("{number}\r\n{start} --> {end}\r\n{label} ({percent:.0} %)\r\n\r\n")
}

/// Seconds as `SubRip` has them: hours, minutes, seconds and milliseconds.
fn clock(seconds: f64) -> String {
    let all = (seconds * 1000.0).round() as u64;
    let (hours, minutes) = (all / 3_600_000, all / 60_000 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02},{:03}",
        all / 1000 % 60,
        all % 1000
    )
}

fn audacity(segment: &Segment, labels: &[String]) -> String {
    let label = state_name(segment.state, labels);
    format!("{:.6}\t{:.6}\t{label}\n", segment.start, segment.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_times_are_as_their_formats_say() {
        let segment = Segment {
            start: 0.0,
            end: 1.5,
            state: SpeechState::Silence,
            confidence: 0.0,
        };
        let rows = table(Path::new("a, \"b\".wav"), None, &[segment], &[]).unwrap();
        assert_eq!(rows, "\"a, \"\"b\"\".wav\",0.000,1.500,silence,0.0000\r\n");
        assert_eq!(clock(3723.0045), "01:02:03,005");
    }
}
