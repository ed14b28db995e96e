//! The network's mel filter bank over an integer power spectrum.

use super::spectrum::Powers;
use crate::dsp::dispatch::WithSimd;
use crate::dsp::table::table;

/// Bands in a frame that the network reads.
pub const NETWORK_BANDS: usize = 64;

/// Fraction bits of a weight beyond the 32 that its product loses again.
pub(super) const WEIGHT_BITS: i32 = 3;

/// The network's 64 bands, 128 Slaney mel bands over 0 to 8 kHz at 16 kHz
/// added in neighbouring pairs; see [`MelBank`](crate::dsp::float::MelBank).
pub(super) struct NetworkBank {
    /// First bin and number of bins of each band.
    bands: &'static [[i32; 2]],
    /// The bands' weights, one band after another, in Q35.
    weights: &'static [i32],
}

impl NetworkBank {
    /// Returns the bank over a transform of `size` points; without bands where
    /// no table is compiled in.
    pub const fn of(size: usize) -> Self {
        let (bands, weights): (&[i32], &[i32]) = match size {
            512 => (table!("bands_512"), table!("weights_512")),
            1024 => (table!("bands_1024"), table!("weights_1024")),
            _ => (&[], &[]),
        };
        Self {
            bands: bands.as_chunks().0,
            weights,
        }
    }

    /// Tells whether a table is compiled in.
    pub const fn is_complete(&self) -> bool {
        self.bands.len() == NETWORK_BANDS
    }

    /// Sums a spectrum into the bands: their powers times two to the power
    /// `WEIGHT_BITS`. A sum does not overflow: a band's weights add up to less
    /// than four.
    pub fn apply(&self, powers: &Powers) -> [u64; NETWORK_BANDS] {
        let bank = self;
        Sums { bank, powers }.dispatch()
    }
}

/// The work of [`NetworkBank::apply`].
struct Sums<'a> {
    bank: &'a NetworkBank,
    powers: &'a Powers<'a>,
}

impl WithSimd for Sums<'_> {
    type Output = [u64; NETWORK_BANDS];

    #[inline(always)]
    fn run(self) -> Self::Output {
        let mut sums = [0; NETWORK_BANDS];
        let mut weights = self.bank.weights;
        for (sum, [first, len]) in sums.iter_mut().zip(self.bank.bands) {
            let (now, later) = weights.split_at(*len as usize);
            let powers = self.powers.bins(*first as usize, now.len());
            *sum = powers
                .zip(now)
                .map(|(power, &weight)| scale(power, weight))
                .sum();
            weights = later;
        }
        sums
    }
}

/// `power * weight / 2^32`, from two products of 32 bits.
#[inline(always)]
fn scale(power: u64, weight: i32) -> u64 {
    let weight = u64::from(weight.cast_unsigned());
    (power >> 32) * weight + (((power & 0xffff_ffff) * weight) >> 32)
}

#[cfg(test)]
mod tests {
    use super::super::reference::{db, network_bank, noise};
    use super::super::spectrum::PowerSpectrum;
    use super::*;

    /// The integer sums of a spectrum's integer powers against f64 ones.
    fn snr<const FFT: usize>() -> f64 {
        let mut random = noise(5);
        let frame = core::array::from_fn(|_| (8e6 * random.next().unwrap()) as i32);
        let mut spectrum = PowerSpectrum::<FFT>::new();
        let powers = spectrum.of(&frame);
        let got = NetworkBank::of(FFT).apply(&powers);
        let exact: Vec<f64> = powers.bins(0, FFT / 2).map(|power| power as f64).collect();
        let worst = network_bank(FFT)
            .into_iter()
            .zip(got)
            .map(|(weights, got)| {
                let want: f64 = weights.iter().zip(&exact).map(|(w, p)| w * p).sum();
                let error = got as f64 / f64::from(1 << WEIGHT_BITS) - want;
                db((want / error).powi(2))
            });
        worst.fold(f64::MAX, f64::min)
    }

    #[test]
    fn sums_are_those_of_the_definition() {
        for (size, snr) in [(512, snr::<512>()), (1024, snr::<1024>())] {
            println!("bands of {size} points: worst {snr:.1} dB");
            assert!(snr > 140.0, "{size} points: {snr} dB");
        }
    }

    #[test]
    fn weights_leave_room_for_the_sum() {
        for size in [512, 1024] {
            let bank = NetworkBank::of(size);
            assert!(bank.is_complete());
            assert!(bank.weights.iter().all(|&weight| weight >= 0));
            let mut weights = bank.weights.iter();
            for &[_, len] in bank.bands {
                let sum: i64 = weights
                    .by_ref()
                    .take(len as usize)
                    .map(|&w| i64::from(w))
                    .sum();
                assert!(sum < 4 << 32);
            }
            assert_eq!(weights.next(), None);
        }
    }
}
