//! The classic set of 193 features: averages over three seconds.

use super::decibel::ToDecibels;
use super::{
    CONTRAST_BANDS, Chroma, Contrast, MelBank, Mfcc, PITCH_CLASSES, PowerSpectrum,
    TONNETZ_DIMENSIONS, TOP_DB, Tonnetz, limit_range,
};
use crate::dsp::Framer;
use crate::dsp::dispatch::WithSimd;
use heapless::Vec;

/// Sample rate of the classic features, in hertz.
pub const CLASSIC_RATE: f64 = 22_050.0;
/// Number of samples that the classic features are computed from: three seconds.
pub const CLASSIC_SAMPLES: usize = 3 * 22_050;
/// Number of the classic features.
pub const CLASSIC_FEATURES: usize =
    COEFFS + PITCH_CLASSES + MELS + CONTRAST_BANDS + TONNETZ_DIMENSIONS;

const FFT: usize = 2048;
const HOP: usize = 512;
const FRAMES: usize = 1 + CLASSIC_SAMPLES / HOP;
const MELS: usize = 128;
const COEFFS: usize = 40;

/// Averages of librosa's families over the frames of a clip of three seconds, in
/// this order:
///
/// | features | of | librosa's call |
/// |---|---|---|
/// | 0..40 | MFCC | `mfcc(y=y, sr=22050, n_mfcc=40)` |
/// | 40..52 | chroma | `chroma_stft(y=y, sr=22050, tuning=0)` |
/// | 52..180 | mel power | `melspectrogram(y=y, sr=22050)` |
/// | 180..187 | contrast in dB | `spectral_contrast(y=y, sr=22050)` |
/// | 187..193 | tonal centroid | `tonnetz(chroma=chroma_stft(...))` |
///
/// All see the same spectrum of a frame. What librosa limits over the whole
/// clip (the levels under MFCC and contrast) waits for its end, in here: the
/// value is some 160 KiB large.
#[derive(Clone)]
pub struct Classic {
    /// Samples missing to three seconds.
    missing: usize,
    framer: Framer<f32, FFT>,
    analysis: Analysis,
    clip: Clip,
}

/// The families' tables and transforms, from a frame to its features.
#[derive(Clone)]
struct Analysis {
    spectrum: PowerSpectrum<FFT, f64>,
    bank: MelBank<FFT, MELS>,
    mfcc: Mfcc<MELS, COEFFS>,
    chroma: Chroma<FFT>,
    contrast: Contrast<FFT>,
    tonnetz: Tonnetz,
}

/// The sums over the frames so far, and what waits for the clip's end.
#[derive(Clone)]
struct Clip {
    levels: Vec<[f32; MELS], FRAMES>,
    peaks: Vec<[f32; CONTRAST_BANDS], FRAMES>,
    valleys: Vec<[f32; CONTRAST_BANDS], FRAMES>,
    mels: Mean<MELS>,
    chroma: Mean<PITCH_CLASSES>,
    tonnetz: Mean<TONNETZ_DIMENSIONS>,
}

impl Classic {
    /// Computes the tables, for the start of a clip.
    pub fn new() -> Self {
        Self {
            missing: CLASSIC_SAMPLES,
            framer: Framer::new(HOP),
            analysis: Analysis {
                spectrum: PowerSpectrum::precise(),
                bank: MelBank::new(CLASSIC_RATE, 0.0, CLASSIC_RATE / 2.0),
                mfcc: Mfcc::new(0.0),
                chroma: Chroma::new(CLASSIC_RATE, 0.0),
                contrast: Contrast::new(CLASSIC_RATE),
                tonnetz: Tonnetz::new(),
            },
            clip: Clip::new(),
        }
    }

    /// Takes the clip's next samples (22 050 Hz, full scale ±1). Those beyond
    /// three seconds are ignored.
    pub fn push(&mut self, samples: &[f32]) {
        let samples = &samples[..samples.len().min(self.missing)];
        self.missing -= samples.len();
        let Self {
            framer,
            analysis,
            clip,
            ..
        } = self;
        framer.push(samples, |frame| clip.take(analysis, frame));
    }

