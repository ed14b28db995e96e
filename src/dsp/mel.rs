//! The mel scale and its triangular filter bank.
//!
//! Scale and normalisation are those of Malcolm Slaney's Auditory Toolbox
//! (Interval Research, technical report 1998-010), librosa's default:
//! `librosa.filters.mel(htk=False, norm="slaney")`.

const HZ_PER_MEL: f64 = 200.0 / 3.0;
const LOG_START_HZ: f64 = 1000.0;
const LOG_START_MEL: f64 = LOG_START_HZ / HZ_PER_MEL;
/// ln(6.4) / 27: above 1 kHz, 27 mels span a factor of 6.4.
const LOG_STEP: f64 = 0.068_751_777_420_949_12;

/// Hertz to Slaney mels: linear below 1 kHz, logarithmic above.
pub fn hz_to_mel(hz: f64) -> f64 {
    if hz < LOG_START_HZ {
        hz / HZ_PER_MEL
    } else {
        LOG_START_MEL + libm::log(hz / LOG_START_HZ) / LOG_STEP
    }
}

/// Slaney mels to hertz, the inverse of [`hz_to_mel`].
pub fn mel_to_hz(mel: f64) -> f64 {
    if mel < LOG_START_MEL {
        mel * HZ_PER_MEL
    } else {
        LOG_START_HZ * libm::exp((mel - LOG_START_MEL) * LOG_STEP)
    }
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
    /// The bank from `f_min` to `f_max` hertz; `f_max` is at most half of
    /// `sample_rate`, where every triangle is zero, so the Nyquist bin has no
    /// weights.
    pub fn new(sample_rate: f64, f_min: f64, f_max: f64) -> Self {
        let bin_hz = sample_rate / FFT as f64;
        let (low, high) = (hz_to_mel(f_min), hz_to_mel(f_max.min(sample_rate / 2.0)));
        let edge = |i: usize| mel_to_hz(low + (high - low) * i as f64 / (MELS + 1) as f64);
        let first_bin_from = |hz: f64| (libm::ceil(hz / bin_hz - 1e-9) as usize).min(FFT / 2);

        let mut bank = Self {
            weights: [0.0; FFT],
            first: first_bin_from(edge(0)),
            centres: core::array::from_fn(|band| first_bin_from(edge(band + 1))),
            end: first_bin_from(edge(MELS + 1)),
        };
        // Slaney's normalisation gives every triangle the same area.
        let norm = |band: usize| 2.0 / (edge(band + 2) - edge(band));
        let mut start = bank.first;
        for segment in 0..=MELS {
            let stop = if segment < MELS {
                bank.centres[segment]
            } else {
                bank.end
            };
            let (lower, upper) = (edge(segment), edge(segment + 1));
            for bin in start..stop {
                let position = (bin as f64 * bin_hz - lower) / (upper - lower);
                if segment < MELS {
                    bank.weights[2 * bin] = (position * norm(segment)) as f32;
                }
                if segment > 0 {
                    bank.weights[2 * bin + 1] = ((1.0 - position) * norm(segment - 1)) as f32;
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

    /// The sums of one stretch of bins between two neighbouring centres.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_inverts_and_meets_slaneys_anchors() {
        for (hz, mel) in [
            (0.0, 0.0),
            (1000.0, 15.0),
            (6400.0, 42.0),
            (200.0 / 3.0, 1.0),
        ] {
            assert!((hz_to_mel(hz) - mel).abs() < 1e-9, "{hz} Hz");
            assert!((mel_to_hz(mel) - hz).abs() < 1e-6, "{mel} mel");
        }
    }

    /// Each triangle written out on its own, as librosa builds the matrix.
    #[test]
    fn agrees_with_triangles_from_the_definition() {
        const FFT: usize = 1024;
        const MELS: usize = 40;
        for (rate, low, high) in [(16_000.0, 0.0, 8000.0), (22_050.0, 50.0, 7000.0)] {
            let bank = MelBank::<FFT, MELS>::new(rate, low, high);
            let (low, high) = (hz_to_mel(low), hz_to_mel(high));
            let edge = |i: usize| mel_to_hz(low + (high - low) * i as f64 / (MELS + 1) as f64);
            for bin in 0..=FFT / 2 {
                let mut power = [0.0; FFT / 2 + 1];
                power[bin] = 1.0;
                let mut bands = [0.0; MELS];
                bank.apply(&power, &mut bands);
                let hz = bin as f64 * rate / FFT as f64;
                for (band, got) in bands.iter().enumerate() {
                    let (a, b, c) = (edge(band), edge(band + 1), edge(band + 2));
                    let triangle = ((hz - a) / (b - a)).min((c - hz) / (c - b)).max(0.0);
                    let want = triangle * 2.0 / (c - a);
                    assert!(
                        (f64::from(*got) - want).abs() < 1e-8,
                        "bin {bin}, band {band}"
                    );
                }
            }
        }
    }
}
