//! Headerless samples.

use super::blocks::{Blocks, Coding, Extent, Format};
use super::chunks::Order;
use super::input::Input;
use crate::audio::{AudioError, RawFormat, RawSample};
use symphonia::core::codecs::audio::well_known::{CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW};

/// Opens samples that are all that there is.
pub(super) fn open(input: Input, format: RawFormat) -> Result<Blocks, AudioError> {
    let integers = |width, shift| Coding::Integers {
        width,
        order: Order::Little,
        unsigned: width == 1,
        shift,
        assumed: None,
    };
    let coding = match format.sample {
        RawSample::U8 => integers(1, 0),
        RawSample::S16Le => integers(2, 0),
        RawSample::S24Le => integers(4, 8),
        RawSample::S24Le3 => integers(3, 0),
        RawSample::S32Le => integers(4, 0),
        RawSample::FloatLe => Coding::floats(32, Order::Little)?,
        RawSample::MuLaw => Coding::bytes(CODEC_ID_PCM_MULAW),
        RawSample::ALaw => Coding::bytes(CODEC_ID_PCM_ALAW),
    };
    let format = Format {
        coding,
        channels: format.channels,
        rate: format.rate,
    };
    Blocks::new(input, format, Extent::all())
}
