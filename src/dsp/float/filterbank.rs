//! The triangular mel filter bank.
//!
//! Scale and normalisation are, unless others are asked for, those of Malcolm
//! Slaney's Auditory Toolbox (Interval Research, technical report 1998-010),
//! librosa's default: `librosa.filters.mel(htk=False, norm="slaney")`.

use crate::dsp::{hz_to_mel, mel_to_hz};

/// A mel scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MelScale {
    /// Linear below 1 kHz, logarithmic above: [`hz_to_mel`], librosa's default.
    Slaney,
    /// `2595 log10(1 + hz / 700)`: the Hidden Markov Model Toolkit's, librosa's
    /// `htk=True`.
    Htk,
}

impl MelScale {
    /// Converts hertz to mels of this scale.
    pub fn of_hz(self, hz: f64) -> f64 {
        match self {
            Self::Slaney => hz_to_mel(hz),
            Self::Htk => 2595.0 * libm::log10(1.0 + hz / 700.0),
        }
    }

    /// Converts mels of this scale to hertz, the inverse of [`of_hz`](Self::of_hz).
    pub fn to_hz(self, mel: f64) -> f64 {
        match self {
            Self::Slaney => mel_to_hz(mel),
            Self::Htk => 700.0 * (libm::exp10(mel / 2595.0) - 1.0),
        }
    }
}

/// The scale of a bank's triangles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MelNorm {
    /// Peaks of one: librosa's `norm=None`.
    Peak,
    /// Areas of one over hertz: librosa's `norm="slaney"`, its default.
    Area,
}

/// `MELS` triangular bands, equally spaced in mels, over the bins of a
/// transform of `FFT` points.
///
/// A bin lies between the centres of two neighbouring bands: on the rising
/// side of one triangle and the falling side of the one below. Two weights a
/// bin are therefore the whole bank.
#[derive(Clone)]
pub struct MelBank<const FFT: usize, const MELS: usize> {
    /// Weights of bin `k`: `[2k]` in the band it rises towards, `[2k + 1]` in
    /// the band it falls from.
    weights: [f32; FFT],
    /// First bin inside the lowest triangle.
    first: usize,
    /// First bin at or above each band's centre.
    centres: [usize; MELS],
    /// First bin above the highest triangle.
    end: usize,
}

impl<const FFT: usize, const MELS: usize> MelBank<FFT, MELS> {
    /// Makes the bank from `f_min` to `f_max` hertz in Slaney's scale and
    /// normalisation; `f_max` is at most half of `sample_rate`, where every
    /// triangle is zero, so the Nyquist bin has no weights.
    pub fn new(sample_rate: f64, f_min: f64, f_max: f64) -> Self {
        Self::with(MelScale::Slaney, MelNorm::Area, sample_rate, [f_min, f_max])
    }

    /// Makes the bank over the hertz of `range` in any scale and normalisation:
    /// `librosa.filters.mel(htk=scale == Htk, norm=norm)`.
    pub fn with(scale: MelScale, norm: MelNorm, sample_rate: f64, range: [f64; 2]) -> Self {
        let mel_edge = mel_edges::<MELS>(scale, sample_rate, range);
        let edge = |i: usize| scale.to_hz(mel_edge(i));
        let height = |band: usize| match norm {
            MelNorm::Peak => 1.0,
            MelNorm::Area => 2.0 / (edge(band + 2) - edge(band)),
        };
        let bin_hz = sample_rate / FFT as f64;
        Self::of_triangles(edge, height, |bin| bin as f64 * bin_hz)
    }

    /// Makes the bank over the hertz of `range` whose sides are straight in mels
    /// rather than in hertz, with peaks of one, as Kaldi, HTK and `VGGish`
    /// draw them.
    pub fn straight_in_mels(scale: MelScale, sample_rate: f64, range: [f64; 2]) -> Self {
        let bin_hz = sample_rate / FFT as f64;
        Self::of_triangles(
            mel_edges::<MELS>(scale, sample_rate, range),
            |_| 1.0,
            |bin| scale.of_hz(bin as f64 * bin_hz),
        )
    }

    /// Makes the bank whose band `b` rises from `edge(b)` to its height at
    /// `edge(b + 1)` and falls to `edge(b + 2)`, on any axis on which `place`
    /// tells the places of the bins.
    fn of_triangles(
        edge: impl Fn(usize) -> f64,
        height: impl Fn(usize) -> f64,
        place: impl Fn(usize) -> f64,
    ) -> Self {
        let first_from = |edge: f64| first_bin(FFT / 2, |bin| place(bin) >= edge);
        let mut bank = Self {
            weights: [0.0; FFT],
            first: first_from(edge(0)),
            centres: core::array::from_fn(|band| first_from(edge(band + 1))),
            end: first_from(edge(MELS + 1)),
        };
        let mut start = bank.first;
        for segment in 0..=MELS {
            let stop = *bank.centres.get(segment).unwrap_or(&bank.end);
            let (lower, upper) = (edge(segment), edge(segment + 1));
            for bin in start..stop {
                let position = (place(bin) - lower) / (upper - lower);
                if segment < MELS {
                    bank.weights[2 * bin] = (position * height(segment)) as f32;
                }
                if segment > 0 {
                    bank.weights[2 * bin + 1] = ((1.0 - position) * height(segment - 1)) as f32;
                }
            }
            start = stop;
        }
        bank
    }

