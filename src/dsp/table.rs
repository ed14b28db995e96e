//! Integer tables that `build.rs` made.

/// The words of the table `$name`, a static array.
macro_rules! table {
    ($name:literal) => {{
        const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name));
        static WORDS: [i32; BYTES.len() / 4] = $crate::dsp::table::words(BYTES);
        &WORDS
    }};
}
pub(super) use table;

/// Reads little-endian words; there must be exactly `LEN` of them.
pub(super) const fn words<const LEN: usize>(bytes: &[u8]) -> [i32; LEN] {
    let (chunks, rest) = bytes.as_chunks::<4>();
    assert!(chunks.len() == LEN && rest.is_empty());
    let mut words = [0; LEN];
    let mut i = 0;
    while i < LEN {
        words[i] = i32::from_le_bytes(chunks[i]);
        i += 1;
    }
    words
}
