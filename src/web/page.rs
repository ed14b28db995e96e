//! The page: one document, put together at build time, and what it may do.

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// Parts of the document as they stand between their tags.
macro_rules! style {
    () => {
        include_str!("page/style.css")
    };
}
macro_rules! script {
    () => {
        concat!(
            "\"use strict\";\n",
            include_str!("page/common.js"),
            include_str!("page/wav.js"),
            include_str!("page/spectrogram.js"),
            include_str!("page/timeline.js"),
            include_str!("page/result.js"),
            include_str!("page/recorder.js"),
            include_str!("page/upload.js"),
            include_str!("page/live.js"),
            include_str!("page/main.js")
        )
    };
}

/// The document.
pub(super) const DOCUMENT: &str = concat!(
    include_str!("page/head.html"),
    "<style>",
    style!(),
    "</style>\n",
    include_str!("page/body.html"),
    "<script>",
    script!(),
    "</script>\n</html>\n"
);

/// A synthesised utterance (espeak-ng, no actor) to try it with: the same
/// samples as `tests/data/synthesised-speech.wav`.
pub(super) const SAMPLE: &[u8] = include_bytes!("page/sample.flac");

/// The API's description.
pub(super) const OPENAPI: &str = include_str!("openapi.json");

/// The Content-Security-Policy of the document: nothing but what stands in it
/// runs, and it talks to nobody but this server. The script that records runs
/// in a worklet, whose source the document makes (`blob:`).
pub(super) fn policy() -> String {
    let (style, script) = (hash(style!()), hash(script!()));
    format!(
        "default-src 'none'; script-src {script} blob:; style-src {style}; connect-src 'self'; \
         media-src blob:; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

fn hash(text: &str) -> String {
    format!(
        "'sha256-{}'",
        BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()))
    )
}
