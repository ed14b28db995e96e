//! The form in which every feature set is defined.

use super::extractor::BoxedStream;
use super::{FeatureSpec, SpecError};

/// Everything that the program knows of a feature set.
pub struct Definition {
    /// Name in manifests and on the command line.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// Unit of the values, for the documentation.
    pub unit: &'static str,
    /// Definition of the values in calls of librosa 0.11, for the documentation.
    pub librosa: &'static str,
    /// Rows of a recording's array.
    pub rows: Rows,
    /// The set and its default parameters: librosa's, but for 40 coefficients and
    /// where the set has a definition of its own.
    pub defaults: FeatureSpec,
    /// Lengths of a frame that are compiled in. Where there are none, all
    /// parameters are part of the set's name.
    pub fft_sizes: &'static [usize],
    /// Parameters that can be chosen, beside the rate, the frame and the hop.
    pub parameters: &'static [Parameter],
    /// Names of the values in a row.
    pub columns: fn(&FeatureSpec) -> Vec<String>,
    /// Drawing of the set.
    pub picture: Picture,
    /// Computation of a checked specification.
    pub(super) stream: fn(&FeatureSpec) -> Result<BoxedStream, SpecError>,
}

/// Rows of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// One for each frame, of the width of a row.
    Frames,
    /// One for each so many frames, which are an axis of the array.
    Examples(usize),
    /// A single one for the recording.
    Averages,
}

/// A parameter that some sets have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Mel bands of the bank.
    MelBands,
    /// Number of cepstral coefficients.
    Coefficients,
    /// HTK's mel scale in place of Slaney's.
    Htk,
    /// Derivatives over time.
    Deltas,
    /// Estimated tuning in place of A4 = 440 Hz.
    Tuning,
}

/// Drawing of a set.
#[derive(Clone, Copy)]
pub struct Picture {
    /// Title with the unit.
    pub title: &'static str,
    /// Marks beside a row's values.
    pub axis: Axis,
    /// Colours of the values.
    pub colours: Colours,
}

/// Vertical axis of a picture.
#[derive(Clone, Copy)]
pub enum Axis {
    /// Frequencies, by the place of one among the bands, of which band `b`
    /// reaches from `b` to `b + 1`.
    Frequencies(fn(&FeatureSpec, f64) -> Option<f64>),
    /// The notes of an octave, C first.
    Notes,
    /// Numbers of the values.
    Numbers,
}

/// Colours of a picture's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// From the least value to the largest.
    Linear,
    /// The same without regard to a row's first value, which would leave the
    /// others one colour: of a cepstrum it is the level.
    AllButFirst,
    /// Decibels, at most [`TOP_DB`](crate::dsp::float::TOP_DB) below the largest.
    Decibels,
    /// Power, in such decibels.
    Power,
    /// Such decibels but for the last two values, which are the pitch in
    /// semitones and its strength and are drawn over them.
    DecibelsAndPitch,
}
