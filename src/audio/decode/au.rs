//! AU of Sun and `NeXT`.

use super::blocks::{Blocks, Coding, Extent, Format};
use super::chunks::Order;
use super::input::Input;
use super::packets::Packets;
use crate::audio::AudioError;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW};

/// Opens an AU file at its first byte.
pub(super) fn open(mut input: Input) -> Result<Box<dyn Packets>, AudioError> {
    let head = input.peek(24)?.to_vec();
    let field = |n: usize| Order::Big.u32(&head, 4 * n);
    let (Some(offset), Some(size), Some(encoding), Some(rate), Some(channels)) =
        (field(1), field(2), field(3), field(4), field(5))
    else {
        return Err(AudioError::Malformed("its header is cut".into()));
    };
    input.skip(u64::from(offset.max(24)))?;
    let end = u64::from(offset) + u64::from(size);
    let extent = Extent::of(&mut input, u64::from(size), end, Order::Big)?;
    let format = Format {
        coding: coding(encoding)?,
        channels: u16::try_from(channels).unwrap_or(u16::MAX),
        rate,
    };
    Ok(Box::new(Blocks::new(input, format, extent)?))
}

fn coding(encoding: u32) -> Result<Coding, AudioError> {
    let integers = |width| Coding::Integers {
        width,
        order: Order::Big,
        unsigned: false,
        shift: 0,
        assumed: None,
    };
    let refused = |name: &str| Err(AudioError::Unsupported(name.into()));
    match encoding {
        1 => Ok(Coding::bytes(CODEC_ID_PCM_MULAW)),
        27 => Ok(Coding::bytes(CODEC_ID_PCM_ALAW)),
        2..=5 => Ok(integers(encoding as usize - 1)),
        6 => Coding::floats(32, Order::Big),
        7 => Coding::floats(64, Order::Big),
        23 => refused("G.721 ADPCM"),
        24 => refused("G.722"),
        25 | 26 => refused("G.723 ADPCM"),
        other => refused(&format!("the encoding {other} of AU")),
    }
}
