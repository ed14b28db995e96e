//! Sets of a frame's samples.

use super::{by_name, librosa};
use crate::dsp::Padding;
use crate::dsp::float::{Yin, rms, zero_crossing_rate};
use crate::features::definition::{Axis, Colours, Definition, Picture, Rows};
use crate::features::per_frame::{PerFrame, for_each_size};
use crate::features::{FFT_SIZES, FeatureSet, FeatureSpec};

pub(super) const RMS: Definition = Definition {
    name: "rms",
    summary: "root of the mean square",
    unit: "of full scale",
    librosa: "`rms(y=y)`",
    rows: Rows::Frames,
    defaults: librosa(FeatureSet::Rms),
    fft_sizes: &FFT_SIZES,
    parameters: &[],
    columns: by_name,
    picture: Picture {
        title: "RMS",
        axis: Axis::Numbers,
        colours: Colours::Linear,
    },
    stream: for_each_size!(root_mean_square::<FFT>),
};

fn root_mean_square<const FFT: usize>(spec: &FeatureSpec) -> PerFrame<FFT> {
    PerFrame::<FFT>::new(spec, |frame, rows| rows.push(rms(frame)))
}

pub(super) const ZCR: Definition = Definition {
    name: "zcr",
    summary: "zero-crossing rate",
    unit: "sign changes a sample",
    librosa: "`zero_crossing_rate(y)`",
    rows: Rows::Frames,
    defaults: librosa(FeatureSet::Zcr),
    fft_sizes: &FFT_SIZES,
    parameters: &[],
    columns: by_name,
    picture: Picture {
        title: "zero-crossing rate",
        axis: Axis::Numbers,
        colours: Colours::Linear,
    },
    stream: for_each_size!(zero_crossings::<FFT>),
};

fn zero_crossings<const FFT: usize>(spec: &FeatureSpec) -> PerFrame<FFT> {
    let rates = PerFrame::<FFT>::new(spec, |frame, rows| rows.push(zero_crossing_rate(frame)));
    rates.padded(spec, Padding::Edge)
}

pub(super) const PITCH: Definition = Definition {
    name: "pitch",
    summary: "fundamental frequency by YIN, in hertz",
    unit: "Hz",
    librosa: "`librosa.yin(y, fmin=60, fmax=600, sr=22050)`; silence has one too",
    rows: Rows::Frames,
    defaults: librosa(FeatureSet::Pitch),
    fft_sizes: &PITCH_SIZES,
    parameters: &[],
    columns: by_name,
    picture: Picture {
        title: "pitch, Hz",
        axis: Axis::Numbers,
        colours: Colours::Linear,
    },
    stream: |spec| match spec.fft {
        256 => Ok(Box::new(pitch::<256, 512>(spec))),
        512 => Ok(Box::new(pitch::<512, 1024>(spec))),
        1024 => Ok(Box::new(pitch::<1024, 2048>(spec))),
        2048 => Ok(Box::new(pitch::<2048, 4096>(spec))),
        _ => Err(spec.unknown_fft()),
    },
};

/// Frames for YIN, whose transform is twice as long.
const PITCH_SIZES: [usize; 4] = [256, 512, 1024, 2048];

/// Pitches that are sought, in hertz: those of voices, raised ones included.
const PITCHES: [f64; 2] = [60.0, 600.0];

fn pitch<const FRAME: usize, const FFT: usize>(spec: &FeatureSpec) -> PerFrame<FRAME> {
    let [lowest, highest] = PITCHES;
    let mut yin = Yin::<FRAME, FFT>::new(f64::from(spec.sample_rate), lowest, highest);
    PerFrame::<FRAME>::new(spec, move |frame, rows| rows.push(yin.of(frame)))
}
