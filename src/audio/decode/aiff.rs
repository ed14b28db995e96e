//! AIFF and AIFF-C.

use super::blocks::{Blocks, Coding, Extent, Format, apple_ima};
use super::chunks::{self, Order};
use super::input::Input;
use super::packets::Packets;
use super::pcm_width::Claims;
use crate::audio::AudioError;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW};

const BIG: Order = Order::Big;

/// What the `COMM` chunk says.
struct Common {
    channels: u16,
    bits: u16,
    rate: u32,
    compression: [u8; 4],
}

/// Opens an AIFF file at its first byte.
pub(super) fn open(mut input: Input) -> Result<Box<dyn Packets>, AudioError> {
    let head = input.take(12)?;
    let file_end = u64::from(BIG.u32(&head, 4).unwrap_or(0)) + 8;
    let (mut common, mut samples) = (None, None);
    while common.is_none() || samples.is_none() {
        let Some(chunk) = chunks::next(&mut input, BIG)? else {
            break;
        };
        match &chunk.name {
            b"COMM" => common = Common::read(&chunks::contents(&mut input, chunk)?),
            b"SSND" if samples.is_none() => {
                let offset = u64::from(BIG.u32(input.peek(8)?, 0).unwrap_or(0));
                let place = input.position() + 8 + offset;
                samples = Some((place, chunk.size.saturating_sub(8 + offset)));
                if common.is_none() {
                    chunks::pass(&mut input, chunk)?;
                } else {
                    input.skip(8 + offset)?;
                }
            }
            _ => chunks::pass(&mut input, chunk)?,
        }
    }
    let missing = |what: &str| AudioError::Malformed(format!("it has no {what}"));
    let common = common.ok_or_else(|| missing("description of its samples"))?;
    let (place, size) = samples.ok_or_else(|| missing("chunk of samples"))?;
    chunks::go_to(&mut input, place)?;
    let extent = Extent::of(&mut input, size, file_end, BIG)?;
    let look = extent.look();
    let format = Format {
        coding: common.coding(input.peek(look)?)?,
        channels: common.channels,
        rate: common.rate,
    };
    Ok(Box::new(Blocks::new(input, format, extent)?))
}

impl Common {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            channels: BIG.u16(bytes, 0)?,
            bits: BIG.u16(bytes, 6)?,
            rate: extended(bytes.get(8..18)?),
            compression: bytes
                .get(18..22)
                .and_then(|name| name.try_into().ok())
                .unwrap_or(*b"NONE"),
        })
    }

    fn coding(&self, bytes: &[u8]) -> Result<Coding, AudioError> {
        let integers = |bits: u16, order: Order, unsigned: bool| {
            let width = bits.div_ceil(8);
            let claims = Claims {
                channels: self.channels,
                bits,
                align: width.saturating_mul(self.channels),
                bytes_per_second: 0,
                rate: self.rate,
                // By the standard.
                left_justified: true,
                unsigned_bytes: unsigned,
            };
            claims.resolve(bytes, order)
        };
        match &self.compression {
            b"NONE" | b"twos" => integers(self.bits, BIG, false),
            b"sowt" => integers(self.bits, Order::Little, false),
            b"raw " => integers(8, BIG, true),
            b"in24" => integers(24, BIG, false),
            b"in32" => integers(32, BIG, false),
            b"42ni" => integers(24, Order::Little, false),
            b"23ni" => integers(32, Order::Little, false),
            b"fl32" | b"FL32" => Coding::floats(32, BIG),
            b"fl64" | b"FL64" => Coding::floats(64, BIG),
            b"ulaw" | b"ULAW" => Ok(Coding::bytes(CODEC_ID_PCM_MULAW)),
            b"alaw" | b"ALAW" => Ok(Coding::bytes(CODEC_ID_PCM_ALAW)),
            b"ima4" if (1..=2).contains(&self.channels) => Ok(apple_ima(self.channels)),
            name => {
                let name = String::from_utf8_lossy(name);
                Err(AudioError::Unsupported(format!(
                    "the codec {name:?} of AIFF-C"
                )))
            }
        }
    }
}

/// The whole part of an 80-bit float.
fn extended(bytes: &[u8]) -> u32 {
    let exponent = BIG.u16(bytes, 0).unwrap_or(0);
    let mantissa = BIG.u32(bytes, 2).unwrap_or(0);
    // 2^31 of the mantissa's upper half is worth 2^(exponent - 16383).
    match u32::from(exponent).checked_sub(16_383) {
        Some(power @ 0..=31) => mantissa >> (31 - power),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::extended;

    #[test]
    fn rates_are_those_that_apples_documents_give() {
        // Apple's "Audio Interchange File Format AIFF-C", and 44 100 from its example.
        let rows = [
            ([0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0], 44_100),
            ([0x40, 0x0d, 0xac, 0x44, 0, 0, 0, 0, 0, 0], 22_050),
            ([0x40, 0x0c, 0xfa, 0x00, 0, 0, 0, 0, 0, 0], 16_000),
            ([0x40, 0x0e, 0xbb, 0x80, 0, 0, 0, 0, 0, 0], 48_000),
            ([0; 10], 0),
        ];
        for (bytes, rate) in rows {
            assert_eq!(extended(&bytes), rate);
        }
    }
}
