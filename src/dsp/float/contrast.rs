//! Spectral contrast: peaks against valleys in octave bands.

use super::{TOP_DB, decibels, limit_range};
use crate::dsp::dispatch::WithSimd;
use core::ops::Range;

/// Number of bands of a contrast frame: below 200 Hz, five octaves, and what lies above
/// 6400 Hz.
pub const CONTRAST_BANDS: usize = 7;

/// Lower edge of the second band, in hertz.
const LOWEST_OCTAVE: f64 = 200.0;
/// Share of a band's bins that make up its peak, and its valley.
const QUANTILE: f64 = 0.02;
/// Number of bins that are sorted side by side.
const LANES: usize = 8;

/// The peaks and valleys of spectra, for `librosa.feature.spectral_contrast`
/// with its defaults (`fmin=200, n_bands=6, quantile=0.02, linear=False`).
///
/// After Jiang et al., "Music type classification by spectral contrast feature"
/// (2002): the peak of a band is the mean of its largest magnitudes, the valley
/// that of its smallest. librosa limits the range of peaks and of valleys over
/// the whole clip, each by its own maximum, before it takes their difference:
/// keep both and give them to [`of_clip`](Contrast::of_clip). Beside pure tones
/// and above the cut-off of a resampler the valleys lie so low that only a
/// [`precise`] spectrum shows them as librosa does.
///
/// [`precise`]: super::PowerSpectrum::precise
#[derive(Clone)]
pub struct Contrast<const FFT: usize> {
    bands: [Band; CONTRAST_BANDS],
    /// The largest of every lane, largest first.
    lanes: [i32; FFT],
}

#[derive(Clone)]
struct Band {
    bins: Range<usize>,
    /// Number of bins that make up the peak, and the valley.
    extremes: usize,
}

impl<const FFT: usize> Contrast<FFT> {
    /// Lays out the bands. Those that would lie above half of `sample_rate`,
    /// with which librosa refuses to work, have a contrast of zero.
    pub fn new(sample_rate: f64) -> Self {
        Self {
            bands: core::array::from_fn(|band| Band::new(band, sample_rate / FFT as f64, FFT / 2)),
            lanes: [0; FFT],
        }
    }

    /// Returns the levels of the peaks and of the valleys in one frame's power spectrum
    /// (bins `0..=FFT/2`): [`decibels`] of magnitudes, as librosa takes them.
    pub fn of(&mut self, power: &[f32]) -> ([f32; CONTRAST_BANDS], [f32; CONTRAST_BANDS]) {
        let mut peaks = [0.0; CONTRAST_BANDS];
        let mut valleys = [0.0; CONTRAST_BANDS];
        let rows = self.lanes.as_chunks_mut().0;
        for (i, Band { bins, extremes }) in self.bands.iter().enumerate() {
            let (powers, rows) = (&power[bins.clone()], &mut rows[..*extremes]);
            let mut mean_of_largest = |order: Order| {
                Largest {
                    powers,
                    order,
                    rows: &mut *rows,
                }
                .dispatch();
                mean_magnitude(rows, order)
            };
            peaks[i] = decibels(mean_of_largest(Order::Upward));
            valleys[i] = decibels(mean_of_largest(Order::Downward));
        }
        (peaks, valleys)
    }

    /// Limits the levels of a whole clip's peaks and valleys to the range
    /// [`TOP_DB`] below the maximum of each, in place, and calls `on_frame`
    /// with the contrast of each frame in dB.
    pub fn of_clip(
        peaks: &mut [[f32; CONTRAST_BANDS]],
        valleys: &mut [[f32; CONTRAST_BANDS]],
        mut on_frame: impl FnMut(&[f32; CONTRAST_BANDS]),
    ) {
        limit_range(peaks, TOP_DB);
        limit_range(valleys, TOP_DB);
        for (peaks, valleys) in peaks.iter().zip(valleys) {
            on_frame(&core::array::from_fn(|band| peaks[band] - valleys[band]));
        }
    }
}

impl Band {
    /// Lays out a band by librosa's choice of bins: from the last below the band, which counts in
    /// all but the lowest, to the one below the last inside, which is counted
    /// for the quantile but left out; the highest band goes on to Nyquist.
    fn new(band: usize, bin_hz: f64, nyquist: usize) -> Self {
        let lower = LOWEST_OCTAVE * libm::exp2(band as f64 - 1.0);
        let (start, end, counted) = match band {
            0 => (0, last_bin(LOWEST_OCTAVE, bin_hz), 1),
            _ if band == CONTRAST_BANDS - 1 => (first_bin(lower, bin_hz) - 1, nyquist + 1, 0),
            _ => (
                first_bin(lower, bin_hz) - 1,
                last_bin(2.0 * lower, bin_hz),
                1,
            ),
        };
        let bins = start.min(nyquist)..end.clamp(start.min(nyquist), nyquist + 1);
        let share = libm::rint(QUANTILE * (bins.len() + counted) as f64) as usize;
        let extremes = share.max(1).min(bins.len());
        Self { bins, extremes }
    }
}

fn first_bin(hz: f64, bin_hz: f64) -> usize {
    libm::ceil(hz / bin_hz).max(1.0) as usize
}

fn last_bin(hz: f64, bin_hz: f64) -> usize {
    libm::floor(hz / bin_hz) as usize
}

