//! Lines: of the socket, of its readers, and of lists of recordings.

#[path = "../../../src/cli/evaluate/rows.rs"]
mod rows;

use undertone::protocol::{Line, Message, Messages, Request, Retained};

/// Lines of a service that lies: what is read can be written, as one line and the same
/// message, and lines are passed on as one line.
pub fn lines(bytes: &[u8]) {
    for message in Messages::new(bytes).take(1000) {
        let line = message.to_line();
        assert_eq!(line.find('\n'), Some(line.len() - 1));
        // JSON has no name for what single precision does not hold.
        if !line.contains("null") {
            assert_eq!(serde_json::from_str::<Message>(&line).ok(), Some(message));
        }
    }
    let mut retained = Retained::default();
    for text in String::from_utf8_lossy(bytes).split('\n') {
        let Some(line) = Line::parse(text) else {
            continue;
        };
        assert_eq!(line.text.find(['\n', '\r']), Some(line.text.len() - 1));
        retained.note(&line);
        assert!(retained.lines().count() <= 3);
    }
}

/// A request is refused in a sentence, or is what it is written as.
pub fn requests(bytes: &[u8]) {
    match Request::parse(bytes) {
        Ok(request) => assert_eq!(Request::parse(request.to_line().as_bytes()), Ok(request)),
        Err(why) => assert!(!why.is_empty() && !why.contains('\n')),
    }
}

/// Rows of CSV have the lines that they stand in; without quotes, their fields are what
/// stands between the commas.
pub fn csv(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    // As the program does before.
    let text = text.trim_start_matches('\u{feff}');
    let lines = 1 + text.matches('\n').count();
    let mut before = 0;
    for row in rows::rows(text) {
        // Lines may end with a carriage return alone, too.
        assert!(row.line >= before && row.line <= lines);
        before = row.line;
    }
    if !text.contains(['"', '\r']) {
        let known = text.split('\n').filter(|line| !line.trim().is_empty());
        let known = known.map(|line| line.split(',').map(str::trim).collect::<Vec<_>>());
        let found = rows::rows(text).map(|row| row.fields.unwrap_or_default());
        let found: Vec<_> = found.collect();
        assert!(
            known.eq(found.iter().map(|fields| fields.iter().collect::<Vec<_>>())),
            "{found:?}"
        );
    }
}