    /// Sums a power spectrum (bins `0..=FFT/2`) into the bands.
    pub fn apply(&self, power: &[f32], bands: &mut [f32; MELS]) {
        let mut start = self.first;
        for band in 0..MELS {
            let (rising, falling) = self.segment(start, self.centres[band], power);
            bands[band] = rising;
            if band > 0 {
                bands[band - 1] += falling;
            }
            start = self.centres[band];
        }
        bands[MELS - 1] += self.segment(start, self.end, power).1;
    }

    /// Sums one stretch of bins between two neighbouring centres.
    fn segment(&self, start: usize, stop: usize, power: &[f32]) -> (f32, f32) {
        let weights = self.weights[2 * start..2 * stop].chunks_exact(2);
        power[start..stop]
            .iter()
            .zip(weights)
            .fold((0.0, 0.0), |(rising, falling), (p, w)| {
                (rising + p * w[0], falling + p * w[1])
            })
    }
}

/// The edges of `MELS` overlapping bands: `MELS + 2` places, equally spaced in
/// mels, of which `edge(0)` is the lowest.
fn mel_edges<const MELS: usize>(
    scale: MelScale,
    sample_rate: f64,
    [f_min, f_max]: [f64; 2],
) -> impl Fn(usize) -> f64 {
    let low = scale.of_hz(f_min);
    let high = scale.of_hz(f_max.min(sample_rate / 2.0));
    move |i| low + (high - low) * i as f64 / (MELS + 1) as f64
}

/// The first of `bins` bins that is `inside`, where all above it are as well.
fn first_bin(bins: usize, inside: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, bins);
    while low < high {
        let middle = usize::midpoint(low, high);
        if inside(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_invert_and_meet_their_anchors() {
        let anchors = [
            (MelScale::Slaney, 0.0, 0.0),
            (MelScale::Slaney, 1000.0, 15.0),
            (MelScale::Slaney, 6400.0, 42.0),
            (MelScale::Slaney, 200.0 / 3.0, 1.0),
            (MelScale::Htk, 0.0, 0.0),
            (MelScale::Htk, 700.0, 781.172_838_7),
            (MelScale::Htk, 6300.0, 2595.0),
        ];
        for (scale, hz, mel) in anchors {
            assert!((scale.of_hz(hz) - mel).abs() < 1e-6, "{scale:?}, {hz} Hz");
            assert!((scale.to_hz(mel) - hz).abs() < 1e-6, "{scale:?}, {mel} mel");
        }
    }

    const FFT: usize = 1024;
    const MELS: usize = 40;

    /// Contribution of each bin of unit power to each band.
    fn matrix(bank: &MelBank<FFT, MELS>) -> Vec<[f32; MELS]> {
        (0..=FFT / 2)
            .map(|bin| {
                let mut power = [0.0; FFT / 2 + 1];
                power[bin] = 1.0;
                let mut bands = [0.0; MELS];
                bank.apply(&power, &mut bands);
                bands
            })
            .collect()
    }

    /// The triangle over three edges, written out as librosa does.
    fn triangle(x: f64, [a, b, c]: [f64; 3]) -> f64 {
        ((x - a) / (b - a)).min((c - x) / (c - b)).max(0.0)
    }

    #[test]
    fn agrees_with_triangles_from_the_definition() {
        let cases = [
            (MelScale::Slaney, MelNorm::Area, 16_000.0, [0.0, 8000.0]),
            (MelScale::Slaney, MelNorm::Peak, 22_050.0, [50.0, 7000.0]),
            (MelScale::Htk, MelNorm::Area, 22_050.0, [0.0, 11_025.0]),
            (MelScale::Htk, MelNorm::Peak, 8000.0, [20.0, 20_000.0]),
        ];
        for (scale, norm, rate, range) in cases {
            let bank = MelBank::<FFT, MELS>::with(scale, norm, rate, range);
            let mel_edge = mel_edges::<MELS>(scale, rate, range);
            for (bin, bands) in matrix(&bank).iter().enumerate() {
                let hz = bin as f64 * rate / FFT as f64;
                for (band, got) in bands.iter().enumerate() {
                    let edges = [0, 1, 2].map(|i| scale.to_hz(mel_edge(band + i)));
                    let area = (edges[2] - edges[0]) / 2.0;
                    let height = if norm == MelNorm::Area {
                        1.0 / area
                    } else {
                        1.0
                    };
                    let want = triangle(hz, edges) * height;
                    assert!(
                        (f64::from(*got) - want).abs() < 1e-7,
                        "bin {bin}, band {band}"
                    );
                }
            }
        }
    }

    #[test]
    fn triangles_can_be_straight_in_mels() {
        let range = [125.0, 7500.0];
        let bank = MelBank::<FFT, MELS>::straight_in_mels(MelScale::Htk, 16_000.0, range);
        let edge = mel_edges::<MELS>(MelScale::Htk, 16_000.0, range);
        for (bin, bands) in matrix(&bank).iter().enumerate() {
            let mel = MelScale::Htk.of_hz(bin as f64 * 16_000.0 / FFT as f64);
            for (band, got) in bands.iter().enumerate() {
                let want = triangle(mel, [0, 1, 2].map(|i| edge(band + i)));
                assert!(
                    (f64::from(*got) - want).abs() < 1e-7,
                    "bin {bin}, band {band}"
                );
            }
        }
    }
}
