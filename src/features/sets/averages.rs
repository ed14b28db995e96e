//! Averages over the first three seconds of a recording.

use super::{librosa, mel, numbered, spectral, tonal};
use crate::audio::Pcm;
use crate::dsp::float::{self, CLASSIC_FEATURES, TOP_DB};
use crate::features::definition::{Axis, Colours, Definition, Picture, Rows};
use crate::features::extractor::{FeatureStream, to_float};
use crate::features::{FeatureArray, FeatureSet, FeatureSpec, MAX_COEFFICIENTS};

pub(super) const CLASSIC: Definition = Definition {
    name: "classic",
    summary: "193 averages over 3 s: MFCC, chroma, mel, contrast, tonnetz",
    unit: "–",
    librosa: "means over time of `mfcc`, `chroma`, `mel`, `contrast`, `tonnetz` below, of the \
              first 3 s, filled up with zeros",
    rows: Rows::Averages,
    defaults: averages(FeatureSet::Classic, CLASSIC_FEATURES),
    fft_sizes: &[],
    parameters: &[],
    columns: |_| {
        [
            mel::MFCC,
            tonal::CHROMA,
            mel::MEL,
            spectral::CONTRAST,
            tonal::TONNETZ,
        ]
        .iter()
        .flat_map(|part| numbered(part.name, part.defaults.bands))
        .collect()
    },
    picture: Picture {
        title: "classic: averages of MFCC, chroma, mel, contrast and tonnetz",
        axis: Axis::Numbers,
        colours: Colours::Linear,
    },
    stream: |spec| Ok(Box::new(Averages::of(spec))),
};

pub(super) const CLASSIC_MFCC: Definition = Definition {
    name: "classic-mfcc",
    summary: "the 40 averaged MFCCs among them",
    unit: "–",
    librosa: "the first 40 of them",
    defaults: averages(FeatureSet::ClassicMfcc, MAX_COEFFICIENTS),
    columns: |spec| numbered(mel::MFCC.name, spec.bands),
    picture: Picture {
        title: "averaged MFCC",
        ..CLASSIC.picture
    },
    ..CLASSIC
};

const fn averages(set: FeatureSet, bands: usize) -> FeatureSpec {
    FeatureSpec {
        mel_bands: Some(128),
        bands,
        range_db: Some(TOP_DB),
        ..librosa(set)
    }
}

struct Averages {
    classic: Box<float::Classic>,
    kept: usize,
}

impl Averages {
    fn of(spec: &FeatureSpec) -> Self {
        Self {
            classic: Box::default(),
            kept: spec.bands,
        }
    }
}

impl FeatureStream for Averages {
    fn push(&mut self, samples: &[Pcm]) {
        self.classic.push(&to_float(samples));
    }

    fn finish(mut self: Box<Self>) -> FeatureArray {
        FeatureArray {
            shape: vec![self.kept],
            values: self.classic.finish()[..self.kept].to_vec(),
        }
    }
}
