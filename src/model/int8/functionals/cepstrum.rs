//! A linear classifier of the functionals of a window's cepstrum.
//!
//! The cepstrum is the discrete cosine transform of a spectrum's levels (Davis and
//! Mermelstein, 1980): how they vary over the frequencies, roughly in its first coefficients
//! and finely in its last.

use super::super::ops::{Kernel, OnnxNode};
use super::compute::Functionals;
use super::contours::{BANDS_PER_GROUP, Contours, select};
use super::statistics::{Moments, mean};
use super::{MAX_FRAMES, checked, weigh};

/// Largest size of an entry of the table of cosines, which is one.
const ONE: i16 = 1 << 10;
/// Most groups of bands of which no sum can overflow.
const MAX_GROUPS: usize = 64;
/// Frames over which a coefficient's movement is taken.
const LAG: usize = 2;
/// What is added to variances, in 2^-20: the hundredth part of a squared tenth of the scale.
const EPSILON: i128 = 1_745_501_553;

/// `CepstrumInteger` of `docs/quantization.md`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct CepstrumClassifier {
    /// Cosines of each coefficient, (coefficients, groups of bands), in 2^-10.
    cosines: Vec<i64>,
    groups: usize,
    /// Weights, (labels, functionals).
    weights: Vec<i64>,
    labels: usize,
}

impl CepstrumClassifier {
    /// Checks the constants.
    ///
    /// # Errors
    /// A sentence about what does not fit.
    pub(in super::super) fn new(
        cosines: &[i16],
        coefficients: usize,
        weights: &[i32],
        labels: usize,
    ) -> Result<Self, &'static str> {
        let groups = cosines.len() / coefficients.max(1);
        if !(1..=MAX_GROUPS).contains(&groups) || cosines.len() != coefficients * groups {
            return Err("CepstrumInteger's table must have 1 to 64 cosines for each coefficient");
        }
        if !cosines.iter().all(|cosine| (-ONE..=ONE).contains(cosine)) {
            return Err("CepstrumInteger's table must lie in -1024 to 1024");
        }
        let columns = 2 * coefficients;
        if labels == 0 || weights.len() != labels * columns {
            return Err("CepstrumInteger's weights must have two columns for each coefficient");
        }
        Ok(Self {
            cosines: cosines.iter().map(|&cosine| cosine.into()).collect(),
            groups,
            weights: checked(weights, columns)
                .ok_or("CepstrumInteger's weights must add up to less than 2^31 for each label")?,
            labels,
        })
    }

    /// Returns a number for each label, of a window of cells less 128, frame after frame.
    pub(in super::super) fn classify(&self, window: &[i8]) -> Vec<i32> {
        let contours = Contours::new(window, self.groups * BANDS_PER_GROUP);
        let functionals = Functionals::of_cepstrum(&contours, &self.cosines);
        weigh(&self.weights, &functionals.values)
    }
}

impl Functionals {
    /// Computes how far each coefficient of the cepstrum varies, and how far it moves.
    pub(super) fn of_cepstrum(contours: &Contours, cosines: &[i64]) -> Self {
        let rows = cosines.chunks_exact(contours.bands.len());
        let cepstrum: Vec<Vec<i64>> = rows.map(|row| coefficient(&contours.bands, row)).collect();
        let mut all = Self::default();
        for (order, values) in (1..).zip(&cepstrum) {
            let moments = Moments::of(select(values, &contours.loud), EPSILON);
            all.add(format_args!("cepstrum{order}_deviation"), moments.deviation);
        }
        for (order, values) in (1..).zip(&cepstrum) {
            let moved = mean(movement(values, &contours.loud));
            all.add(format_args!("cepstrum{order}_movement"), moved);
        }
        all
    }
}

/// Returns a coefficient's contour.
fn coefficient(bands: &[Vec<i64>], cosines: &[i64]) -> Vec<i64> {
    let at = |frame: usize| -> i64 {
        let levels = bands.iter().map(|band| band[frame]);
        levels
            .zip(cosines)
            .map(|(level, cosine)| level * cosine)
            .sum()
    };
    let half = i64::from(ONE) / 2;
    let frames = 0..bands[0].len();
    frames
        .map(|t| (at(t) + half).div_euclid(ONE.into()))
        .collect()
}

/// Returns the sizes of a contour's changes, where both ends are loud.
fn movement<'a>(values: &'a [i64], loud: &'a [bool]) -> impl Iterator<Item = i64> + Clone + 'a {
    (LAG..values.len())
        .filter(|&t| loud[t] && loud[t - LAG])
        .map(|t| (values[t] - values[t - LAG]).abs())
}

impl Kernel for CepstrumClassifier {
    const NAME: &'static str = "CepstrumInteger";
    const INPUTS: usize = 3;
    const READS: &'static str = "(1, 1, steps, bands and pitch) 8-bit integers";

    type Input = i8;
    type Output = i32;

    fn read(node: &OnnxNode) -> Result<Self, String> {
        let (&[coefficients, _], &[labels, _]) = (node.shape(1), node.shape(2)) else {
            return Err("CepstrumInteger's table and weights have two axes".into());
        };
        let (cosines, weights) = (node.values(1)?, node.values(2)?);
        Ok(Self::new(cosines, coefficients, weights, labels)?)
    }

    fn output_shape(&self, input: &[usize]) -> Option<Vec<usize>> {
        match *input {
            [1, 1, 2..=MAX_FRAMES, width] if width == self.groups * BANDS_PER_GROUP + 2 => {
                Some(vec![1, self.labels])
            }
            _ => None,
        }
    }

    fn run(&self, input: &[i8], _: &[usize]) -> Vec<i32> {
        self.classify(input)
    }
}
