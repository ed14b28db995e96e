//! Sets of mel bands.

use super::{by_name, librosa};
use crate::dsp::float::{MelBank, MelNorm, MelScale, Mfcc, TOP_DB, decibels, delta, delta_delta};
use crate::features::definition::{Axis, Colours, Definition, Parameter, Picture, Rows};
use crate::features::per_frame::{PerFrame, Postprocess, for_each_size};
use crate::features::{FFT_SIZES, FeatureSet, FeatureSpec, MAX_COEFFICIENTS, mel_place};

pub(super) const MEL: Definition = Definition {
    name: "mel",
    summary: "mel power spectrum",
    unit: "power",
    librosa: "`melspectrogram(y=y, sr=22050)`",
    rows: Rows::Frames,
    defaults: FeatureSpec {
        mel_bands: Some(128),
        bands: 128,
        ..librosa(FeatureSet::Mel)
    },
    fft_sizes: &FFT_SIZES,
    parameters: &[Parameter::MelBands, Parameter::Htk],
    columns: by_name,
    picture: Picture {
        title: "mel power, dB",
        axis: Axis::Frequencies(|spec, hz| {
            let mel = |hz| scale(spec).of_hz(hz);
            let nyquist = f64::from(spec.sample_rate) / 2.0;
            Some(mel_place(spec.mel_bands?, mel(hz) / mel(nyquist)))
        }),
        colours: Colours::Power,
    },
    stream: for_each_size!(mel::<FFT, MELS>),
};

fn mel<const FFT: usize, const MELS: usize>(spec: &FeatureSpec) -> PerFrame<FFT> {
    of_bank::<FFT, MELS>(spec, |power| power)
}

pub(super) const MFCC: Definition = Definition {
    name: "mfcc",
    summary: "mel-frequency cepstral coefficients",
    unit: "dB",
    librosa: "`mfcc(y=y, sr=22050, n_mfcc=40)`, with its `top_db=80` over the clip",
    rows: Rows::Frames,
    defaults: FeatureSpec {
        mel_bands: Some(128),
        bands: MAX_COEFFICIENTS,
        range_db: Some(TOP_DB),
        ..librosa(FeatureSet::Mfcc)
    },
    fft_sizes: &FFT_SIZES,
    parameters: &[
        Parameter::MelBands,
        Parameter::Coefficients,
        Parameter::Htk,
        Parameter::Deltas,
    ],
    columns: by_name,
    picture: Picture {
        title: "MFCC (colours by all but the first)",
        axis: Axis::Numbers,
        colours: Colours::AllButFirst,
    },
    stream: for_each_size!(mfcc::<FFT, MELS>),
};

fn mfcc<const FFT: usize, const MELS: usize>(spec: &FeatureSpec) -> PerFrame<FFT> {
    of_bank::<FFT, MELS>(spec, decibels).then(cepstra::<MELS>(spec))
}

/// The specification's mel scale.
fn scale(spec: &FeatureSpec) -> MelScale {
    if spec.htk {
        MelScale::Htk
    } else {
        MelScale::Slaney
    }
}

/// Values of each band's power.
fn of_bank<const FFT: usize, const MELS: usize>(
    spec: &FeatureSpec,
    value: fn(f32) -> f32,
) -> PerFrame<FFT> {
    let rate = f64::from(spec.sample_rate);
    let range = [0.0, rate / 2.0];
    let bank = MelBank::<FFT, MELS>::with(scale(spec), MelNorm::Area, rate, range);
    PerFrame::of_spectrum(spec, move |power, rows| {
        let mut mels = [0.0; MELS];
        bank.apply(power, &mut mels);
        rows.extend(mels.map(value));
    })
}

/// Cepstra of a recording's levels, whose range is referred to the loudest of all,
/// and their derivatives.
fn cepstra<const MELS: usize>(spec: &FeatureSpec) -> Postprocess {
    let mfcc = Mfcc::<MELS, MAX_COEFFICIENTS>::new(0.0);
    let (kept, deltas) = (spec.bands, spec.deltas);
    Box::new(move |mut levels| {
        let mut cepstra = Vec::new();
        let (recording, _) = levels.as_chunks_mut();
        mfcc.of_clip(recording, |frame| cepstra.push(*frame));
        let mut rows = Vec::new();
        for (t, frame) in cepstra.iter().enumerate() {
            rows.extend_from_slice(&frame[..kept]);
            for derivative in [delta, delta_delta].iter().take(deltas) {
                rows.extend_from_slice(&derivative(&cepstra, t)[..kept]);
            }
        }
        rows
    })
}