    /// Ends the clip, fills it up with zeros to three seconds and returns its
    /// features. The next sample pushed starts a new clip.
    pub fn finish(&mut self) -> [f32; CLASSIC_FEATURES] {
        while self.missing > 0 {
            self.push(&[0.0; HOP]);
        }
        let Self {
            framer,
            analysis,
            clip,
            missing,
        } = self;
        framer.finish(|frame| clip.take(analysis, frame));
        *missing = CLASSIC_SAMPLES;
        let means = clip.means(&analysis.mfcc);
        *clip = Clip::new();
        means
    }
}

impl Default for Classic {
    fn default() -> Self {
        Self::new()
    }
}

impl Clip {
    fn new() -> Self {
        Self {
            levels: Vec::new(),
            peaks: Vec::new(),
            valleys: Vec::new(),
            mels: Mean::new(),
            chroma: Mean::new(),
            tonnetz: Mean::new(),
        }
    }

    fn take(&mut self, analysis: &mut Analysis, frame: &[f32; FFT]) {
        let power = analysis.spectrum.of(frame);
        let mut mels = [0.0; MELS];
        analysis.bank.apply(power, &mut mels);
        let chroma = analysis.chroma.of(power);
        let (peaks, valleys) = analysis.contrast.of(power);
        self.mels.add(&mels);
        self.chroma.add(&chroma);
        self.tonnetz.add(&analysis.tonnetz.of(&chroma));
        ToDecibels(&mut mels).dispatch();
        let fits = self.levels.push(mels).is_ok()
            && self.peaks.push(peaks).is_ok()
            && self.valleys.push(valleys).is_ok();
        debug_assert!(fits, "a clip has no more frames");
    }

    fn means(&mut self, mfcc: &Mfcc<MELS, COEFFS>) -> [f32; CLASSIC_FEATURES] {
        limit_range(&mut self.levels, TOP_DB);
        let mut levels = Mean::new();
        self.levels.iter().for_each(|frame| levels.add(frame));
        // The transform is linear: of the mean it is the mean of all.
        let coefficients = mfcc.of(&levels.value());
        let mut contrast = Mean::new();
        Contrast::<FFT>::of_clip(&mut self.peaks, &mut self.valleys, |frame| {
            contrast.add(frame);
        });
        concatenated([
            &coefficients,
            &self.chroma.value(),
            &self.mels.value(),
            &contrast.value(),
            &self.tonnetz.value(),
        ])
    }
}

fn concatenated(parts: [&[f32]; 5]) -> [f32; CLASSIC_FEATURES] {
    let mut whole = [0.0; CLASSIC_FEATURES];
    for (place, value) in whole.iter_mut().zip(parts.into_iter().flatten()) {
        *place = *value;
    }
    whole
}

/// A running mean over frames of `N` features.
#[derive(Clone)]
struct Mean<const N: usize> {
    sum: [f32; N],
    frames: usize,
}

impl<const N: usize> Mean<N> {
    fn new() -> Self {
        Self {
            sum: [0.0; N],
            frames: 0,
        }
    }

    fn add(&mut self, frame: &[f32; N]) {
        self.frames += 1;
        for (sum, value) in self.sum.iter_mut().zip(frame) {
            *sum += value;
        }
    }

