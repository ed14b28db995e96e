//! Samples that stand in a file one block behind the other: PCM, companded PCM and
//! ADPCM.

use super::chunks::{self, Order};
use super::frames::{channels, skip_tags};
use super::input::Input;
use super::packets::{Packets, Step, Stream, packet};
use super::pcm_width::integer;
use crate::audio::{AudioError, Damage};
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_QT, CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64BE,
    CODEC_ID_PCM_F64LE, CODEC_ID_PCM_S32LE,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};

/// Samples a channel of a packet, or a little more.
const PACKET: usize = 1024;

/// More channels than any microphone array has.
const MOST_CHANNELS: u16 = 64;

/// Bytes at the beginning that are looked at for what the samples are.
const LOOK: usize = 128 << 10;

/// How samples are written.
pub(super) enum Coding {
    /// Integers of so many bytes.
    Integers {
        width: usize,
        order: Order,
        unsigned: bool,
        /// Unused bits above the sample.
        shift: u32,
        /// What was taken for true where the header contradicts itself.
        assumed: Option<String>,
    },
    /// A codec whose samples have so many bytes.
    Samples { codec: AudioCodecId, width: usize },
    /// Blocks for all channels together.
    Adpcm {
        codec: AudioCodecId,
        block: usize,
        /// Bytes at the beginning of a block.
        header: usize,
        /// Samples a channel that are in the header.
        in_header: u32,
    },
}

impl Coding {
    /// A codec with a sample in each byte.
    pub(super) fn bytes(codec: AudioCodecId) -> Self {
        Self::Samples { codec, width: 1 }
    }

    pub(super) fn floats(bits: u32, order: Order) -> Result<Self, AudioError> {
        let (codec, width) = match (bits, order) {
            (32, Order::Little) => (CODEC_ID_PCM_F32LE, 4),
            (32, Order::Big) => (CODEC_ID_PCM_F32BE, 4),
            (64, Order::Little) => (CODEC_ID_PCM_F64LE, 8),
            (64, Order::Big) => (CODEC_ID_PCM_F64BE, 8),
            _ => {
                let what = format!("floating-point samples of {bits} bits");
                return Err(AudioError::Unsupported(what));
            }
        };
        Ok(Self::Samples { codec, width })
    }

    /// Bytes of a block, and samples a channel in it.
    fn block(&self, channels: usize) -> (usize, u32) {
        match *self {
            Self::Integers { width, .. } | Self::Samples { width, .. } => (width * channels, 1),
            Self::Adpcm { block, .. } => (block, self.samples_in(block, channels)),
        }
    }

    /// Samples a channel in so many bytes of a block of ADPCM.
    fn samples_in(&self, bytes: usize, channels: usize) -> u32 {
        match *self {
            Self::Adpcm {
                header, in_header, ..
            } if bytes >= header => in_header + ((bytes - header) * 2 / channels) as u32,
            _ => 0,
        }
    }
}

/// How the samples of a file are written, and how many stand beside each other.
pub(super) struct Format {
    pub coding: Coding,
    pub channels: u16,
    pub rate: u32,
}

/// How many bytes of samples there are, as far as a header can be believed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Bytes that are stated; `None` where the writer could not know.
    stated: Option<u64>,
    /// Whether the end of the file is the end of the samples.
    to_the_end: bool,
    /// Order of bytes in the chunks behind the samples.
    order: Order,
}

impl Extent {
    /// The samples that come next, of which the header states `size` bytes and that
    /// the file ends at `file_end`.
    pub(super) fn of(
        input: &mut Input,
        size: u64,
        file_end: u64,
        order: Order,
    ) -> Result<Self, AudioError> {
        let left = input.left();
        let stands = left.is_some_and(|left| left >= size);
        if says_unknown(size) && !stands {
            return Ok(Self {
                stated: None,
                to_the_end: true,
                order,
            });
        }
        let begin = input.position();
        // Nothing but a recorder that was stopped leaves samples behind an empty chunk.
        let none_stated = size == 0 && !begins_chunk(input.peek(12)?);
        // The file's size was written at the end, that of the samples was not.
        let stale = stands && size > 0 && file_end > begin + size + 8 && {
            let mut at_end = begin + size;
            at_end += at_end & 1;
            let behind = left.map_or(0, |left| left - size);
            behind > 8 && file_end <= at_end + behind && !chunk_at(input, size)?
        };
        Ok(Self {
            stated: Some(size),
            to_the_end: none_stated || stale,
            order,
        })
    }

