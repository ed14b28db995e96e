//! MPEG audio and AAC frame after frame, with tags and other bytes among them.

use super::frame_header::{FrameHeader, HEADER, LONGEST};
use super::gapless::Gapless;
use super::input::Input;
use super::packets::{Packets, Step, Stream, packet};
use crate::audio::{AudioError, Damage};
use std::io;
use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioCodecParameters, well_known::CODEC_ID_MP3};

/// Frames in a row that prove that there are frames.
const PROOF: usize = 3;

/// Bytes before the first frame: what is left of a frame that was cut.
const CUT: usize = LONGEST;

/// Bytes that are searched at once for the next frame.
const SEARCH: usize = 16 << 10;

/// Frames of one codec after another, with what joins them.
pub(super) struct Frames {
    input: Input,
    /// Of the stream that is read.
    stream: Option<FrameHeader>,
    gapless: Gapless,
    /// Bytes that belong to no frame and no tag.
    skipped: u64,
}

impl Frames {
    pub(super) fn new(input: Input) -> Self {
        Self {
            input,
            stream: None,
            gapless: Gapless::default(),
            skipped: 0,
        }
    }

    /// Goes to the next frame that has others behind it; `None` at the end.
    fn header(&mut self) -> io::Result<Option<FrameHeader>> {
        loop {
            let bytes = self.input.peek(HEADER)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let here = FrameHeader::read(bytes);
            if let Some(header) = here
                && self.stream.is_some_and(|stream| header.continues(stream))
            {
                return Ok(Some(header));
            }
            if skip_tags(&mut self.input)? {
                continue;
            }
            let window = self.input.peek(SEARCH)?;
            let ends = window.len() < SEARCH;
            let found = (0..window.len()).find(|&place| proven(&window[place..]));
            if let Some(place) = found {
                let header = FrameHeader::read(&window[place..]);
                self.pass(place)?;
                return Ok(header);
            }
            // What a frame needs to be proven may lie beyond the window.
            let passed = if ends { window.len() } else { SEARCH / 2 };
            self.pass(passed)?;
        }
    }

    /// Passes over bytes that are no audio; zeros are nothing.
    fn pass(&mut self, count: usize) -> io::Result<()> {
        let bytes = self.input.take(count)?;
        if bytes.iter().any(|&byte| byte != 0) {
            self.skipped += bytes.len() as u64;
        }
        Ok(())
    }

    fn frame(&mut self) -> Result<Step, AudioError> {
        let Some(header) = self.header()? else {
            return Ok(Step::End);
        };
        let begins = self.stream.is_none_or(|stream| !header.continues(stream));
        let bytes = self.input.peek(header.length)?;
        if bytes.len() < header.length {
            // A last frame that was cut.
            self.input.skip(LONGEST as u64)?;
            return Ok(Step::End);
        }
        let tag = match header.codec {
            Some(CODEC_ID_MP3) => Gapless::of_tag(&header, bytes),
            _ => None,
        };
        if begins || tag.is_some() {
            self.stream = Some(header);
            self.gapless = tag.clone().unwrap_or_default();
            if tag.is_some() {
                self.input.skip(header.length as u64)?;
            }
            return Ok(Step::Stream(Box::new(stream(&header)?)));
        }
        let trim = self.gapless.trim(header.samples);
        let step = packet(&bytes[header.prefix..], header.samples, trim);
        self.input.skip(header.length as u64)?;
        Ok(step)
    }
}

impl Packets for Frames {
    fn next(&mut self) -> Result<Step, AudioError> {
        self.frame()
    }

    fn damage(&self, damage: &mut Damage) {
        damage.skipped_bytes += self.skipped;
    }
}

/// What a decoder has to know of the frames.
fn stream(header: &FrameHeader) -> Result<Stream, AudioError> {
    let Some(codec) = header.codec else {
        let what = "AAC other than the LC profile (HE-AAC perhaps)";
        return Err(AudioError::Unsupported(what.into()));
    };
    if header.channels == 0 {
        return Err(AudioError::Unsupported(
            "AAC with a channel map of its own".into(),
        ));
    }
    let mut params = AudioCodecParameters::new();
    params
        .for_codec(codec)
        .with_sample_rate(header.rate)
        .with_channels(channels(header.channels));
    Ok(Stream {
        params,
        frames: None,
    })
}

