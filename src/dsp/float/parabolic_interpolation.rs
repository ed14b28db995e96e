//! Extrema between samples.

/// Returns the vertex of the parabola through three neighbouring values, in steps
/// from the middle one; zero where it lies a whole step off or more, as in
/// librosa.
pub(super) fn parabolic_interpolation([left, middle, right]: [f32; 3]) -> f32 {
    let curvature = left + right - 2.0 * middle;
    let slope = (right - left) / 2.0;
    if slope.abs() >= curvature.abs() {
        return 0.0;
    }
    -slope / curvature
}

#[cfg(test)]
mod tests {
    use super::parabolic_interpolation;

    #[test]
    fn finds_the_vertex_within_a_step() {
        for at in [-0.9_f32, -0.25, 0.0, 0.5] {
            let parabola = [-1.0, 0.0, 1.0].map(|x: f32| 3.0 - 2.0 * (x - at) * (x - at));
            assert!(
                (parabolic_interpolation(parabola) - at).abs() < 1e-6,
                "{at}"
            );
        }
        for beyond in [[0.0, 1.0, 2.0], [1.0, 1.0, 1.0], [0.0, 1.0, 3.5]] {
            assert!(
                parabolic_interpolation(beyond).abs() < f32::MIN_POSITIVE,
                "{beyond:?}"
            );
        }
    }
}
