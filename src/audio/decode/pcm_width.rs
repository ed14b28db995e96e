//! The width of integer samples, of which headers say three things that may
//! contradict each other.

use super::blocks::Coding;
use super::chunks::Order;
use crate::audio::AudioError;

/// What a header says about the width.
pub(super) struct Claims {
    pub channels: u16,
    /// Bits of a sample.
    pub bits: u16,
    /// Bytes of a sample of all channels.
    pub align: u16,
    pub bytes_per_second: u32,
    pub rate: u32,
    /// Set where narrow samples stand in the high bits for certain, if they say
    /// nothing else themselves.
    pub left_justified: bool,
    /// Set where single bytes are unsigned.
    pub unsigned_bytes: bool,
}

impl Claims {
    /// Returns how to read the samples, which begin with `bytes`.
    pub(super) fn resolve(&self, bytes: &[u8], order: Order) -> Result<Coding, AudioError> {
        let channels = usize::from(self.channels);
        let widths = self.widths()?;
        let rest = |width: &&usize| roughness(bytes, **width, channels, order);
        let width = match &widths[..] {
            [width] => *width,
            _ => *widths
                .iter()
                .min_by(|a, b| rest(a).total_cmp(&rest(b)))
                .unwrap_or(&2),
        };
        let bits = u32::from(self.bits).min(8 * width as u32);
        let spare = 8 * width as u32 - bits;
        let right = width > 1 && spare > 0 && self.is_right_justified(bytes, width, bits, order);
        let contradicts = widths.len() > 1 || right;
        let place = if right { "low" } else { "high" };
        let assumed =
            contradicts.then(|| format!("{bits} bits in the {place} end of {width} bytes"));
        Ok(Coding::Integers {
            width,
            order,
            unsigned: width == 1 && self.unsigned_bytes,
            shift: if right { spare } else { 0 },
            assumed,
        })
    }

    /// The widths in bytes that are claimed, each once.
    fn widths(&self) -> Result<Vec<usize>, AudioError> {
        let channels = usize::from(self.channels);
        let refused = || {
            AudioError::Unsupported(format!(
                "integer samples of {} bits in blocks of {} bytes for {} channels",
                self.bits, self.align, self.channels
            ))
        };
        let by_bits = usize::from(self.bits).div_ceil(8);
        let by_align = usize::from(self.align) / channels.max(1);
        let frames = self.rate as usize * channels;
        let by_second = (self.bytes_per_second as usize).checked_div(frames);
        let mut widths = Vec::new();
        let mut claim = |width: usize, exact: bool| {
            if exact && (1..=8).contains(&width) && !widths.contains(&width) {
                widths.push(width);
            }
        };
        claim(by_bits, true);
        claim(by_align, by_align * channels == usize::from(self.align));
        let by_second = by_second.unwrap_or(0);
        let exact = by_second * frames == self.bytes_per_second as usize;
        // Alone it may be wrong: many a writer leaves something else there.
        let votes = exact && (by_second == by_align || by_second == by_bits);
        if votes && by_bits != by_align && widths.len() == 2 {
            widths.retain(|&width| width == by_second);
        }
        // Fewer bits than a byte are nobody's; a header of 0 bits says nothing.
        if channels == 0 || widths.is_empty() || self.bits == 0 || self.bits % 2 == 1 {
            return Err(refused());
        }
        Ok(widths)
    }

    /// Whether the samples stand in the low end of their bytes, sign and all.
    fn is_right_justified(&self, bytes: &[u8], width: usize, bits: u32, order: Order) -> bool {
        let spare = 8 * width as u32 - bits;
        let samples = || bytes.chunks_exact(width).map(|bytes| integer(bytes, order));
        let low_is_used = samples().any(|sample| sample & ((1 << spare) - 1) != 0);
        let high_is_sign = samples().all(|sample| {
            let high = sample >> (bits - 1);
            high == 0 || high == -1
        });
        match (low_is_used, high_is_sign) {
            (true, sign) => sign,
            (false, true) => !self.left_justified && samples().any(|sample| sample != 0),
            (false, false) => false,
        }
    }
}

/// A signed sample of `bytes.len()` bytes, at most 8.
pub(super) fn integer(bytes: &[u8], order: Order) -> i64 {
    let mut wide = [0; 8];
    let width = bytes.len();
    match order {
        Order::Little => wide[8 - width..].copy_from_slice(bytes),
        Order::Big => {
            for (to, from) in wide[8 - width..].iter_mut().rev().zip(bytes) {
                *to = *from;
            }
        }
    }
    i64::from_le_bytes(wide) >> (8 * (8 - width))
}

/// The share of a signal that is change from sample to sample: far below 1 for
/// speech read as it was written, near 2 for its bytes read as something else.
fn roughness(bytes: &[u8], width: usize, channels: usize, order: Order) -> f64 {
    let samples = bytes.chunks_exact(width).map(|bytes| integer(bytes, order));
    let samples: Vec<f64> = samples.map(|sample| sample as f64).collect();
    let change: f64 = samples
        .iter()
        .zip(samples.iter().skip(channels))
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    let energy: f64 = samples.iter().map(|sample| sample.powi(2)).sum();
    change / energy.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone() -> impl Iterator<Item = i64> {
        (0..2000).map(|n| ((f64::from(n) * 0.2).sin() * 7e6) as i64)
    }

    fn pack(width: usize, shift: u32) -> Vec<u8> {
        tone()
            .flat_map(|sample| (sample << shift).to_le_bytes()[..width].to_vec())
            .collect()
    }

    #[test]
    fn contradictions_are_resolved_by_the_bytes() {
        // Bits, bytes a sample by the block and by the second; the samples; what it is.
        let rows = [
            (24, 3, 3, pack(3, 0), (3, 0), None),
            (
                24,
                4,
                4,
                pack(4, 0),
                (4, 8),
                Some("24 bits in the low end of 4 bytes"),
            ),
            (24, 4, 4, pack(4, 8), (4, 0), None),
            (24, 4, 3, pack(3, 0), (3, 0), None),
            (
                24,
                4,
                7,
                pack(4, 0),
                (4, 8),
                Some("24 bits in the low end of 4 bytes"),
            ),
            (
                24,
                4,
                7,
                pack(3, 0),
                (3, 0),
                Some("24 bits in the high end of 3 bytes"),
            ),
            (24, 4, 4, vec![0; 800], (4, 0), None),
        ];
        for (bits, align, second, bytes, want, note) in rows {
            let claims = Claims {
                channels: 1,
                bits,
                align,
                bytes_per_second: 16_000 * second,
                rate: 16_000,
                left_justified: false,
                unsigned_bytes: true,
            };
            let row = format!("{bits} bits, {align} and {second} bytes");
            match claims.resolve(&bytes, Order::Little).unwrap() {
                Coding::Integers {
                    width,
                    shift,
                    assumed,
                    ..
                } => {
                    assert_eq!((width, shift), want, "{row}");
                    assert_eq!(assumed.as_deref(), note, "{row}");
                }
                _ => panic!("{row}"),
            }
        }
    }

    #[test]
    fn integers_of_every_width_keep_their_sign() {
        assert_eq!(integer(&[0xfe, 0xff], Order::Little), -2);
        assert_eq!(integer(&[0xff, 0xff, 0xfe], Order::Big), -2);
        assert_eq!(
            integer(&[1, 0, 0, 0, 0, 0, 0, 0x80], Order::Little),
            i64::MIN + 1
        );
    }
}
