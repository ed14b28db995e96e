//! Rows of CSV by RFC 4180, with their lines.

use csv::StringRecord;

/// A row that is not empty.
pub struct Row {
    /// Number of its first line, from 1.
    pub line: usize,
    /// `None` where a quote is misplaced.
    pub fields: Option<StringRecord>,
}

/// Returns the rows of a text that are not empty.
pub fn rows(text: &str) -> impl Iterator<Item = Row> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut lines = 1;
    let next = move || {
        let start = reader.position().byte() as usize;
        let mut fields = StringRecord::new();
        // Text in memory is read without failing.
        if !reader.read_record(&mut fields).ok()? {
            return None;
        }
        let raw = &text[start..reader.position().byte() as usize];
        // Empty lines and the end of the one before belong to what is read next.
        let record = raw.trim_start_matches(['\r', '\n']);
        let line = lines + raw[..raw.len() - record.len()].matches('\n').count();
        lines += raw.matches('\n').count();
        let fields = Some(fields).filter(|_| is_well_quoted(record));
        Some((record, Row { line, fields }))
    };
    std::iter::from_fn(next)
        .filter(|(record, _)| !record.trim().is_empty())
        .map(|(_, row)| row)
}

/// Returns true where each quote of a record opens a field, closes one or is one
/// of a pair inside of one. The csv crate takes others for letters.
fn is_well_quoted(record: &str) -> bool {
    let parts: Vec<&str> = record.split('"').collect();
    let last = parts.len() - 1;
    let mut outside = parts.iter().enumerate().step_by(2);
    last.is_multiple_of(2)
        && outside.all(|(place, text)| {
            let closes = place == 0 || text.trim().is_empty() || text.trim_start().starts_with(',');
            let opens = place == last || text.is_empty() || text.ends_with(',');
            closes && opens
        })
}
