//! Derivatives of features over time, by Savitzky-Golay smoothing.
//!
//! `librosa.feature.delta(data, width=9, order=order, mode="interp")`: over
//! nine frames a polynomial of degree `order` is fitted by least squares
//! (Savitzky & Golay 1964) and its derivative of that order is the result,
//! per frame for the first and per frame squared for the second. Of such a
//! polynomial that derivative is constant, so that the first and last four
//! frames of a clip, where librosa evaluates the outermost fit, share the value
//! of the fifth from their end.

/// Frames on each side of the one whose derivative is taken.
const REACH: usize = 4;
const WIDTH: usize = 2 * REACH + 1;

/// Slope of the fitted line for a unit value at each place.
const SLOPE: [f32; WIDTH] = scaled([-4, -3, -2, -1, 0, 1, 2, 3, 4], 60);
/// Second derivative of the fitted parabola for a unit value at each place.
const CURVATURE: [f32; WIDTH] = scaled([28, 7, -8, -17, -20, -17, -8, 7, 28], 462);

const fn scaled(weights: [i8; WIDTH], divisor: u16) -> [f32; WIDTH] {
    let mut out = [0.0; WIDTH];
    let mut i = 0;
    while i < WIDTH {
        out[i] = weights[i] as f32 / divisor as f32;
        i += 1;
    }
    out
}

/// Returns the first derivative at frame `t` of a whole clip of frames of `N` features.
///
/// A clip of fewer than nine frames, which librosa refuses, has none: zeros.
pub fn delta<const N: usize>(clip: &[[f32; N]], t: usize) -> [f32; N] {
    weighted(clip, t, &SLOPE)
}

/// Returns the second derivative at frame `t`, otherwise as [`delta`].
pub fn delta_delta<const N: usize>(clip: &[[f32; N]], t: usize) -> [f32; N] {
    weighted(clip, t, &CURVATURE)
}

fn weighted<const N: usize>(clip: &[[f32; N]], t: usize, weights: &[f32; WIDTH]) -> [f32; N] {
    let mut sum = [0.0; N];
    let start = t
        .saturating_sub(REACH)
        .min(clip.len().saturating_sub(WIDTH));
    if let Some(window) = clip.get(start..start + WIDTH) {
        for (frame, weight) in window.iter().zip(weights) {
            for (sum, value) in sum.iter_mut().zip(frame) {
                *sum += weight * value;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::noise;

    /// Least squares over the nine frames nearest to `t`, by the normal
    /// equations in the moments of the places −4 to 4.
    fn naive(clip: &[[f32; 1]], t: usize, order: i32) -> f64 {
        let start = t.clamp(4, clip.len() - 5) - 4;
        let moment = |power: i32| (-4..=4).map(|k| f64::from(k).powi(power)).sum::<f64>();
        let against = |power: i32| {
            (-4..=4)
                .zip(&clip[start..start + 9])
                .map(|(k, x)| f64::from(k).powi(power) * f64::from(x[0]))
                .sum::<f64>()
        };
        if order == 1 {
            return against(1) / moment(2);
        }
        let determinant = moment(0) * moment(4) - moment(2) * moment(2);
        2.0 * (moment(0) * against(2) - moment(2) * against(0)) / determinant
    }

    #[test]
    fn agrees_with_least_squares() {
        let clip = noise::<30>(4).map(|x| [x]);
        for t in 0..clip.len() {
            assert!(
                (f64::from(delta(&clip, t)[0]) - naive(&clip, t, 1)).abs() < 1e-6,
                "{t}"
            );
            assert!(
                (f64::from(delta_delta(&clip, t)[0]) - naive(&clip, t, 2)).abs() < 1e-6,
                "{t}"
            );
        }
    }

    #[test]
    fn polynomials_have_their_derivatives() {
        let parabola: Vec<[f32; 2]> = (0_u8..20)
            .map(|t| [3.0 * f32::from(t), 0.5 * f32::from(t) * f32::from(t)])
            .collect();
        assert!((delta(&parabola, 9)[0] - 3.0).abs() < 1e-5);
        assert!((delta(&parabola, 9)[1] - 9.0).abs() < 1e-5);
        assert!((delta_delta(&parabola, 19)[1] - 1.0).abs() < 1e-4);
    }

    #[test]
    fn short_clips_have_none() {
        assert!(delta(&[[1.0], [2.0]], 1)[0].abs() < f32::MIN_POSITIVE);
        assert!(delta_delta::<1>(&[], 0)[0].abs() < f32::MIN_POSITIVE);
    }
}
