//! Sets that are made of frames: librosa's.

use super::clip::{Clip, clip};
use super::extractor::{Stream, scaled};
use super::{FFT_SIZES, FeatureArray, FeatureSet, FeatureSpec, MEL_BANDS, SpecError};
use crate::audio::Pcm;
use crate::dsp::float::{
    Chroma, Contrast, MelBank, MelNorm, PowerSpectrum, Tonnetz, Yin, decibels, rms,
    spectral_centroid, spectral_rolloff, zero_crossing_rate,
};
use crate::dsp::{Framer, Padding};

/// Pitches that are sought, in hertz: those of voices, raised ones included.
const PITCHES: [f64; 2] = [60.0, 600.0];

/// Appends a frame's values.
type Row<const FFT: usize> = Box<dyn FnMut(&[f32; FFT], &mut Vec<f32>)>;
struct Framed<const FFT: usize> {
    framer: Framer<f32, FFT>,
    row: Row<FFT>,
    rows: Vec<f32>,
    clip: Clip,
    width: usize,
}

impl<const FFT: usize> Stream for Framed<FFT> {
    fn push(&mut self, samples: &[Pcm]) {
        let Self {
            framer, row, rows, ..
        } = self;
        framer.push(&scaled(samples), |frame| row(frame, rows));
    }

    fn finish(mut self: Box<Self>) -> FeatureArray {
        let Self {
            framer, row, rows, ..
        } = &mut *self;
        framer.finish(|frame| row(frame, rows));
        let values = (self.clip)(self.rows);
        FeatureArray {
            shape: vec![values.len() / self.width, self.width],
            values,
        }
    }
}

/// The stream of a checked specification.
pub(super) fn stream(spec: &FeatureSpec) -> Result<Box<dyn Stream>, SpecError> {
    match (spec.set, spec.fft) {
        (FeatureSet::Pitch, 256) => Ok(pitch::<256, 512>(spec)),
        (FeatureSet::Pitch, 512) => Ok(pitch::<512, 1024>(spec)),
        (FeatureSet::Pitch, 1024) => Ok(pitch::<1024, 2048>(spec)),
        (FeatureSet::Pitch, 2048) => Ok(pitch::<2048, 4096>(spec)),
        (_, 256) => frames::<256>(spec),
        (_, 512) => frames::<512>(spec),
        (_, 1024) => frames::<1024>(spec),
        (_, 2048) => frames::<2048>(spec),
        (_, 4096) => frames::<4096>(spec),
        _ => Err(SpecError::choice("fft", spec.fft, &FFT_SIZES)),
    }
}

fn pitch<const FRAME: usize, const FFT: usize>(spec: &FeatureSpec) -> Box<dyn Stream> {
    let [lowest, highest] = PITCHES;
    let mut yin = Yin::<FRAME, FFT>::new(f64::from(spec.sample_rate), lowest, highest);
    Box::new(Framed::<FRAME> {
        framer: Framer::new(spec.hop),
        row: Box::new(move |frame, rows| rows.push(yin.of(frame))),
        rows: Vec::new(),
        clip: Box::new(|rows| rows),
        width: spec.width(),
    })
}

fn frames<const FFT: usize>(spec: &FeatureSpec) -> Result<Box<dyn Stream>, SpecError> {
    let padding = match spec.set {
        FeatureSet::Zcr => Padding::Edge,
        _ => Padding::Zeros,
    };
    Ok(Box::new(Framed::<FFT> {
        framer: Framer::padded(spec.hop, padding),
        row: row(spec)?,
        rows: Vec::new(),
        clip: clip::<FFT>(spec)?,
        width: spec.width(),
    }))
}

fn row<const FFT: usize>(spec: &FeatureSpec) -> Result<Row<FFT>, SpecError> {
    let rate = f64::from(spec.sample_rate);
    Ok(match spec.set {
        FeatureSet::Mel => mels(spec, |power| power)?,
        FeatureSet::Mfcc => mels(spec, decibels)?,
        FeatureSet::Chroma | FeatureSet::Tonnetz if spec.tuning => {
            of_spectrum(|power, rows| rows.extend_from_slice(power))
        }
        FeatureSet::Chroma => {
            let chroma = Chroma::<FFT>::new(rate, 0.0);
            of_spectrum(move |power, rows| rows.extend(chroma.of(power)))
        }
        FeatureSet::Tonnetz => {
            let (chroma, tonnetz) = (Chroma::<FFT>::new(rate, 0.0), Tonnetz::new());
            of_spectrum(move |power, rows| rows.extend(tonnetz.of(&chroma.of(power))))
        }
        FeatureSet::Contrast => {
            let mut contrast = Contrast::<FFT>::new(rate);
            of_spectrum(move |power, rows| {
                let (peaks, valleys) = contrast.of(power);
                rows.extend(peaks.into_iter().chain(valleys));
            })
        }
        FeatureSet::Rms => Box::new(|frame, rows| rows.push(rms(frame))),
        FeatureSet::Zcr => Box::new(|frame, rows| rows.push(zero_crossing_rate(frame))),
        FeatureSet::Centroid => {
            of_spectrum(move |power, rows| rows.push(spectral_centroid(power, rate)))
        }
        FeatureSet::Rolloff => {
            of_spectrum(move |power, rows| rows.push(spectral_rolloff(power, rate)))
        }
        FeatureSet::LogMel
        | FeatureSet::LogMelPitch
        | FeatureSet::Classic
        | FeatureSet::ClassicMfcc
        | FeatureSet::Pitch
        | FeatureSet::Vggish => {
            return Err(SpecError {
                field: "set",
                reason: format!("is {:?}, which is not made of such frames", spec.set.name()),
            });
        }
    })
}

fn of_spectrum<const FFT: usize>(
    mut values: impl FnMut(&[f32], &mut Vec<f32>) + 'static,
) -> Row<FFT> {
    let mut spectrum = PowerSpectrum::<FFT, f64>::precise();
    Box::new(move |frame, rows| values(spectrum.of(frame), rows))
}

fn mels<const FFT: usize>(
    spec: &FeatureSpec,
    value: impl Fn(f32) -> f32 + 'static,
) -> Result<Row<FFT>, SpecError> {
    match spec.mel_bands {
        Some(40) => Ok(mels_of::<FFT, 40>(spec, value)),
        Some(64) => Ok(mels_of::<FFT, 64>(spec, value)),
        Some(80) => Ok(mels_of::<FFT, 80>(spec, value)),
        Some(128) => Ok(mels_of::<FFT, 128>(spec, value)),
        other => Err(no_bank(other)),
    }
}

fn mels_of<const FFT: usize, const MELS: usize>(
    spec: &FeatureSpec,
    value: impl Fn(f32) -> f32 + 'static,
) -> Row<FFT> {
    let rate = f64::from(spec.sample_rate);
    let range = [0.0, rate / 2.0];
    let bank = MelBank::<FFT, MELS>::with(spec.mel_scale(), MelNorm::Area, rate, range);
    of_spectrum(move |power, rows| {
        let mut mels = [0.0; MELS];
        bank.apply(power, &mut mels);
        rows.extend(mels.map(&value));
    })
}

pub(super) fn no_bank(mel_bands: Option<usize>) -> SpecError {
    SpecError::choice("mel_bands", mel_bands.unwrap_or(0), &MEL_BANDS)
}
