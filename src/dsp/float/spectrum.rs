//! The short-time power spectrum.

use super::{Real, RealFft, hann};
use crate::dsp::dispatch::WithSimd;

/// Squared magnitudes of the Hann-windowed frame's spectrum.
///
/// The same as one column of `abs(librosa.stft(y, n_fft=FFT))**2`. In single
/// precision its noise lies some 140 dB below a tone of full scale, in double
/// precision, that of librosa, it follows the samples wherever they go.
#[derive(Clone)]
pub struct PowerSpectrum<const FFT: usize, T: Real = f32> {
    window: [T; FFT],
    fft: T::Fft<FFT>,
    power: [f32; FFT],
}

impl<const FFT: usize> PowerSpectrum<FFT> {
    /// Makes the window and the transform for frames of `FFT` samples.
    pub fn new() -> Self {
        Self::windowed::<FFT>()
    }

    /// Makes them for frames of `WINDOW` samples, at most `FFT`, that are windowed and
    /// then followed by zeros.
    pub fn windowed<const WINDOW: usize>() -> Self {
        const { assert!(WINDOW <= FFT && WINDOW.is_multiple_of(2)) };
        Self::with_window_of(WINDOW)
    }
}

impl<const FFT: usize> PowerSpectrum<FFT, f64> {
    /// Makes them for frames of `FFT` samples, in double precision.
    pub fn precise() -> Self {
        Self::with_window_of(FFT)
    }
}

impl<const FFT: usize, T: Real> PowerSpectrum<FFT, T> {
    fn with_window_of(length: usize) -> Self {
        let weight = |n| T::nearest(hann::weight(n, length));
        Self {
            window: core::array::from_fn(|n| if n < length { weight(n) } else { T::default() }),
            fft: T::Fft::new(),
            power: [0.0; FFT],
        }
    }

    /// Computes the power of bins `0..=FFT/2`, bin `k` at `k * sample_rate / FFT` hertz,
    /// of a frame as long as the window.
    pub fn of(&mut self, frame: &[f32]) -> &[f32] {
        let spectrum = self;
        Powers { spectrum, frame }.dispatch()
    }
}

/// The work of [`PowerSpectrum::of`].
struct Powers<'a, 'b, const FFT: usize, T: Real> {
    spectrum: &'a mut PowerSpectrum<FFT, T>,
    frame: &'b [f32],
}

impl<'a, const FFT: usize, T: Real> WithSimd for Powers<'a, '_, FFT, T> {
    type Output = &'a [f32];

    #[inline(always)]
    fn run(self) -> Self::Output {
        let PowerSpectrum { window, fft, power } = self.spectrum;
        let bins = fft.forward(apply_window(self.frame, window));
        power[0] = (bins.dc * bins.dc).single();
        for (power, [re, im]) in power[1..FFT / 2].iter_mut().zip(bins.between) {
            *power = (re * re + im * im).single();
        }
        power[FFT / 2] = (bins.nyquist * bins.nyquist).single();
        &power[..=FFT / 2]
    }
}

/// Weighs the samples by the window, in pairs of an even and an odd one.
#[inline(always)]
fn apply_window<T: Real>(frame: &[f32], window: &[T]) -> impl ExactSizeIterator<Item = [T; 2]> {
    let pairs = frame.as_chunks::<2>().0.iter();
    let weighed = pairs.zip(window.as_chunks::<2>().0);
    weighed.map(|([even, odd], [a, b])| [T::from(*even) * *a, T::from(*odd) * *b])
}

impl<const FFT: usize> Default for PowerSpectrum<FFT> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::dispatch::is_the_same_with_all;
    use crate::dsp::float::test_signal::{noise, tone};
    use std::f64::consts::TAU;

    /// The discrete Fourier transform from its definition, in f64.
    fn naive_power(frame: &[f32]) -> Vec<f64> {
        let n = frame.len();
        (0..=n / 2)
            .map(|k| {
                let (re, im) = frame
                    .iter()
                    .enumerate()
                    .fold((0.0, 0.0), |(re, im), (t, &x)| {
                        let window = 0.5 - 0.5 * (TAU * t as f64 / n as f64).cos();
                        let phase = TAU * ((k * t) % n) as f64 / n as f64;
                        let x = f64::from(x) * window;
                        (re + x * phase.cos(), im - x * phase.sin())
                    });
                re * re + im * im
            })
            .collect()
    }

    #[test]
    fn agrees_with_the_definition() {
        let frame: [f32; 256] = noise(1);
        let mut spectrum = PowerSpectrum::<256>::new();
        let got = spectrum.of(&frame);
        let want = naive_power(&frame);
        assert_eq!(got.len(), want.len());
        for (bin, (got, want)) in got.iter().zip(&want).enumerate() {
            assert!(
                (f64::from(*got) - want).abs() < 1e-4 * (1.0 + want),
                "bin {bin}: {got} {want}"
            );
        }
    }

    struct Bits<'a, T: Real> {
        spectrum: PowerSpectrum<1024, T>,
        frame: &'a [f32],
    }

    impl<T: Real> WithSimd for Bits<'_, T> {
        type Output = Vec<u32>;

        #[inline(always)]
        fn run(mut self) -> Vec<u32> {
            let (spectrum, frame) = (&mut self.spectrum, self.frame);
            let power = Powers { spectrum, frame }.run();
            power.iter().map(|power| power.to_bits()).collect()
        }
    }

    #[test]
    fn bits_do_not_depend_on_the_instructions() {
        let frame = &noise::<1024>(2);
        let single = PowerSpectrum::<1024>::new();
        assert!(is_the_same_with_all(|| Bits {
            spectrum: single.clone(),
            frame
        }));
        let double = PowerSpectrum::precise();
        assert!(is_the_same_with_all(|| Bits {
            spectrum: double.clone(),
            frame
        }));
    }

    #[test]
    fn double_precision_sees_what_a_tone_hides() {
        // Far from a tone that fills the window evenly there is nothing but
        // what its samples were rounded by.
        let frame: [f32; 1024] = tone(100.0, 1024.0);
        let level = |power: &[f32]| 10.0 * (power[400] / power[100]).log10();
        assert!(level(PowerSpectrum::<1024>::new().of(&frame)) < -130.0);
        assert!(level(PowerSpectrum::<1024, f64>::precise().of(&frame)) < -150.0);
    }
}
