//! WAV in all its forms: RIFF, RIFX, RF64 and BW64.

use super::blocks::{Blocks, Coding, Extent, Format};
use super::chunks::{self, Chunk, Order};
use super::frames::Frames;
use super::input::Input;
use super::packets::Packets;
use super::pcm_width;
use crate::audio::AudioError;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW,
};

/// Format tags (RFC 2361) that stand for a codec which is not read here.
const REFUSED: [(u16, &str); 22] = [
    (0x0004, "VSELP"),
    (0x0010, "OKI ADPCM"),
    (0x0020, "Yamaha ADPCM"),
    (0x0022, "DSP Group TrueSpeech"),
    (0x0031, "GSM 6.10"),
    (0x0040, "G.721 ADPCM"),
    (0x0042, "G.723.1"),
    (0x0045, "G.726 ADPCM"),
    (0x0064, "G.726 ADPCM"),
    (0x0065, "G.722"),
    (0x0083, "G.729"),
    (0x00ff, "AAC"),
    (0x028f, "G.722"),
    (0x0160, "Windows Media Audio"),
    (0x0161, "Windows Media Audio"),
    (0x0162, "Windows Media Audio"),
    (0x0163, "Windows Media Audio"),
    (0x0270, "ATRAC3"),
    (0x2000, "AC-3"),
    (0xa109, "Speex"),
    (0xf1ac, "FLAC"),
    (0x704f, "Opus"),
];

/// What the `fmt ` chunk says.
struct Description {
    tag: u16,
    channels: u16,
    rate: u32,
    bytes_per_second: u32,
    align: u16,
    bits: u16,
    /// Set for `WAVE_FORMAT_EXTENSIBLE`.
    extensible: bool,
}

/// Opens a WAV file at its first byte.
pub(super) fn open(mut input: Input) -> Result<Box<dyn Packets>, AudioError> {
    let head = input.take(12)?;
    let order = match head.get(..4) {
        Some(b"RIFX") => Order::Big,
        _ => Order::Little,
    };
    let riff_end = u64::from(order.u32(&head, 4).unwrap_or(0)) + 8;
    let (mut description, mut samples, mut long_sizes) = (None, None, None);
    while description.is_none() || samples.is_none() {
        let Some(chunk) = chunks::next(&mut input, order)? else {
            break;
        };
        match &chunk.name {
            b"fmt " => {
                description = Description::read(&chunks::contents(&mut input, chunk)?, order);
            }
            b"ds64" => long_sizes = data_size(&chunks::contents(&mut input, chunk)?),
            b"data" if samples.is_none() => {
                let long = long_sizes.filter(|_| chunk.size == 0xffff_ffff);
                let size = long.unwrap_or(chunk.size);
                samples = Some((input.position(), size));
                if description.is_none() {
                    let name = chunk.name;
                    chunks::pass(&mut input, Chunk { name, size })?;
                }
            }
            _ => chunks::pass(&mut input, chunk)?,
        }
    }
    let missing = |what: &str| AudioError::Malformed(format!("it has no {what}"));
    let description = description.ok_or_else(|| missing("description of its samples"))?;
    let (place, size) = samples.ok_or_else(|| missing("chunk of samples"))?;
    chunks::go_to(&mut input, place)?;
    let extent = Extent::of(&mut input, size, riff_end.max(place), order)?;
    description.reader(input, order, extent)
}

/// The size of the samples in the 64-bit sizes of RF64, where it is known.
fn data_size(ds64: &[u8]) -> Option<u64> {
    let size = ds64.get(8..16)?.try_into().ok()?;
    Some(u64::from_le_bytes(size)).filter(|&size| size > 0 && size < u64::MAX >> 1)
}

impl Description {
    fn read(fmt: &[u8], order: Order) -> Option<Self> {
        let tag = order.u16(fmt, 0)?;
        let extensible = tag == 0xfffe && fmt.len() >= 26;
        let align = order.u16(fmt, 12)?;
        Some(Self {
            tag: if extensible { order.u16(fmt, 24)? } else { tag },
            channels: order.u16(fmt, 2)?,
            rate: order.u32(fmt, 4)?,
            bytes_per_second: order.u32(fmt, 8)?,
            align,
            bits: order.u16(fmt, 14).unwrap_or(0),
            extensible,
        })
    }

    fn reader(
        self,
        mut input: Input,
        order: Order,
        extent: Extent,
    ) -> Result<Box<dyn Packets>, AudioError> {
        let refused = REFUSED.iter().find(|(tag, _)| *tag == self.tag);
        let coding = match self.tag {
            1 => self.integers(&mut input, order, &extent)?,
            3 => Coding::floats(u32::from(self.bits), order)?,
            6 => Coding::bytes(CODEC_ID_PCM_ALAW),
            7 => Coding::bytes(CODEC_ID_PCM_MULAW),
            2 => self.adpcm(CODEC_ID_ADPCM_MS, 7, 2)?,
            0x11 => self.adpcm(CODEC_ID_ADPCM_IMA_WAV, 4, 1)?,
            // Frames that say themselves what they are.
            0x50 | 0x55 | 0x1600 => {
                input.begin_here();
                return Ok(Box::new(Frames::new(input)));
            }
            tag => {
                let name = refused.map(|(_, name)| (*name).to_owned());
                let name = name.unwrap_or_else(|| format!("the codec 0x{tag:04x} of WAV"));
                return Err(AudioError::Unsupported(name));
            }
        };
        let format = Format {
            coding,
            channels: self.channels,
            rate: self.rate,
        };
        Ok(Box::new(Blocks::new(input, format, extent)?))
    }

    /// Integer samples, whose width the header may state in three ways.
    fn integers(
        &self,
        input: &mut Input,
        order: Order,
        extent: &Extent,
    ) -> Result<Coding, AudioError> {
        let claims = pcm_width::Claims {
            channels: self.channels,
            bits: self.bits,
            align: self.align,
            bytes_per_second: self.bytes_per_second,
            rate: self.rate,
            left_justified: self.extensible,
            // 8 bits and fewer are unsigned, alone in WAV.
            unsigned_bytes: true,
        };
        let look = extent.look();
        claims.resolve(input.peek(look)?, order)
    }

    /// Blocks of ADPCM: so many bytes of a header a channel, which hold so many
    /// samples, and half a byte for every other sample.
    fn adpcm(
        &self,
        codec: symphonia::core::codecs::audio::AudioCodecId,
        header: u32,
        in_header: u32,
    ) -> Result<Coding, AudioError> {
        let channels = u32::from(self.channels.max(1));
        let (align, header) = (u32::from(self.align), header * channels);
        if align <= header || channels > 2 {
            let what = format!("ADPCM in blocks of {align} bytes for {channels} channels");
            return Err(AudioError::Unsupported(what));
        }
        Ok(Coding::Adpcm {
            codec,
            block: align as usize,
            header: header as usize,
            in_header,
        })
    }
}
