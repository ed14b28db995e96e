//! Results in other shapes: what `undertone classify --format` prints of them.

use super::problem::Problem;
use super::upload::parameter;
use crate::protocol::{FileResult, Report, SegmentFormat};
use hyper::StatusCode;

/// Most bytes of results: those of a recording of several hours.
const MAX_BYTES: usize = 4 << 20;

/// Returns the shape that a query asks for.
///
/// # Errors
/// [`Problem`] when it asks for none, or for another.
pub(super) fn asked_for(query: Option<&str>) -> Result<SegmentFormat, Problem> {
    let format = parameter(query, "format").unwrap_or_default();
    format
        .parse()
        .map_err(|error| bad(&format!("format={format} is not known; {error}")))
}

/// The media type of a shape.
pub(super) fn media_type(format: SegmentFormat) -> &'static str {
    match format {
        SegmentFormat::Csv => "text/csv; charset=utf-8",
        SegmentFormat::Srt => "application/x-subrip",
        SegmentFormat::Audacity => "text/plain; charset=utf-8",
    }
}

/// Shapes results as `/api/classify` answers them.
///
/// # Errors
/// [`Problem`] when they are none, too much, or more than the shape can hold.
pub(super) fn shaped(format: SegmentFormat, bytes: &[u8]) -> Result<String, Problem> {
    if bytes.len() > MAX_BYTES {
        let detail = format!("the results are larger than {} MiB", MAX_BYTES >> 20);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let results: Vec<FileResult> = serde_json::Deserializer::from_slice(bytes)
        .into_iter()
        .map(|report| match report {
            Ok(Report::Result(result)) if result.windows.is_some() => Ok(result),
            _ => Err(bad(
                "the body is no result with windows; send what /api/classify answers",
            )),
        })
        .collect::<Result<_, _>>()?;
    if results.len() > 1 && !format.holds_several() {
        return Err(bad(
            "subtitles and labels are of one recording and one channel; send one result",
        ));
    }
    let channels = results.iter().any(|result| result.channel.is_some());
    let header = format.header(channels).to_owned();
    let texts = results.iter().map(|result| format.text(result));
    Ok(texts.fold(header, |all, text| all + &text))
}

fn bad(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}
