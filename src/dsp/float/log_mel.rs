//! The log-mel front end in floating point: samples to frames of band levels in
//! decibels.

use super::decibel::ToDecibels;
use super::{MelBank, PowerSpectrum};
use crate::dsp::Framer;
use crate::dsp::dispatch::WithSimd;
use crate::dsp::fixed::NETWORK_BANDS;

/// A stream's frames of `BANDS` log-mel levels.
///
/// This is the reference of [`fixed::LogMel`](crate::dsp::fixed::LogMel), which
/// the program itself uses, and a front end for microcontrollers with a
/// floating-point unit.
///
/// `FFT`-point Hann frames, `HOP` samples apart and centred (see [`Framer`]),
/// are summed into `MELS` Slaney mel bands from 0 Hz to half the sample rate.
/// Neighbouring bands are added in power, `MELS / BANDS` of them, and a level
/// is its power in [`decibels`](super::decibels): with `MELS == BANDS`, the same as
/// `librosa.power_to_db(librosa.feature.melspectrogram(...), top_db=None)`.
///
/// The defaults are the network's input, and the definition by which the
/// CREMA-D log-mels used in training were made.
#[derive(Clone)]
pub struct LogMel<
    const FFT: usize = 1024,
    const HOP: usize = 256,
    const MELS: usize = 128,
    const BANDS: usize = NETWORK_BANDS,
> {
    framer: Framer<f32, FFT>,
    column: Column<FFT, MELS>,
}

/// The spectrum and the filter bank, from a frame to a column of levels.
#[derive(Clone)]
struct Column<const FFT: usize, const MELS: usize> {
    spectrum: PowerSpectrum<FFT>,
    bank: MelBank<FFT, MELS>,
}

impl<const FFT: usize, const HOP: usize, const MELS: usize, const BANDS: usize>
    LogMel<FFT, HOP, MELS, BANDS>
{
    /// A front end at the start of a stream of `sample_rate` hertz.
    pub fn new(sample_rate: f64) -> Self {
        const { assert!(BANDS > 0 && MELS.is_multiple_of(BANDS) && HOP > 0 && HOP <= FFT) };
        Self {
            framer: Framer::new(HOP),
            column: Column {
                spectrum: PowerSpectrum::new(),
                bank: MelBank::new(sample_rate, 0.0, sample_rate / 2.0),
            },
        }
    }

    /// Takes samples (full scale ±1) and calls `on_frame` with the levels in
    /// dB of each frame they complete.
    pub fn push(&mut self, samples: &[f32], mut on_frame: impl FnMut(&[f32; BANDS])) {
        let Self { framer, column } = self;
        framer.push(samples, |frame| on_frame(&column.levels(frame)));
    }

    /// Ends the stream: `n` samples have then given `1 + n / HOP` frames. The
    /// next sample pushed starts a new stream.
    pub fn finish(&mut self, mut on_frame: impl FnMut(&[f32; BANDS])) {
        let Self { framer, column } = self;
        framer.finish(|frame| on_frame(&column.levels(frame)));
    }
}

impl<const FFT: usize, const MELS: usize> Column<FFT, MELS> {
    fn levels<const BANDS: usize>(&mut self, frame: &[f32; FFT]) -> [f32; BANDS] {
        let mut mels = [0.0; MELS];
        self.bank.apply(self.spectrum.of(frame), &mut mels);
        let mut levels = [0.0; BANDS];
        for (power, merged) in levels.iter_mut().zip(mels.chunks_exact(MELS / BANDS)) {
            *power = merged.iter().sum();
        }
        ToDecibels(&mut levels).dispatch();
        levels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_stands_in_its_band() {
        let hz = 1000.0;
        let tone: Vec<f32> = (0..16_000)
            .map(|n| (std::f64::consts::TAU * hz * f64::from(n) / 16_000.0).sin() as f32)
            .collect();
        let mut log_mel: LogMel = LogMel::new(16_000.0);
        let mut frames = Vec::new();
        log_mel.push(&tone, |frame| frames.push(*frame));
        log_mel.finish(|frame| frames.push(*frame));
        assert_eq!(frames.len(), 1 + 16_000 / 256);
        let middle = frames[30];
        let loudest = (0..NETWORK_BANDS).max_by(|&a, &b| middle[a].total_cmp(&middle[b]));
        let mel_step = crate::dsp::hz_to_mel(8000.0) / 129.0;
        let expected = (crate::dsp::hz_to_mel(hz) / mel_step - 1.0).round() as usize / 2;
        assert_eq!(loudest, Some(expected));
    }

    #[test]
    fn silence_is_the_floor() {
        let mut log_mel: LogMel = LogMel::new(16_000.0);
        log_mel.push(&[0.0; 4096], |frame| {
            assert!(frame.iter().all(|level| (level + 100.0).abs() < 1e-4));
        });
    }
}
