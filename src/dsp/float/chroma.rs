//! Chroma: the energy of a spectrum in each of the twelve pitch classes.

use crate::dsp::dispatch::WithSimd;

/// Number of pitch classes in a chroma frame, the first of them C.
pub const PITCH_CLASSES: usize = 12;

/// Number of bins that are summed side by side.
const LANES: usize = 16;

/// Octave above A0 (27.5 Hz) at which the bank's weights are largest.
const CENTRE_OCTAVE: f64 = 5.0;
/// Standard deviation of the weights around it, in octaves.
const OCTAVE_WIDTH: f64 = 2.0;

/// A filter bank of twelve pitch classes over a power spectrum:
/// `librosa.filters.chroma(sr=sample_rate, n_fft=FFT, tuning=tuning)`.
///
/// After D. P. W. Ellis, "Chroma feature analysis and synthesis" (2007): every
/// bin spreads over the classes near its own by a Gaussian one semitone or one
/// bin wide, whichever is more, scaled to unit length; bins far from the
/// fifth octave count less, by a Gaussian two octaves wide.
#[derive(Clone)]
pub struct Chroma<const FFT: usize> {
    /// Weights of the bins below Nyquist, one class after another; the rows of
    /// the array have no meaning.
    weights: [[f32; PITCH_CLASSES / 2]; FFT],
    nyquist: [f32; PITCH_CLASSES],
}

impl<const FFT: usize> Chroma<FFT> {
    /// Makes the bank for instruments `tuning` semitones sharp of A4 = 440 Hz.
    pub fn new(sample_rate: f64, tuning: f64) -> Self {
        let a0 = 27.5 * libm::exp2(tuning / PITCH_CLASSES as f64);
        // The semitones above A0 of each bin. The one at 0 Hz has none and is
        // put one and a half octaves below the next.
        let place = |bin: usize| {
            let hz = bin.max(1) as f64 * sample_rate / FFT as f64;
            let semitones = PITCH_CLASSES as f64 * libm::log2(hz / a0);
            semitones - if bin == 0 { 18.0 } else { 0.0 }
        };
        let weights = |bin: usize| spread(place(bin), (place(bin + 1) - place(bin)).max(1.0));
        let mut chroma = Self {
            weights: [[0.0; PITCH_CLASSES / 2]; FFT],
            nyquist: weights(FFT / 2),
        };
        let values = chroma.weights.as_flattened_mut();
        for bin in 0..FFT / 2 {
            for (class, weight) in weights(bin).iter().enumerate() {
                values[class * FFT / 2 + bin] = *weight;
            }
        }
        chroma
    }

    /// Returns the chroma of one frame's power spectrum (bins `0..=FFT/2`), its largest
    /// class scaled to one: a column of `librosa.feature.chroma_stft(S=power)`.
    /// Silence is zero.
    pub fn of(&self, power: &[f32]) -> [f32; PITCH_CLASSES] {
        let classes = self.sums(power);
        let largest = classes.iter().copied().fold(0.0, f32::max);
        if largest < f32::MIN_POSITIVE {
            return classes;
        }
        classes.map(|class| class / largest)
    }

    fn sums(&self, power: &[f32]) -> [f32; PITCH_CLASSES] {
        let chroma = self;
        Sums { chroma, power }.dispatch()
    }
}

struct Sums<'a, const FFT: usize> {
    chroma: &'a Chroma<FFT>,
    power: &'a [f32],
}

impl<const FFT: usize> WithSimd for Sums<'_, FFT> {
    type Output = [f32; PITCH_CLASSES];

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Chroma { weights, nyquist } = self.chroma;
        let rows = weights.as_flattened().chunks_exact(FFT / 2);
        let mut sums = [0.0; PITCH_CLASSES];
        for ((sum, row), weight) in sums.iter_mut().zip(rows).zip(nyquist) {
            *sum = dot(row, self.power) + weight * self.power[FFT / 2];
        }
        sums
    }
}

/// The dot product, summed within each lane first.
#[inline(always)]
fn dot(weights: &[f32], power: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (weights, _) = weights.as_chunks::<LANES>();
    for (weights, power) in weights.iter().zip(power.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            sums[lane] += weights[lane] * power[lane];
        }
    }
    sums.iter().sum()
}

/// The weights of a bin `place` semitones above A0 and `width` wide, from C on.
fn spread(place: f64, width: f64) -> [f32; PITCH_CLASSES] {
    let classes = PITCH_CLASSES as f64;
    let gauss = |x: f64| libm::exp(-0.5 * x * x);
    let bumps: [f64; PITCH_CLASSES] = core::array::from_fn(|class| {
        // Class 0 is C, three semitones above A.
        let above = place - (class + 3) as f64;
        let distance = above - classes * libm::floor(above / classes + 0.5);
        gauss(2.0 * distance / width)
    });
    let length = libm::sqrt(bumps.iter().map(|x| x * x).sum());
    let loudness = gauss((place / classes - CENTRE_OCTAVE) / OCTAVE_WIDTH);
    bumps.map(|bump| (bump / length * loudness) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::noise;

    const FFT: usize = 2048;
    const RATE: f64 = 22_050.0;

    /// The bank's weight as librosa's documentation and source define it: A
    /// first, distances folded into ±6 by a remainder, then turned to C.
    fn naive(class: usize, bin: usize, tuning: f64) -> f64 {
        let a0 = 440.0 * 2.0_f64.powf(tuning / 12.0) / 16.0;
        let semitone = |bin: usize| match bin {
            0 => 12.0 * (RATE / FFT as f64 / a0).log2() - 18.0,
            _ => 12.0 * (bin as f64 * RATE / FFT as f64 / a0).log2(),
        };
        let width = (semitone(bin + 1) - semitone(bin)).max(1.0);
        let bump = |class: usize| {
            let distance = (semitone(bin) - class as f64 + 126.0).rem_euclid(12.0) - 6.0;
            (-0.5 * (2.0 * distance / width).powi(2)).exp()
        };
        let norm = (0..12).map(|class| bump(class).powi(2)).sum::<f64>().sqrt();
        let octave = (semitone(bin) / 12.0 - 5.0) / 2.0;
        bump((class + 3) % 12) / norm * (-0.5 * octave * octave).exp()
    }

    #[test]
    fn agrees_with_the_definition() {
        for tuning in [0.0, -0.31] {
            let chroma = Chroma::<FFT>::new(RATE, tuning);
            for bin in 0..=FFT / 2 {
                let mut power = [0.0; FFT / 2 + 1];
                power[bin] = 1.0;
                for (class, got) in chroma.sums(&power).iter().enumerate() {
                    let want = naive(class, bin, tuning);
                    assert!(
                        (f64::from(*got) - want).abs() < 1e-6,
                        "bin {bin}, class {class}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_a_is_the_tenth_class_and_the_largest_is_one() {
        let mut power = noise::<{ FFT / 2 + 1 }>(5).map(|x| 1e-3 * (x + 0.5));
        power[41] = 1000.0;
        let chroma = Chroma::<FFT>::new(RATE, 0.0).of(&power);
        assert!((chroma[9] - 1.0).abs() < 1e-6, "{chroma:?}");
        assert!(
            chroma
                .iter()
                .enumerate()
                .all(|(class, &x)| class == 9 || x < 1.0)
        );
    }

    #[test]
    fn silence_has_none() {
        let silence = Chroma::<FFT>::new(RATE, 0.0).of(&[0.0; FFT / 2 + 1]);
        assert!(silence.iter().all(|x| x.abs() < f32::MIN_POSITIVE));
    }
}
