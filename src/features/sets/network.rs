//! Input of the networks: levels in integers, and the pitch beside them.

use super::{by_name, librosa, numbered};
use crate::SAMPLE_RATE;
use crate::audio::Pcm;
use crate::dsp::fixed::{self, DECIBEL, NETWORK_BANDS, PITCH_STEPS, Pitch};
use crate::dsp::hz_to_mel;
use crate::features::definition::{Axis, Colours, Definition, Picture, Rows};
use crate::features::extractor::FeatureStream;
use crate::features::{FeatureArray, FeatureSet, FeatureSpec, mel_place};

pub(super) const LOG_MEL: Definition = Definition {
    name: "log-mel",
    summary: "what the network reads: 64 band levels in dB, in integers",
    unit: "dB",
    librosa: "`power_to_db(pairs, top_db=None)`, where `pairs` are neighbours among \
              `melspectrogram(y=y, sr=16000, n_fft=1024, hop_length=256, n_mels=128)` added",
    rows: Rows::Frames,
    defaults: levels(FeatureSet::LogMel, NETWORK_BANDS),
    fft_sizes: &[],
    parameters: &[],
    columns: by_name,
    picture: Picture {
        title: "log-mel, dB",
        axis: Axis::Frequencies(place),
        colours: Colours::Decibels,
    },
    stream: |_| Ok(Box::<LogMel>::default()),
};

pub(super) const LOG_MEL_PITCH: Definition = Definition {
    name: "log-mel-pitch",
    summary: "the same, and pitch in semitones above 50 Hz with its strength",
    unit: "dB; semitones above 50 Hz; share",
    librosa: "none: the same levels, then the [pitch](#pitch) and its voicing",
    rows: Rows::Frames,
    defaults: levels(FeatureSet::LogMelPitch, NETWORK_BANDS + 2),
    fft_sizes: &[],
    parameters: &[],
    columns: |_| {
        let mut names = numbered(LOG_MEL.name, NETWORK_BANDS);
        names.extend(["pitch", "strength"].map(str::to_owned));
        names
    },
    picture: Picture {
        title: "log-mel, dB, and pitch (white)",
        axis: Axis::Frequencies(place),
        colours: Colours::DecibelsAndPitch,
    },
    stream: |_| Ok(Box::<LogMelPitch>::default()),
};

const fn levels(set: FeatureSet, bands: usize) -> FeatureSpec {
    FeatureSpec {
        sample_rate: SAMPLE_RATE,
        fft: 1024,
        hop: 256,
        mel_bands: Some(128),
        bands,
        range_db: Some(80.0),
        ..librosa(set)
    }
}

/// Neighbours among the bands are added.
fn place(spec: &FeatureSpec, hz: f64) -> Option<f64> {
    let nyquist = f64::from(spec.sample_rate) / 2.0;
    let share = hz_to_mel(hz) / hz_to_mel(nyquist);
    Some(mel_place(spec.mel_bands?, share) / 2.0)
}

#[derive(Default)]
struct LogMel {
    log_mel: Box<fixed::LogMel>,
    rows: Vec<f32>,
}

impl FeatureStream for LogMel {
    fn push(&mut self, samples: &[Pcm]) {
        let Self { log_mel, rows } = self;
        log_mel.push(samples, |frame| rows.extend(in_decibels(frame)));
    }

    fn finish(mut self: Box<Self>) -> FeatureArray {
        let Self { log_mel, rows } = &mut *self;
        log_mel.finish(|frame| rows.extend(in_decibels(frame)));
        FeatureArray::of_frames(NETWORK_BANDS, self.rows)
    }
}

#[derive(Default)]
struct LogMelPitch {
    log_mel: Box<fixed::LogMel>,
    rows: Vec<f32>,
}

impl LogMelPitch {
    fn row(levels: &[i32; NETWORK_BANDS], pitch: Pitch) -> impl Iterator<Item = f32> {
        let semitones = f32::from(pitch.f0) / f32::from(PITCH_STEPS);
        let voicing = f32::from(pitch.voicing) / 255.0;
        in_decibels(levels).into_iter().chain([semitones, voicing])
    }
}

impl FeatureStream for LogMelPitch {
    fn push(&mut self, samples: &[Pcm]) {
        let Self { log_mel, rows } = self;
        log_mel.push_with_pitch(samples, |levels, pitch| {
            rows.extend(Self::row(levels, pitch));
        });
    }

    fn finish(mut self: Box<Self>) -> FeatureArray {
        let Self { log_mel, rows } = &mut *self;
        log_mel.finish_with_pitch(|levels, pitch| rows.extend(Self::row(levels, pitch)));
        FeatureArray::of_frames(NETWORK_BANDS + 2, self.rows)
    }
}

fn in_decibels(frame: &[i32; NETWORK_BANDS]) -> [f32; NETWORK_BANDS] {
    frame.map(|level| level as f32 / DECIBEL as f32)
}
