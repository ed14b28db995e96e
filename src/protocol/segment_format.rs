//! Results as other programs want them: a table of segments, subtitles, labels.

use super::file_result::FileResult;
use super::segments::{Segment, segments};
use std::str::FromStr;

/// Shape of a recording's segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentFormat {
    /// A table (RFC 4180) with a row a segment.
    Csv,
    /// Subtitles (`SubRip`).
    Srt,
    /// Labels that Audacity imports.
    Audacity,
}

impl FromStr for SegmentFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "csv" => Ok(Self::Csv),
            "srt" => Ok(Self::Srt),
            "audacity" => Ok(Self::Audacity),
            _ => Err("it must be csv, srt or audacity"),
        }
    }
}

impl SegmentFormat {
    /// Whether recordings, or channels of one, can follow each other in it.
    pub fn holds_several(self) -> bool {
        self == Self::Csv
    }

    /// Returns the line before the first recording; with a column for the channel, if
    /// the results are of channels.
    pub fn header(self, channels: bool) -> &'static str {
        match self {
            Self::Csv if channels => "file,channel,start,end,label,confidence\r\n",
            Self::Csv => "file,start,end,label,confidence\r\n",
            Self::Srt | Self::Audacity => "",
        }
    }

    /// Returns the segments of a recording, or its channel, whose result has windows.
    pub fn text(self, result: &FileResult) -> String {
        let all = segments(result);
        let spoken = all.iter().filter(|segment| !segment.is_silence());
        match self {
            // Writing to memory cannot fail.
            Self::Csv => table(result, &all).unwrap_or_default(),
            Self::Srt => spoken
                .enumerate()
                .map(|(n, one)| subtitle(n + 1, one))
                .collect(),
            Self::Audacity => spoken.map(audacity).collect(),
        }
    }
}

fn table(result: &FileResult, segments: &[Segment]) -> csv::Result<String> {
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for segment in segments {
        table.write_field(&result.file)?;
        if let Some(channel) = result.channel {
            table.write_field(channel.to_string())?;
        }
        table.write_field(format!("{:.3}", segment.start))?;
        table.write_field(format!("{:.3}", segment.end))?;
        table.write_field(&segment.label)?;
        table.write_field(format!("{:.4}", segment.confidence))?;
        table.write_record(None::<&[u8]>)?;
    }
    let bytes = table.into_inner().unwrap_or_default();
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

fn subtitle(number: usize, segment: &Segment) -> String {
    let (start, end) = (clock(segment.start), clock(segment.end));
    let (label, percent) = (&segment.label, 100.0 * segment.confidence);
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

fn audacity(segment: &Segment) -> String {
    format!(
        "{:.6}\t{:.6}\t{}\n",
        segment.start, segment.end, segment.label
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_times_are_as_their_formats_say() {
        let result = r#"{"file":"a, \"b\".wav","label":"silence","confidence":0,"scores":{},
            "duration":1.5,"windows":[{"start":0,"end":3,"label":"silence","scores":{}}]}"#;
        let result = serde_json::from_str(result).unwrap();
        let rows = SegmentFormat::Csv.text(&result);
        assert_eq!(rows, "\"a, \"\"b\"\".wav\",0.000,1.500,silence,0.0000\r\n");
        assert_eq!(clock(3723.0045), "01:02:03,005");
    }
}