/// The order of powers by integer keys: their bits, which ascend as they do, as
/// none is negative; or these inverted, which descend.
#[derive(Clone, Copy)]
enum Order {
    Upward = 0,
    Downward = -1,
}

impl Order {
    #[inline(always)]
    fn key(self, power: f32) -> i32 {
        power.to_bits().cast_signed() ^ self as i32
    }

    fn power(self, key: i32) -> f32 {
        f32::from_bits((key ^ self as i32).cast_unsigned())
    }
}

/// The search for the largest powers of every lane, as many as there are rows.
struct Largest<'a> {
    powers: &'a [f32],
    order: Order,
    rows: &'a mut [[i32; LANES]],
}

impl WithSimd for Largest<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.rows.fill([i32::MIN; LANES]);
        let (whole, rest) = self.powers.as_chunks::<LANES>();
        for powers in whole {
            let keys = core::array::from_fn(|lane| self.order.key(powers[lane]));
            insert(self.rows, keys);
        }
        let mut last = [i32::MIN; LANES];
        for (last, power) in last.iter_mut().zip(rest) {
            *last = self.order.key(*power);
        }
        insert(self.rows, last);
    }
}

/// Inserts each key in its lane in order; the smallest drops out.
#[inline(always)]
fn insert(rows: &mut [[i32; LANES]], mut keys: [i32; LANES]) {
    for row in rows {
        for lane in 0..LANES {
            let (a, b) = (row[lane], keys[lane]);
            (row[lane], keys[lane]) = (a.max(b), a.min(b));
        }
    }
}

/// The mean of the square roots of the largest powers in all lanes, as many as
/// there are rows; of none, zero.
fn mean_magnitude(rows: &[[i32; LANES]], order: Order) -> f32 {
    let mut next = rows.first().copied().unwrap_or_default();
    let mut taken = [0; LANES];
    let mut sum = 0.0;
    for _ in rows {
        let larger = |best, lane| if next[lane] > next[best] { lane } else { best };
        let largest = (1..LANES).fold(0, larger);
        sum += libm::sqrtf(order.power(next[largest]));
        taken[largest] += 1;
        if let Some(row) = rows.get(taken[largest]) {
            next[largest] = row[largest];
        }
    }
    sum / rows.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::noise;

    const FFT: usize = 2048;
    const RATE: f64 = 22_050.0;

    /// Peak and valley of a band by librosa's steps: mark bins, sort, average.
    fn naive(power: &[f32], band: usize) -> (f64, f64) {
        let hz = |bin: usize| bin as f64 * RATE / FFT as f64;
        let low = if band == 0 {
            0.0
        } else {
            200.0 * 2.0_f64.powi(band as i32 - 1)
        };
        let high = 200.0 * 2.0_f64.powi(band as i32);
        let inside: Vec<usize> = (0..=FFT / 2)
            .filter(|&k| hz(k) >= low && hz(k) <= high)
            .collect();
        let first = inside[0] - usize::from(band > 0);
        let last = if band == 6 {
            FFT / 2
        } else {
            inside[inside.len() - 1]
        };
        let count = (0.02 * (last + 1 - first) as f64)
            .round_ties_even()
            .max(1.0) as usize;
        let end = if band == 6 { last + 1 } else { last };
        let mut magnitudes: Vec<f64> = power[first..end]
            .iter()
            .map(|&p| f64::from(p).sqrt())
            .collect();
        magnitudes.sort_by(f64::total_cmp);
        let mean = |part: &[f64]| 10.0 * (part.iter().sum::<f64>() / part.len() as f64).log10();
        (
            mean(&magnitudes[magnitudes.len() - count..]),
            mean(&magnitudes[..count]),
        )
    }

    #[test]
    fn agrees_with_sorting() {
        let power = noise::<{ FFT / 2 + 1 }>(7).map(|x| 100.0 * (x + 0.5).powi(4) + 1e-6);
        let (peaks, valleys) = Contrast::<FFT>::new(RATE).of(&power);
        for band in 0..CONTRAST_BANDS {
            let (peak, valley) = naive(&power, band);
            assert!((f64::from(peaks[band]) - peak).abs() < 1e-4, "peak {band}");
            assert!(
                (f64::from(valleys[band]) - valley).abs() < 1e-4,
                "valley {band}"
            );
        }
    }

    #[test]
    fn peaks_and_valleys_are_limited_each_by_their_own() {
        let mut peaks = [[0.0; CONTRAST_BANDS], [-100.0; CONTRAST_BANDS]];
        let mut valleys = [[-50.0; CONTRAST_BANDS], [-140.0; CONTRAST_BANDS]];
        let mut got = Vec::new();
        Contrast::<FFT>::of_clip(&mut peaks, &mut valleys, |frame| got.push(frame[0]));
        assert!(
            (got[0] - 50.0).abs() < 1e-6 && (got[1] - 50.0).abs() < 1e-6,
            "{got:?}"
        );
    }

    #[test]
    fn bands_above_nyquist_have_none() {
        let mut contrast = Contrast::<256>::new(8000.0);
        let (peaks, valleys) = contrast.of(&noise::<129>(8).map(|x| x + 1.0));
        assert!(peaks[5] > valleys[5]);
        assert!((peaks[6] - valleys[6]).abs() < f32::MIN_POSITIVE);
    }
}
