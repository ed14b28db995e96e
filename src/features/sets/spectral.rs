//! Sets of a frame's power spectrum.

use super::{by_name, librosa};
use crate::dsp::float::{CONTRAST_BANDS, Contrast, TOP_DB, spectral_centroid, spectral_rolloff};
use crate::features::definition::{Axis, Colours, Definition, Picture, Rows};
use crate::features::per_frame::{PerFrame, for_each_size};
use crate::features::{FFT_SIZES, FeatureSet, FeatureSpec};

pub(super) const CENTROID: Definition = Definition {
    name: "centroid",
    summary: "spectral centroid, in hertz",
    unit: "Hz",
    librosa: "`spectral_centroid(y=y, sr=22050)`",
    rows: Rows::Frames,
    defaults: librosa(FeatureSet::Centroid),
    fft_sizes: &FFT_SIZES,
    parameters: &[],
    columns: by_name,
    picture: Picture {
        title: "spectral centroid, Hz",
        axis: Axis::Numbers,
        colours: Colours::Linear,
    },
    stream: for_each_size!(centroid::<FFT>),
};

fn centroid<const FFT: usize>(spec: &FeatureSpec) -> PerFrame<FFT> {
    let rate = f64::from(spec.sample_rate);
    PerFrame::<FFT>::of_spectrum(spec, move |power, rows| {
        rows.push(spectral_centroid(power, rate));
    })
}

pub(super) const ROLLOFF: Definition = Definition {
    name: "rolloff",
    summary: "frequency below which lie 85 % of the magnitudes, in hertz",
    unit: "Hz",
    librosa: "`spectral_rolloff(y=y, sr=22050)`",
    rows: Rows::Frames,
    defaults: librosa(FeatureSet::Rolloff),
    fft_sizes: &FFT_SIZES,
    parameters: &[],
    columns: by_name,
    picture: Picture {
        title: "spectral roll-off, Hz",
        axis: Axis::Numbers,
        colours: Colours::Linear,
    },
    stream: for_each_size!(rolloff::<FFT>),
};

fn rolloff<const FFT: usize>(spec: &FeatureSpec) -> PerFrame<FFT> {
    let rate = f64::from(spec.sample_rate);
    PerFrame::<FFT>::of_spectrum(spec, move |power, rows| {
        rows.push(spectral_rolloff(power, rate));
    })
}

pub(super) const CONTRAST: Definition = Definition {
    name: "contrast",
    summary: "peaks against valleys in 7 octave bands, in dB",
    unit: "dB",
    librosa: "`spectral_contrast(y=y, sr=22050)`",
    rows: Rows::Frames,
    defaults: FeatureSpec {
        bands: CONTRAST_BANDS,
        range_db: Some(TOP_DB),
        ..librosa(FeatureSet::Contrast)
    },
    fft_sizes: &FFT_SIZES,
    parameters: &[],
    columns: by_name,
    picture: Picture {
        title: "spectral contrast, dB",
        axis: Axis::Numbers,
        colours: Colours::Linear,
    },
    stream: for_each_size!(contrast::<FFT>),
};

fn contrast<const FFT: usize>(spec: &FeatureSpec) -> PerFrame<FFT> {
    let mut contrast = Contrast::<FFT>::new(f64::from(spec.sample_rate));
    let extremes = PerFrame::<FFT>::of_spectrum(spec, move |power, rows| {
        let (peaks, valleys) = contrast.of(power);
        rows.extend(peaks.into_iter().chain(valleys));
    });
    extremes.then(Box::new(|rows| contrasts(&rows)))
}

/// Returns the contrast of rows that each hold peaks, then valleys.
fn contrasts(rows: &[f32]) -> Vec<f32> {
    let (rows, _) = rows.as_chunks::<CONTRAST_BANDS>();
    let (mut peaks, mut valleys): (Vec<_>, Vec<_>) =
        rows.chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
    let mut contrasts = Vec::new();
    // The step over the clip is the same at every size.
    Contrast::<2048>::of_clip(&mut peaks, &mut valleys, |frame| {
        contrasts.extend_from_slice(frame);
    });
    contrasts
}