    fn value(&self) -> [f32; N] {
        self.sum.map(|sum| sum / self.frames as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::decibels;
    use crate::dsp::float::test_signal::noise;
    use std::vec::Vec;

    fn clip() -> Vec<f32> {
        noise::<CLASSIC_SAMPLES>(15)
            .into_iter()
            .enumerate()
            .map(|(n, x)| x * libm::sinf(n as f32 * 1e-4) * libm::cosf(n as f32 * 0.1))
            .collect()
    }

    fn features(samples: &[f32], chunk: usize) -> [f32; CLASSIC_FEATURES] {
        let mut classic = Classic::new();
        samples.chunks(chunk).for_each(|part| classic.push(part));
        classic.finish()
    }

    fn spectra(samples: &[f32]) -> Vec<Vec<f32>> {
        let mut spectrum = PowerSpectrum::<FFT, f64>::precise();
        let mut framer = Framer::<f32, FFT>::new(HOP);
        let mut powers = Vec::new();
        framer.push(samples, |frame| powers.push(spectrum.of(frame).to_vec()));
        framer.finish(|frame| powers.push(spectrum.of(frame).to_vec()));
        powers
    }

    fn mfcc(powers: &[Vec<f32>]) -> Vec<[f32; COEFFS]> {
        let mut levels: Vec<_> = mels(powers).iter().map(|mels| mels.map(decibels)).collect();
        let mut frames = Vec::new();
        Mfcc::new(0.0).of_clip(&mut levels, |frame| frames.push(*frame));
        frames
    }

    fn chroma(powers: &[Vec<f32>]) -> Vec<[f32; PITCH_CLASSES]> {
        let chroma = Chroma::<FFT>::new(CLASSIC_RATE, 0.0);
        powers.iter().map(|power| chroma.of(power)).collect()
    }

    fn mels(powers: &[Vec<f32>]) -> Vec<[f32; MELS]> {
        let bank = MelBank::<FFT, MELS>::new(CLASSIC_RATE, 0.0, CLASSIC_RATE / 2.0);
        let mut frames = std::vec![[0.0; MELS]; powers.len()];
        for (power, mels) in powers.iter().zip(&mut frames) {
            bank.apply(power, mels);
        }
        frames
    }

    fn contrast(powers: &[Vec<f32>]) -> Vec<[f32; CONTRAST_BANDS]> {
        let mut contrast = Contrast::<FFT>::new(CLASSIC_RATE);
        let (mut peaks, mut valleys): (Vec<_>, Vec<_>) =
            powers.iter().map(|power| contrast.of(power)).unzip();
        let mut frames = Vec::new();
        Contrast::<FFT>::of_clip(&mut peaks, &mut valleys, |frame| frames.push(*frame));
        frames
    }

    fn tonnetz(powers: &[Vec<f32>]) -> Vec<[f32; TONNETZ_DIMENSIONS]> {
        let tonnetz = Tonnetz::new();
        chroma(powers)
            .iter()
            .map(|chroma| tonnetz.of(chroma))
            .collect()
    }

    fn mean<const N: usize>(frames: &[[f32; N]]) -> Vec<f64> {
        assert_eq!(frames.len(), FRAMES);
        let sum = |i: usize| frames.iter().map(|frame| f64::from(frame[i])).sum::<f64>();
        (0..N).map(|i| sum(i) / FRAMES as f64).collect()
    }

    #[test]
    fn is_the_mean_of_each_family() {
        let clip = clip();
        let got = features(&clip, clip.len());
        let powers = spectra(&clip);
        let want = [
            mean(&mfcc(&powers)),
            mean(&chroma(&powers)),
            mean(&mels(&powers)),
            mean(&contrast(&powers)),
            mean(&tonnetz(&powers)),
        ]
        .concat();
        assert_eq!(want.len(), CLASSIC_FEATURES);
        for (i, (got, want)) in got.iter().zip(&want).enumerate() {
            let close = (f64::from(*got) - want).abs() < 1e-4 * (1.0 + want.abs());
            assert!(close, "feature {i}: {got} {want}");
        }
    }

    #[test]
    fn clips_are_cut_and_filled_up_to_three_seconds() {
        let clip = clip();
        let bits = |samples: &[f32], chunk| features(samples, chunk).map(f32::to_bits);
        let longer = [&clip[..], &[1.0; 1000]].concat();
        assert!(bits(&longer, 777) == bits(&clip, clip.len()));
        let mut filled = clip.clone();
        filled[30_000..].fill(0.0);
        assert!(bits(&clip[..30_000], 512) == bits(&filled, 100_000));
    }

    #[test]
    fn a_finished_clip_leaves_nothing_behind() {
        let clip = clip();
        let mut classic = Classic::new();
        classic.push(&clip[5000..40_000]);
        classic.finish();
        classic.push(&clip);
        assert!(classic.finish().map(f32::to_bits) == features(&clip, 4096).map(f32::to_bits));
    }
}