    /// All that comes.
    pub(super) fn all() -> Self {
        Self {
            stated: None,
            to_the_end: true,
            order: Order::Little,
        }
    }

    /// Bytes at the beginning that are samples for certain.
    pub(super) fn look(&self) -> usize {
        match self.stated {
            Some(size) if !self.to_the_end => usize::try_from(size).unwrap_or(LOOK).min(LOOK),
            _ => LOOK,
        }
    }
}

/// Whether a size means that it was not known: what programs write into pipes is all
/// ones, or just below or above a sign bit.
fn says_unknown(size: u64) -> bool {
    const NEAR: u64 = 1 << 16;
    [1_u64 << 31, 1 << 32]
        .into_iter()
        .any(|round| (round - NEAR..round + 64).contains(&size))
        || size > u64::MAX >> 2
}

/// Whether something with a name comes, or nothing.
fn begins_chunk(bytes: &[u8]) -> bool {
    bytes.len() < 8 || chunks::is_name(&bytes[..4])
}

/// Whether a chunk begins so many bytes from here.
fn chunk_at(input: &mut Input, distance: u64) -> Result<bool, AudioError> {
    use std::io::{Seek, SeekFrom};
    let here = input.position();
    input.skip(distance + distance % 2)?;
    let is_chunk = begins_chunk(input.peek(8)?);
    input.seek(SeekFrom::Start(here))?;
    Ok(is_chunk)
}

/// Blocks of samples, a few a packet.
pub(super) struct Blocks {
    /// Gone when a file that is joined to this one has it.
    input: Option<Input>,
    format: Format,
    extent: Extent,
    began: bool,
    /// Bytes of samples that were read.
    read: u64,
    skipped: u64,
}

impl Blocks {
    pub(super) fn new(input: Input, format: Format, extent: Extent) -> Result<Self, AudioError> {
        if !(1..=MOST_CHANNELS).contains(&format.channels) {
            let what = format!("{} channels", format.channels);
            return Err(AudioError::Unsupported(what));
        }
        Ok(Self {
            input: Some(input),
            format,
            extent,
            began: false,
            read: 0,
            skipped: 0,
        })
    }

    fn stream(&self) -> Stream {
        let Format {
            coding,
            channels: count,
            rate,
        } = &self.format;
        let codec = match coding {
            Coding::Integers { .. } => CODEC_ID_PCM_S32LE,
            Coding::Samples { codec, .. } | Coding::Adpcm { codec, .. } => *codec,
        };
        let (block, samples) = coding.block(usize::from(*count));
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(codec)
            .with_sample_rate(*rate)
            .with_channels(channels(*count))
            .with_max_frames_per_packet(u64::from(samples) * blocks_in_packet(block, samples))
            .with_frames_per_block(u64::from(samples));
        Stream {
            params,
            frames: None,
        }
    }

    fn packet(&mut self) -> Result<Step, AudioError> {
        let Some(input) = &mut self.input else {
            return Ok(Step::End);
        };
        let channels = usize::from(self.format.channels);
        let (block, samples) = self.format.coding.block(channels);
        let mut most = blocks_in_packet(block, samples) * block as u64;
        if let Some(stated) = self.extent.stated.filter(|_| !self.extent.to_the_end) {
            most = most.min(stated.saturating_sub(self.read));
        }
        let mut bytes = input.take(most as usize)?;
        self.read += bytes.len() as u64;
        let whole = bytes.len() / block * block;
        let rest = self.format.coding.samples_in(bytes.len() - whole, channels);
        let frames = (bytes.len() / block) as u32 * samples + rest;
        if frames == 0 {
            return Ok(Step::End);
        }
        if let Coding::Integers { .. } = self.format.coding {
            bytes.truncate(whole);
            return Ok(packet(&self.to_32_bits(&bytes), frames, (0, 0)));
        }
        if rest == 0 {
            bytes.truncate(whole);
            return Ok(packet(&bytes, frames, (0, 0)));
        }
        // A last block that was cut: the decoder wants a whole one.
        bytes.resize(whole + block, 0);
        let decoded = frames - rest + samples;
        Ok(match packet(&bytes, decoded, (0, 0)) {
            Step::Packet(packet) => Step::Beginning(packet, frames as usize),
            other => other,
        })
    }

