//! Mel-frequency cepstral coefficients in integers.

use super::NETWORK_BANDS;
use super::shift_right;
use crate::dsp::table::table;

/// `sqrt(2 / 64) cos(2πi / 256)` in Q28.
static COSINES: &[i32] = table!("cosines");
/// `sqrt(1 / 64)` in Q28.
const CONSTANT: i32 = 1 << 25;

/// Computes the first `COEFFICIENTS` of a frame's cepstrum: the orthonormal DCT-II of
/// its levels, as in `scipy.fft.dct(log_mel, norm="ortho")`, in the unit of the
/// levels, each rounded once. What i32 cannot hold saturates; levels that
/// [`LogMel`](super::LogMel) gives never do.
pub fn mfcc<const COEFFICIENTS: usize>(log_mel: &[i32; NETWORK_BANDS]) -> [i32; COEFFICIENTS] {
    const { assert!(COEFFICIENTS <= NETWORK_BANDS) };
    core::array::from_fn(|k| {
        let basis = |band: usize| {
            if k == 0 {
                CONSTANT
            } else {
                COSINES[(2 * band + 1) * k % 256]
            }
        };
        // The basis has norm 1: its magnitudes sum to at most 8, so that the
        // sum stays below 2^62.
        let terms = log_mel.iter().enumerate();
        let sum = terms
            .map(|(band, &level)| i64::from(level) * i64::from(basis(band)))
            .sum();
        shift_right(sum, 28).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
    })
}

#[cfg(test)]
mod tests {
    use super::super::DECIBEL;
    use super::super::reference::noise;
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn is_the_orthonormal_dct() {
        let mut random = noise(11);
        let levels: [i32; NETWORK_BANDS] =
            core::array::from_fn(|_| (100.0 * f64::from(DECIBEL) * random.next().unwrap()) as i32);
        let got: [i32; NETWORK_BANDS] = mfcc(&levels);
        for (k, got) in got.iter().enumerate() {
            let angle = |n: usize| PI * (2 * n + 1) as f64 * k as f64 / 128.0;
            let sum: f64 = levels
                .iter()
                .enumerate()
                .map(|(n, &x)| f64::from(x) * angle(n).cos())
                .sum();
            let want = sum
                * if k == 0 {
                    1.0 / 8.0
                } else {
                    (1.0_f64 / 32.0).sqrt()
                };
            assert!(
                (f64::from(*got) - want).abs() < 1.0,
                "coefficient {k}: {got}, not {want}"
            );
        }
    }

    #[test]
    fn extremes_saturate() {
        let [mean, rest @ ..] = mfcc::<13>(&[i32::MAX; NETWORK_BANDS]);
        assert_eq!(mean, i32::MAX);
        assert!(rest.iter().all(|x| x.abs() < DECIBEL));
        assert_eq!(mfcc::<1>(&[i32::MIN; NETWORK_BANDS]), [i32::MIN]);
    }
}
