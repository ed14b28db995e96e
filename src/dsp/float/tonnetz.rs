//! Tonal centroids.

use super::PITCH_CLASSES;

/// Number of dimensions of a tonal centroid.
pub const TONNETZ_DIMENSIONS: usize = 6;

/// The projection of chroma onto the circles of fifths, minor thirds and major thirds,
/// the latter of half the radius: `librosa.feature.tonnetz(chroma=...)`.
///
/// After Harte, Sandler & Gasser, "Detecting harmonic change in musical audio"
/// (2006): of each circle the horizontal coordinate, then the vertical one.
#[derive(Clone)]
pub struct Tonnetz {
    /// Coordinates of every pitch class in the six dimensions.
    coordinates: [[f32; TONNETZ_DIMENSIONS]; PITCH_CLASSES],
}

impl Tonnetz {
    /// Computes the coordinates of the pitch classes.
    pub fn new() -> Self {
        // Semitones are turned by 7/6, 3/2 and 2/3 of half a circle.
        const TURNS: [(f64, f64); 3] = [(7.0 / 6.0, 1.0), (3.0 / 2.0, 1.0), (2.0 / 3.0, 0.5)];
        let coordinate = |class: usize, dimension: usize| {
            let (turn, radius) = TURNS[dimension / 2];
            let (sin, cos) = libm::sincos(core::f64::consts::PI * turn * class as f64);
            (radius
                * if dimension.is_multiple_of(2) {
                    sin
                } else {
                    cos
                }) as f32
        };
        Self {
            coordinates: core::array::from_fn(|class| {
                core::array::from_fn(|d| coordinate(class, d))
            }),
        }
    }

    /// Returns the centroid of one frame of chroma, whose sum does not matter. Silence
    /// lies at the origin.
    pub fn of(&self, chroma: &[f32; PITCH_CLASSES]) -> [f32; TONNETZ_DIMENSIONS] {
        let mut centroid = [0.0; TONNETZ_DIMENSIONS];
        let total: f32 = chroma.iter().sum();
        if total < f32::MIN_POSITIVE {
            return centroid;
        }
        for (class, coordinates) in chroma.iter().zip(&self.coordinates) {
            for (sum, coordinate) in centroid.iter_mut().zip(coordinates) {
                *sum += class / total * coordinate;
            }
        }
        centroid
    }
}

impl Default for Tonnetz {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::noise;
    use std::f64::consts::PI;

    /// librosa's transformation: all rows cosines, the even ones half a pi late.
    fn naive(chroma: &[f32; PITCH_CLASSES], dimension: usize) -> f64 {
        let scale = [7.0 / 6.0, 7.0 / 6.0, 1.5, 1.5, 2.0 / 3.0, 2.0 / 3.0][dimension];
        let radius = [1.0, 1.0, 1.0, 1.0, 0.5, 0.5][dimension];
        let delay = if dimension.is_multiple_of(2) {
            0.5
        } else {
            0.0
        };
        let total: f64 = chroma.iter().copied().map(f64::from).sum();
        let term = |class: usize| {
            f64::from(chroma[class]) / total * (PI * (scale * class as f64 - delay)).cos()
        };
        radius * (0..PITCH_CLASSES).map(term).sum::<f64>()
    }

    #[test]
    fn agrees_with_the_definition() {
        let chroma = noise::<PITCH_CLASSES>(6).map(|x| x + 0.5);
        for (dimension, got) in Tonnetz::new().of(&chroma).iter().enumerate() {
            let want = naive(&chroma, dimension);
            assert!(
                (f64::from(*got) - want).abs() < 1e-6,
                "dimension {dimension}"
            );
        }
    }

    #[test]
    fn silence_lies_at_the_origin() {
        let centroid = Tonnetz::new().of(&[0.0; PITCH_CLASSES]);
        assert!(centroid.iter().all(|x| x.abs() < f32::MIN_POSITIVE));
    }
}
