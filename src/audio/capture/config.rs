//! The configuration in which a microphone is opened.

use crate::audio::resample;
use cpal::{SampleFormat, SupportedBufferSize, SupportedStreamConfigRange};

/// A configuration of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CaptureConfig {
    pub format: SampleFormat,
    pub rate: u32,
    pub channels: u16,
    /// Frames a period, about 32 ms, if the device lets us say.
    pub period: Option<u32>,
}

/// Rates in order of preference after the model's own: the cheapest to
/// convert and the commonest first.
pub(super) const RATES: [u32; 4] = [48_000, 32_000, 96_000, 44_100];

/// Returns the best configuration that a device offers, for a model at `model_rate`.
///
/// Full width comes first: I2S microphones deliver 24 bits whose quiet speech
/// lives in the low ones, and 16-bit devices lose nothing by the wider type.
/// Then the exact rate, then few channels. The device's own default is never
/// asked: it is float, stereo and 48 kHz whatever the hardware is.
pub(super) fn choose(
    offered: impl IntoIterator<Item = SupportedStreamConfigRange>,
    model_rate: u32,
) -> Option<CaptureConfig> {
    offered
        .into_iter()
        .filter_map(|range| Some((rank_of_format(range.sample_format())?, range)))
        .flat_map(|(format_rank, range)| {
            std::iter::once(model_rate)
                .chain(RATES)
                .chain([range.max_sample_rate().min(*resample::RATES.end())])
                .enumerate()
                .filter(move |(_, rate)| {
                    (range.min_sample_rate()..=range.max_sample_rate()).contains(rate)
                })
                .map(move |(rate_rank, rate)| {
                    let rank = (format_rank, rate_rank, range.channels());
                    (rank, config_at(&range, rate))
                })
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, config)| config)
}

fn rank_of_format(format: SampleFormat) -> Option<usize> {
    [SampleFormat::I32, SampleFormat::I16, SampleFormat::F32]
        .iter()
        .position(|&known| known == format)
}

fn config_at(range: &SupportedStreamConfigRange, rate: u32) -> CaptureConfig {
    let wanted = rate * 4 / 125;
    let period = match range.buffer_size() {
        SupportedBufferSize::Range { min, max } if min <= max => {
            Some(wanted.clamp((*min).max(1), *max))
        }
        _ => None,
    };
    CaptureConfig {
        format: range.sample_format(),
        rate,
        channels: range.channels(),
        period,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(
        format: SampleFormat,
        channels: u16,
        min: u32,
        max: u32,
    ) -> SupportedStreamConfigRange {
        let buffer = SupportedBufferSize::Range {
            min: 16,
            max: 65_536,
        };
        SupportedStreamConfigRange::new(channels, min, max, buffer, format)
    }

    #[test]
    fn takes_width_then_rate_then_channels() {
        use SampleFormat::{F32, I16, I32, U8};
        let usb = [offer(I16, 1, 44_100, 48_000), offer(U8, 1, 8_000, 48_000)];
        let i2s = [offer(I16, 2, 8_000, 48_000), offer(I32, 2, 48_000, 48_000)];
        let plug = [
            offer(F32, 1, 4_000, 192_000),
            offer(I16, 2, 4_000, 192_000),
            offer(I16, 1, 4_000, 192_000),
        ];
        let odd = [offer(I16, 1, 22_050, 22_050)];
        let any = [offer(I16, 1, 1, u32::MAX)];
        let fast = [offer(I16, 1, 500_000, 600_000)];
        let cases = [
            (&usb[..], Some((I16, 48_000, 1))),
            (&i2s, Some((I32, 48_000, 2))),
            (&plug, Some((I16, 16_000, 1))),
            (&odd, Some((I16, 22_050, 1))),
            (&any, Some((I16, 16_000, 1))),
            (&fast, None),
            (&usb[1..], None),
            (&[], None),
        ];
        for (offered, want) in cases {
            let got = choose(offered.iter().copied(), 16_000);
            assert_eq!(
                got.map(|c| (c.format, c.rate, c.channels)),
                want,
                "{offered:?}"
            );
        }
        assert_eq!(choose(plug, 16_000).unwrap().period, Some(512));
    }
}