    /// Integers of any width as 32-bit ones.
    fn to_32_bits(&self, bytes: &[u8]) -> Vec<u8> {
        let Coding::Integers {
            width,
            order,
            unsigned,
            shift,
            ..
        } = self.format.coding
        else {
            return Vec::new();
        };
        let sign = if unsigned { 1 << 31 } else { 0 };
        let wide = |sample: &[u8]| {
            let high = integer(sample, order) << (8 * (8 - width)) << shift >> 32;
            ((high as u32) ^ sign).to_le_bytes()
        };
        bytes.chunks_exact(width).flat_map(wide).collect()
    }

    /// Looks at what stands behind the samples; keeps the input if that is a file.
    fn behind(&mut self) -> Result<bool, AudioError> {
        let Some(input) = self.input.as_mut().filter(|_| !self.extent.to_the_end) else {
            return Ok(false);
        };
        if self.read % 2 == 1 && input.peek(1)? == [0] {
            input.skip(1)?;
        }
        loop {
            let head = input.peek(12)?;
            let is_file = [&b"RIFF"[..], b"RF64", b"FORM", b".snd", b"fLaC", b"OggS"];
            if head.len() == 12 && is_file.iter().any(|sign| head.starts_with(sign)) {
                input.begin_here();
                return Ok(true);
            }
            if head.len() < 8 || !chunks::is_name(&head[..4]) || head[..4] == *b"TAG " {
                break;
            }
            let Some(chunk) = chunks::next(input, self.extent.order)? else {
                break;
            };
            input.skip(chunk.size + chunk.size % 2)?;
        }
        skip_tags(input)?;
        let is_padding = input.peek(LOOK)?.iter().all(|&byte| byte == 0);
        let passed = input.skip(u64::MAX >> 1)?;
        self.skipped = if is_padding { 0 } else { passed };
        Ok(false)
    }
}

/// Blocks that are decoded at once.
fn blocks_in_packet(block: usize, samples: u32) -> u64 {
    // A block of ADPCM may be of 64 KiB, whatever its header says.
    let by_samples = PACKET.div_ceil(samples.max(1) as usize);
    by_samples.min((1 << 18) / block.max(1)).max(1) as u64
}

impl Packets for Blocks {
    fn next(&mut self) -> Result<Step, AudioError> {
        if !self.began {
            self.began = true;
            return Ok(Step::Stream(Box::new(self.stream())));
        }
        self.packet()
    }

    fn joined(&mut self) -> Result<Option<Input>, AudioError> {
        let joined = self.behind()?;
        let input = self.input.take();
        Ok(input.filter(|_| joined))
    }

    fn damage(&self, damage: &mut Damage) {
        let (block, samples) = self.format.coding.block(usize::from(self.format.channels));
        let frames = |bytes: u64| bytes / block as u64 * u64::from(samples);
        if let Some(stated) = self.extent.stated {
            damage.missing += frames(stated.saturating_sub(self.read));
            damage.undeclared += frames(self.read.saturating_sub(stated));
        }
        damage.skipped_bytes += self.skipped;
        if let Coding::Integers {
            assumed: Some(assumed),
            ..
        } = &self.format.coding
        {
            damage.assumed = Some(assumed.clone());
        }
    }
}

/// IMA ADPCM as Apple has it: 34 bytes a channel with 64 samples.
pub(super) fn apple_ima(channels: u16) -> Coding {
    let channels = usize::from(channels);
    Coding::Adpcm {
        codec: CODEC_ID_ADPCM_IMA_QT,
        block: 34 * channels,
        header: 2 * channels,
        in_header: 0,
    }
}