/// So many channels in the layout that decoders expect.
pub(super) fn channels(count: u16) -> Channels {
    use symphonia::core::audio::layouts::{CHANNEL_LAYOUT_MONO, CHANNEL_LAYOUT_STEREO};
    match count {
        1 => CHANNEL_LAYOUT_MONO,
        2 => CHANNEL_LAYOUT_STEREO,
        _ => Channels::Discrete(count),
    }
}

/// Returns where the first of several frames begins, if they begin at once or after
/// what is left of a cut one.
pub(super) fn first(head: &[u8]) -> Option<usize> {
    let zeros = head.iter().take_while(|&&byte| byte == 0).count();
    if zeros == head.len() {
        return None;
    }
    let end = head.len().min(zeros + CUT);
    (zeros..end).find(|&place| proven(&head[place..]))
}

/// Whether frames follow each other here, or to the end.
fn proven(bytes: &[u8]) -> bool {
    let Some(first) = FrameHeader::read(bytes) else {
        return false;
    };
    let mut place = 0;
    for count in 0..PROOF {
        let Some(rest) = bytes.get(place..).filter(|rest| !rest.is_empty()) else {
            // All of it is frames, the last perhaps cut.
            return count > 1 || place == bytes.len();
        };
        match FrameHeader::read(rest) {
            Some(header) if header.continues(first) => place += header.length,
            _ if count > 0 && is_tag(rest) => return true,
            _ => return false,
        }
    }
    true
}

fn is_tag(bytes: &[u8]) -> bool {
    [&b"ID3"[..], b"TAG", b"APETAGEX", b"LYRICSBEGIN"]
        .iter()
        .any(|sign| bytes.starts_with(sign))
}

/// Skips tags of any size: `ID3v2` and `v1`, APE, Lyrics3. Returns whether there were any.
pub(super) fn skip_tags(input: &mut Input) -> io::Result<bool> {
    let mut any = false;
    while let Some(length) = tag_length(input.peek(32)?) {
        let length = match length {
            Some(length) => length,
            None => lyrics_length(input.peek(64 << 10)?),
        };
        input.skip(length)?;
        any = true;
    }
    Ok(any)
}

/// The length of the tag that begins here; `Some(None)` where its end says it.
#[allow(
    clippy::option_option,
    reason = "a tag, and whether its length stands in it"
)]
fn tag_length(head: &[u8]) -> Option<Option<u64>> {
    if let [b'I', b'D', b'3', 2..=4, _, flags, size @ ..] = head
        && let Some(size) = size.first_chunk::<4>()
        && size.iter().all(|byte| byte & 0x80 == 0)
    {
        let size = size.iter().fold(0, |sum, &byte| sum << 7 | u64::from(byte));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        return Some(Some(10 + size + footer));
    }
    if head.starts_with(b"TAG") {
        return Some(Some(if head.starts_with(b"TAG+") { 227 } else { 128 }));
    }
    if let Some(tag) = head.strip_prefix(b"APETAGEX")
        && tag.len() >= 24
    {
        let size = u64::from(u32::from_le_bytes([tag[4], tag[5], tag[6], tag[7]]));
        // The size is without the header. A footer alone is behind its items.
        let is_header = tag[15] & 0x20 != 0;
        return Some(Some(if is_header { 32 + size } else { 32 }));
    }
    head.starts_with(b"LYRICSBEGIN").then_some(None)
}

fn lyrics_length(bytes: &[u8]) -> u64 {
    let end = |sign: &[u8]| bytes.windows(sign.len()).position(|window| window == sign);
    let place = end(b"LYRICS200").or_else(|| end(b"LYRICSEND"));
    place.map_or(bytes.len(), |place| place + 9) as u64
}
