//! Sets of pitch classes.

use super::{by_name, librosa};
use crate::dsp::float::{Chroma, PITCH_CLASSES, TONNETZ_DIMENSIONS, Tonnetz, peaks, tuning};
use crate::features::definition::{Axis, Colours, Definition, Parameter, Picture, Rows};
use crate::features::per_frame::{PerFrame, for_each_size};
use crate::features::{FFT_SIZES, FeatureSet, FeatureSpec};

pub(super) const CHROMA: Definition = Definition {
    name: "chroma",
    summary: "12 pitch classes",
    unit: "share of the loudest class, C first",
    librosa: "`chroma_stft(y=y, sr=22050, tuning=0)`",
    rows: Rows::Frames,
    defaults: FeatureSpec {
        bands: PITCH_CLASSES,
        ..librosa(FeatureSet::Chroma)
    },
    fft_sizes: &FFT_SIZES,
    parameters: &[Parameter::Tuning],
    columns: by_name,
    picture: Picture {
        title: "chroma",
        axis: Axis::Notes,
        colours: Colours::Linear,
    },
    stream: for_each_size!(chroma::<FFT>),
};

fn chroma<const FFT: usize>(spec: &FeatureSpec) -> PerFrame<FFT> {
    of_classes::<FFT, _, _>(spec, |classes| classes)
}

pub(super) const TONNETZ: Definition = Definition {
    name: "tonnetz",
    summary: "6 tonal centroids",
    unit: "–",
    librosa: "`tonnetz(chroma=chroma_stft(y=y, sr=22050, tuning=0))`",
    rows: Rows::Frames,
    defaults: FeatureSpec {
        bands: TONNETZ_DIMENSIONS,
        ..librosa(FeatureSet::Tonnetz)
    },
    fft_sizes: &FFT_SIZES,
    parameters: &[Parameter::Tuning],
    columns: by_name,
    picture: Picture {
        title: "tonnetz",
        axis: Axis::Numbers,
        colours: Colours::Linear,
    },
    stream: for_each_size!(centroids::<FFT>),
};

fn centroids<const FFT: usize>(spec: &FeatureSpec) -> PerFrame<FFT> {
    let tonnetz = Tonnetz::new();
    of_classes::<FFT, _, _>(spec, move |classes| tonnetz.of(&classes))
}

/// Values of a frame's pitch classes. Where the tuning is estimated, all spectra
/// are held until it is known: `chroma_stft(y=y)`.
fn of_classes<const FFT: usize, V, F>(spec: &FeatureSpec, values: F) -> PerFrame<FFT>
where
    V: IntoIterator<Item = f32>,
    F: Fn([f32; PITCH_CLASSES]) -> V + 'static,
{
    let rate = f64::from(spec.sample_rate);
    if !spec.tuning {
        let chroma = Chroma::<FFT>::new(rate, 0.0);
        return PerFrame::<FFT>::of_spectrum(spec, move |power, rows| {
            rows.extend(values(chroma.of(power)));
        });
    }
    let spectra = PerFrame::<FFT>::of_spectrum(spec, |power, rows| rows.extend_from_slice(power));
    spectra.then(Box::new(move |spectra| {
        let frames = || spectra.chunks_exact(FFT / 2 + 1);
        let mut found = Vec::new();
        frames().for_each(|power| peaks(power, rate, |peak| found.push(peak)));
        let chroma = Chroma::<FFT>::new(rate, tuning(&mut found));
        frames()
            .flat_map(|power| values(chroma.of(power)))
            .collect()
    }))
}
