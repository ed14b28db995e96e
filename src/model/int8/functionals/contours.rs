//! A window's contours: its pitch, voicing and levels, frame after frame.

use crate::dsp::fixed::LOUD;

/// Bands that are taken together.
pub(super) const BANDS_PER_GROUP: usize = 4;
/// Voicing of a voiced frame, which is loud, too, at least.
const VOICED: u8 = 128;

/// Contours of a window, a value a frame.
pub(super) struct Contours {
    /// Fundamental frequency, in sixths of a semitone above 50 Hz.
    pub f0: Vec<i64>,
    /// Strength of the pitch, 0 to 255.
    pub voicing: Vec<i64>,
    /// Frames that are loud and have a pitch.
    pub voiced: Vec<bool>,
    /// Frames whose loudest cell is near the window's.
    pub loud: Vec<bool>,
    /// Sums of the levels of four neighbouring bands, a contour for each.
    pub bands: Vec<Vec<i64>>,
}

impl Contours {
    /// Separates a window of cells less 128, (frames, bands + 2).
    pub fn new(window: &[i8], bands: usize) -> Self {
        let frames = || window.chunks_exact(bands + 2);
        let column = |index: usize| frames().map(move |frame| cell(frame[index]));
        let loudest = |frame: &[i8]| frame[..bands].iter().map(|&x| cell(x)).max();
        let loud: Vec<bool> = frames().map(|frame| loudest(frame) >= Some(LOUD)).collect();
        let voicing = column(bands + 1);
        let voiced = voicing.clone().zip(&loud);
        let sum = |cells: &[i8]| cells.iter().map(|&x| i64::from(cell(x))).sum();
        let group = |band| frames().map(move |frame| sum(&frame[band..][..BANDS_PER_GROUP]));
        Self {
            f0: column(bands).map(i64::from).collect(),
            voiced: voiced.map(|(v, &loud)| loud && v >= VOICED).collect(),
            voicing: voicing.map(i64::from).collect(),
            bands: (0..bands)
                .step_by(BANDS_PER_GROUP)
                .map(|band| group(band).collect())
                .collect(),
            loud,
        }
    }

    /// Returns the pitch of voiced frames.
    pub fn voiced_f0(&self) -> impl Iterator<Item = i64> + Clone {
        select(&self.f0, &self.voiced)
    }

    /// Returns the change of the pitch over so many frames, where both ends are voiced.
    pub fn f0_deltas(&self, frames: usize) -> Vec<i64> {
        let Self { f0, voiced, .. } = self;
        (frames..f0.len())
            .filter(|&t| voiced[t] && voiced[t - frames])
            .map(|t| f0[t] - f0[t - frames])
            .collect()
    }
}

/// Returns a cell, 0 to 255, of the byte that stands for it.
fn cell(byte: i8) -> u8 {
    byte.cast_unsigned() ^ 128
}

/// Returns the values of the frames that are marked.
pub(super) fn select<'a, T: Copy>(
    values: &'a [T],
    marked: &'a [bool],
) -> impl Iterator<Item = T> + Clone + 'a {
    let pairs = values.iter().zip(marked);
    pairs.filter_map(|(&value, &marked)| marked.then_some(value))
}
