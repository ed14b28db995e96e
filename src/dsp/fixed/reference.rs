//! Plain f64 counterparts, written from the definitions, for tests.

pub use crate::testing::noise;
use std::f64::consts::TAU;

/// A complex number as real and imaginary part.
pub type Complex = (f64, f64);

/// The discrete Fourier transform, by halving (Cooley and Tukey 1965); the
/// length is a power of two.
pub fn fft(x: &[Complex]) -> Vec<Complex> {
    if x.len() == 1 {
        return x.to_vec();
    }
    let part = |offset| {
        fft(&x
            .iter()
            .skip(offset)
            .step_by(2)
            .copied()
            .collect::<Vec<_>>())
    };
    let (even, odd) = (part(0), part(1));
    (0..x.len())
        .map(|k| {
            let (sin, cos) = (-TAU * k as f64 / x.len() as f64).sin_cos();
            let (a, b) = (even[k % even.len()], odd[k % odd.len()]);
            (a.0 + b.0 * cos - b.1 * sin, a.1 + b.0 * sin + b.1 * cos)
        })
        .collect()
}

/// Decibels of a ratio of powers.
pub fn db(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

/// The power spectrum, bins `0..=N / 2`, of a frame under a periodic Hann
/// window.
pub fn power_spectrum(frame: &[f64]) -> Vec<f64> {
    let n = frame.len();
    let window = |t: usize| 0.5 - 0.5 * (TAU * t as f64 / n as f64).cos();
    let windowed: Vec<Complex> = frame
        .iter()
        .enumerate()
        .map(|(t, x)| (x * window(t), 0.0))
        .collect();
    fft(&windowed)[..=n / 2]
        .iter()
        .map(|(re, im)| re * re + im * im)
        .collect()
}

/// The weights of the network's 64 bands over the bins `0..=fft / 2`, from the
/// definition: Slaney mels, 128 triangles of equal area, added in pairs.
pub fn network_bank(fft: usize) -> Vec<Vec<f64>> {
    let hz = |mel: f64| {
        if mel < 15.0 {
            mel * 200.0 / 3.0
        } else {
            1000.0 * 6.4_f64.powf((mel - 15.0) / 27.0)
        }
    };
    let top = 15.0 + 27.0 * 8.0_f64.ln() / 6.4_f64.ln();
    let edge = |i: usize| hz(top * i as f64 / 129.0);
    let triangle = |i: usize, hz: f64| {
        let (low, centre, high) = (edge(i), edge(i + 1), edge(i + 2));
        let height = ((hz - low) / (centre - low)).min((high - hz) / (high - centre));
        height.max(0.0) * 2.0 / (high - low)
    };
    let weight = |band: usize, bin: usize| {
        let hz = bin as f64 * 16_000.0 / fft as f64;
        triangle(2 * band, hz) + triangle(2 * band + 1, hz)
    };
    (0..64)
        .map(|band| (0..=fft / 2).map(|bin| weight(band, bin)).collect())
        .collect()
}

/// The network's levels in dB of samples of full scale ±1: centred frames of
/// `fft` samples, 256 apart.
pub fn log_mel(samples: &[f64], fft: usize) -> Vec<[f64; 64]> {
    let bank = network_bank(fft);
    let padding = vec![0.0; fft / 2];
    let padded = [&padding, samples, &padding].concat();
    let levels = |frame: &[f64]| {
        let power = power_spectrum(frame);
        let band = |band: &Vec<f64>| band.iter().zip(&power).map(|(w, p)| w * p).sum::<f64>();
        std::array::from_fn(|i| db(band(&bank[i]).max(1e-10)))
    };
    (0..=samples.len() / 256)
        .map(|t| levels(&padded[t * 256..][..fft]))
        .collect()
}

/// The network's input cells: levels below their own maximum, 80 dB in 255
/// steps.
pub fn quantize(levels: &[f64]) -> Vec<u8> {
    let maximum = levels.iter().copied().fold(f64::MIN, f64::max);
    let cell = |level: &f64| ((level - maximum).max(-80.0) + 80.0) / 80.0 * 255.0 + 0.5;
    levels.iter().map(|level| cell(level) as u8).collect()
}
