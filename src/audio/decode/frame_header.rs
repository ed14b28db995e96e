//! Headers of frames that follow each other without a container: MPEG audio (ISO/IEC
//! 11172-3, 13818-3) and AAC in ADTS (ISO/IEC 13818-7).

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3,
};

/// Bytes that a header needs at most.
pub(super) const HEADER: usize = 7;

/// The longest frame: ADTS has 13 bits for the length.
pub(super) const LONGEST: usize = 1 << 13;

/// A frame by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// The codec; `None` for an AAC profile that is not LC.
    pub codec: Option<AudioCodecId>,
    pub rate: u32,
    /// 0 where AAC describes them inside.
    pub channels: u16,
    /// Samples a channel.
    pub samples: u32,
    /// Bytes with the header.
    pub length: usize,
    /// Bytes of the header that the decoder does not take.
    pub prefix: usize,
    /// Bytes from the header's end to the tag of Xing, if this frame holds one.
    pub side_info: usize,
}

impl FrameHeader {
    /// Reads the header at the beginning of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let &[sync, second, third, fourth, ..] = bytes else {
            return None;
        };
        if sync != 0xff || second & 0xe0 != 0xe0 {
            return None;
        }
        if second & 0xf6 == 0xf0 {
            return adts(bytes);
        }
        mpeg(second, third, fourth)
    }

    /// Whether a frame of the one kind may follow one of the other.
    pub(super) fn continues(self, other: Self) -> bool {
        (self.codec, self.rate, self.channels) == (other.codec, other.rate, other.channels)
    }
}

fn adts(bytes: &[u8]) -> Option<FrameHeader> {
    const RATES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ];
    let header = bytes.get(..HEADER)?;
    let lc = header[2] >> 6 == 1;
    let rate = *RATES.get(usize::from(header[2] >> 2 & 15))?;
    let channels = u16::from(header[2] & 1) << 2 | u16::from(header[3] >> 6);
    let length = usize::from(header[3] & 3) << 11
        | usize::from(header[4]) << 3
        | usize::from(header[5] >> 5);
    let blocks = u32::from(header[6] & 3) + 1;
    // A checksum stands behind the header.
    let prefix = if header[1] & 1 == 0 { 9 } else { 7 };
    (length > prefix).then_some(FrameHeader {
        codec: (lc && blocks == 1).then_some(CODEC_ID_AAC),
        rate,
        // The seventh configuration is 7.1.
        channels: if channels == 7 { 8 } else { channels },
        samples: 1024 * blocks,
        length,
        prefix,
        side_info: 0,
    })
}

fn mpeg(second: u8, third: u8, fourth: u8) -> Option<FrameHeader> {
    const RATES: [u32; 3] = [44_100, 48_000, 32_000];
    // Kilobits a second, by layer, of MPEG-1 and of both others.
    const KILOBITS: [[u32; 14]; 5] = [
        [
            32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448,
        ],
        [
            32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
        ],
        [
            32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
        ],
        [
            32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256,
        ],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let first_version = second >> 3 & 3 == 3;
    let rate_shift = match second >> 3 & 3 {
        3 => 0,
        2 => 1,
        0 => 2,
        _ => return None,
    };
    let layer = 4 - usize::from(second >> 1 & 3);
    let rate = RATES.get(usize::from(third >> 2 & 3))? >> rate_shift;
    // Frames without a stated bit rate have a length that only their followers tell.
    let index = usize::from(third >> 4).checked_sub(1)?;
    let (table, codec, samples) = match (layer, first_version) {
        (1, true) => (0, CODEC_ID_MP1, 384),
        (1, false) => (3, CODEC_ID_MP1, 384),
        (2, true) => (1, CODEC_ID_MP2, 1152),
        (2, false) => (4, CODEC_ID_MP2, 1152),
        (3, true) => (2, CODEC_ID_MP3, 1152),
        (3, false) => (4, CODEC_ID_MP3, 576),
        _ => return None,
    };
    let bits = KILOBITS[table].get(index)? * 1000;
    let padding = u32::from(third >> 1 & 1);
    let length = match layer {
        1 => (12 * bits / rate + padding) * 4,
        _ => samples / 8 * bits / rate + padding,
    };
    let mono = fourth >> 6 == 3;
    // Emphasis 2 is reserved.
    (fourth & 3 != 2).then_some(FrameHeader {
        codec: Some(codec),
        rate,
        channels: if mono { 1 } else { 2 },
        samples,
        length: length as usize,
        prefix: 0,
        side_info: match (first_version, mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes; codec, rate, channels, samples and length.
    type Row<'a> = (&'a [u8], AudioCodecId, u32, u16, u32, usize);

    #[test]
    fn headers_are_those_of_the_standards() {
        // Layer, rate, channels, samples and length by hand from the standards' tables.
        let rows: [Row; 5] = [
            (
                &[0xff, 0xfb, 0x90, 0x00],
                CODEC_ID_MP3,
                44_100,
                2,
                1152,
                417,
            ),
            (&[0xff, 0xf3, 0x44, 0xc0], CODEC_ID_MP3, 24_000, 1, 576, 96),
            (
                &[0xff, 0xfd, 0xa4, 0x00],
                CODEC_ID_MP2,
                48_000,
                2,
                1152,
                576,
            ),
            (&[0xff, 0xe3, 0x48, 0xc0], CODEC_ID_MP3, 8_000, 1, 576, 288),
            (
                &[0xff, 0xf1, 0x60, 0x40, 0x20, 0x1f, 0xfc],
                CODEC_ID_AAC,
                16_000,
                1,
                1024,
                256,
            ),
        ];
        for (bytes, codec, rate, channels, samples, length) in rows {
            let header = FrameHeader::read(bytes).unwrap();
            let found = (header.codec, header.rate, header.channels);
            assert_eq!(found, (Some(codec), rate, channels), "{bytes:x?}");
            assert_eq!(
                (header.samples, header.length),
                (samples, length),
                "{bytes:x?}"
            );
        }
        let none: [&[u8]; 4] = [
            &[0xff, 0xeb, 0x90, 0x00],
            &[0xff, 0xfb, 0xf0, 0x00],
            &[0xff, 0xfb, 0x9c, 0x00],
            &[0xff, 0xfb],
        ];
        for bytes in none {
            assert_eq!(FrameHeader::read(bytes), None, "{bytes:x?}");
        }
    }
}
