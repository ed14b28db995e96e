//! The short-time power spectrum, by a real FFT.

use super::hann::hann;
use microfft::Complex32;

/// A frame whose length has a compiled-in FFT.
pub trait RealFft {
    /// The transform's bins `0..N/2`, in place; the real part of the bin at
    /// the Nyquist frequency stands in the imaginary part of bin 0.
    fn real_fft(&mut self) -> &mut [Complex32];
}

macro_rules! real_fft {
    ($($size:literal => $transform:ident),* $(,)?) => {$(
        impl RealFft for [f32; $size] {
            fn real_fft(&mut self) -> &mut [Complex32] {
                microfft::real::$transform(self)
            }
        }
    )*};
}

real_fft! {
    256 => rfft_256,
    512 => rfft_512,
    1024 => rfft_1024,
    2048 => rfft_2048,
    4096 => rfft_4096,
}

/// Squared magnitudes of the Hann-windowed frame's spectrum.
///
/// The same as one column of `abs(librosa.stft(y, n_fft=FFT))**2`.
#[derive(Clone)]
pub struct PowerSpectrum<const FFT: usize> {
    window: [f32; FFT],
    work: [f32; FFT],
    power: [f32; FFT],
}

impl<const FFT: usize> PowerSpectrum<FFT>
where
    [f32; FFT]: RealFft,
{
    /// For frames of `FFT` samples.
    pub fn new() -> Self {
        Self::windowed::<FFT>()
    }

    /// For frames of `WINDOW` samples, at most `FFT`, that are windowed and
    /// then followed by zeros.
    pub fn windowed<const WINDOW: usize>() -> Self {
        const { assert!(WINDOW <= FFT) };
        let mut window = [0.0; FFT];
        window[..WINDOW].copy_from_slice(&hann::<WINDOW>());
        Self {
            window,
            work: [0.0; FFT],
            power: [0.0; FFT],
        }
    }

    /// The power of bins `0..=FFT/2`, bin `k` at `k * sample_rate / FFT` hertz,
    /// of a frame as long as the window.
    pub fn of(&mut self, frame: &[f32]) -> &[f32] {
        self.work[frame.len().min(FFT)..].fill(0.0);
        for ((work, sample), weight) in self.work.iter_mut().zip(frame).zip(&self.window) {
            *work = sample * weight;
        }
        let bins = self.work.real_fft();
        let nyquist = bins[0].im;
        bins[0].im = 0.0;
        for (power, bin) in self.power.iter_mut().zip(bins.iter()) {
            *power = bin.re * bin.re + bin.im * bin.im;
        }
        self.power[FFT / 2] = nyquist * nyquist;
        &self.power[..=FFT / 2]
    }
}

impl<const FFT: usize> Default for PowerSpectrum<FFT>
where
    [f32; FFT]: RealFft,
{
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::test_signal::noise;
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
}
