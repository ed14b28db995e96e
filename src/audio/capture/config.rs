//! The configuration in which a microphone is opened.

use crate::audio::{Channel, resample};
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

/// Returns the best configuration that a device offers, for a model at `model_rate`
/// that hears that channel.
///
/// Full width comes first: I2S microphones deliver 24 bits whose quiet speech
/// lives in the low ones, and 16-bit devices lose nothing by the wider type.
/// Then the exact rate, then few channels. The device's own default is never
/// asked: it is float, stereo and 48 kHz whatever the hardware is.
pub(super) fn choose(
    offered: &[SupportedStreamConfigRange],
    model_rate: u32,
    channel: Channel,
) -> Option<CaptureConfig> {
    offered
        .iter()
        .filter(|range| range.channels() >= channels_for(channel))
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
                    (rank, config_at(range, rate))
                })
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, config)| config)
}

/// The fewest channels among which a channel is.
fn channels_for(channel: Channel) -> u16 {
    match channel {
        Channel::Mix => 1,
        Channel::Number(number) => number,
    }
}

/// The formats that are read, the best first.
const FORMATS: [SampleFormat; 4] = [
    SampleFormat::I32,
    SampleFormat::I24,
    SampleFormat::I16,
    SampleFormat::F32,
];

fn rank_of_format(format: SampleFormat) -> Option<usize> {
    FORMATS.iter().position(|&known| known == format)
}

/// Returns whether samples of an offered configuration can be read.
pub(super) fn is_read(range: &SupportedStreamConfigRange) -> bool {
    rank_of_format(range.sample_format()).is_some()
}

/// Returns why a device of that name offers nothing that can be opened, and what to do.
pub(super) fn why_not(
    offered: &[SupportedStreamConfigRange],
    name: &str,
    channel: Channel,
) -> String {
    let channels = offered
        .iter()
        .filter(|range| is_read(range))
        .map(SupportedStreamConfigRange::channels);
    match (channels.max(), channel) {
        (Some(most), Channel::Number(number)) if most < number => {
            format!("it has no channel {number}, but {most}; choose another with --channel")
        }
        _ => {
            let card = name.strip_prefix("hw:").unwrap_or("CARD=NAME");
            format!(
                "it offers no samples of 16 or 32 bits, of 24 bits in four bytes, or floats; open \
                 it as plughw:{card}, which converts"
            )
        }
    }
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
        use SampleFormat::{F32, I16, I24, I32, U8};
        let usb = [offer(I16, 1, 44_100, 48_000), offer(U8, 1, 8_000, 48_000)];
        let i2s = [offer(I16, 2, 8_000, 48_000), offer(I32, 2, 48_000, 48_000)];
        let plug = [
            offer(F32, 1, 4_000, 192_000),
            offer(I16, 2, 4_000, 192_000),
            offer(I16, 1, 4_000, 192_000),
        ];
        let only_24 = [offer(I24, 2, 44_100, 96_000)];
        let odd = [offer(I16, 1, 22_050, 22_050)];
        let any = [offer(I16, 1, 1, u32::MAX)];
        let padded = [offer(I16, 2, 48_000, 48_000), offer(I24, 2, 48_000, 48_000)];
        let fast = [offer(I16, 1, 500_000, 600_000)];
        let cases = [
            (&usb[..], Some((I16, 48_000, 1))),
            (&i2s, Some((I32, 48_000, 2))),
            (&plug, Some((I16, 16_000, 1))),
            (&only_24, Some((I24, 48_000, 2))),
            (&odd, Some((I16, 22_050, 1))),
            (&any, Some((I16, 16_000, 1))),
            (&padded, Some((I24, 48_000, 2))),
            (&fast, None),
            (&usb[1..], None),
            (&[], None),
        ];
        for (offered, want) in cases {
            let got = choose(offered, 16_000, Channel::Mix);
            assert_eq!(
                got.map(|c| (c.format, c.rate, c.channels)),
                want,
                "{offered:?}"
            );
        }
        assert_eq!(
            choose(&plug, 16_000, Channel::Mix).unwrap().period,
            Some(512)
        );
    }

    #[test]
    fn a_channel_is_there_or_it_is_said() {
        use SampleFormat::{I16, I32, U8};
        let array = [offer(I16, 1, 16_000, 16_000), offer(I16, 6, 16_000, 16_000)];
        let usb = [offer(U8, 8, 8_000, 48_000), offer(I32, 2, 48_000, 48_000)];
        let odd = [offer(U8, 8, 8_000, 48_000)];
        let cases = [
            (&array[..], Channel::Mix, Ok(1)),
            (&array, Channel::Number(1), Ok(1)),
            (&array, Channel::Number(2), Ok(6)),
            (&array, Channel::Number(7), Err("no channel 7, but 6")),
            (&usb, Channel::Number(2), Ok(2)),
            (&usb, Channel::Number(3), Err("no channel 3, but 2")),
            (&odd, Channel::Number(3), Err("plughw:CARD=Mic,DEV=0")),
            (&[], Channel::Mix, Err("plughw:CARD=Mic,DEV=0")),
        ];
        for (offered, channel, want) in cases {
            let got = choose(offered, 16_000, channel);
            let why = why_not(offered, "hw:CARD=Mic,DEV=0", channel);
            match want {
                Ok(channels) => assert_eq!(got.map(|c| c.channels), Some(channels)),
                Err(words) => assert!(got.is_none() && why.contains(words), "{why}"),
            }
        }
    }
}
