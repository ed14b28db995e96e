//! Input of the `VGGish` network.

use super::{librosa, numbered};
use crate::audio::Pcm;
use crate::dsp::float::{self, MelScale, VGGISH_BANDS, VGGISH_FRAMES, VGGISH_RANGE, VGGISH_RATE};
use crate::features::definition::{Axis, Colours, Definition, Picture, Rows};
use crate::features::extractor::{FeatureStream, to_float};
use crate::features::{FeatureArray, FeatureSet, FeatureSpec, mel_place};

pub(super) const VGGISH: Definition = Definition {
    name: "vggish",
    summary: "examples of 96 x 64 for the VGGish network",
    unit: "ln",
    librosa: "none; `mel_features.py` of the AudioSet code among TensorFlow's models, at 16 kHz; \
              what is left at the end and fills no example of 0.96 s is dropped",
    rows: Rows::Examples(VGGISH_FRAMES),
    defaults: FeatureSpec {
        sample_rate: VGGISH_RATE as u32,
        fft: 512,
        hop: 160,
        mel_bands: Some(VGGISH_BANDS),
        bands: VGGISH_BANDS,
        ..librosa(FeatureSet::Vggish)
    },
    fft_sizes: &[],
    parameters: &[],
    columns: |spec| numbered(spec.set.name(), VGGISH_FRAMES * spec.bands),
    picture: Picture {
        title: "VGGish",
        axis: Axis::Frequencies(|spec, hz| {
            let mel = |hz| MelScale::Htk.of_hz(hz);
            let [low, high] = VGGISH_RANGE.map(mel);
            Some(mel_place(spec.mel_bands?, (mel(hz) - low) / (high - low)))
        }),
        colours: Colours::Linear,
    },
    stream: |_| Ok(Box::<Examples>::default()),
};

#[derive(Default)]
struct Examples {
    vggish: Box<float::Vggish>,
    values: Vec<f32>,
}

impl FeatureStream for Examples {
    fn push(&mut self, samples: &[Pcm]) {
        let Self { vggish, values } = self;
        vggish.push(&to_float(samples), |example| {
            values.extend_from_slice(example.as_flattened());
        });
    }

    fn finish(self: Box<Self>) -> FeatureArray {
        let count = self.values.len() / (VGGISH_FRAMES * VGGISH_BANDS);
        FeatureArray {
            shape: vec![count, VGGISH_FRAMES, VGGISH_BANDS],
            values: self.values,
        }
    }
}
