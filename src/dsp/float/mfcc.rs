//! Mel-frequency cepstral coefficients.

use super::{Dct, TOP_DB, limit_range};

/// The transform of frames of `MELS` mel levels to `COEFFS` cepstral
/// coefficients: `librosa.feature.mfcc(S=levels, n_mfcc=COEFFS, lifter=lifter)`.
///
/// Give the levels of [`LogMel`](super::LogMel) with as many bands as mels.
/// [`of`](Mfcc::of) serves a stream; librosa's own defaults limit the range of
/// the levels over the whole clip first, which is [`of_clip`](Mfcc::of_clip).
#[derive(Clone)]
pub struct Mfcc<const MELS: usize = 128, const COEFFS: usize = 20> {
    dct: Dct<MELS, COEFFS>,
    lifter: [f32; COEFFS],
}

impl<const MELS: usize, const COEFFS: usize> Mfcc<MELS, COEFFS> {
    /// Makes the transform. Coefficient `c` is multiplied by `1 + lifter/2 sin(π(c + 1) / lifter)`,
    /// which raises the higher ones; a `lifter` of zero leaves all as they are.
    pub fn new(lifter: f64) -> Self {
        let gain = |c: usize| {
            let angle = core::f64::consts::PI * (c + 1) as f64 / lifter;
            1.0 + lifter / 2.0 * libm::sin(angle)
        };
        Self {
            dct: Dct::new(),
            lifter: core::array::from_fn(|c| if lifter > 0.0 { gain(c) as f32 } else { 1.0 }),
        }
    }

    /// Returns the coefficients of one frame of levels in dB.
    pub fn of(&self, levels: &[f32; MELS]) -> [f32; COEFFS] {
        let coefficients = self.dct.of(levels);
        core::array::from_fn(|c| coefficients[c] * self.lifter[c])
    }

    /// Limits the levels of a whole clip to the range [`TOP_DB`] below its
    /// maximum, in place, and calls `on_frame` with each frame's coefficients:
    /// `librosa.feature.mfcc(y=...)`.
    pub fn of_clip(&self, clip: &mut [[f32; MELS]], mut on_frame: impl FnMut(&[f32; COEFFS])) {
        limit_range(clip, TOP_DB);
        for levels in clip {
            on_frame(&self.of(levels));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::noise;
    use std::f64::consts::PI;

    fn naive(levels: &[f32; 64], c: usize, lifter: f64) -> f64 {
        let term =
            |n: usize| f64::from(levels[n]) * (PI * c as f64 * (n as f64 + 0.5) / 64.0).cos();
        let sum: f64 = (0..64).map(term).sum();
        let scale = (if c == 0 { 1.0 } else { 2.0_f64 } / 64.0).sqrt();
        sum * scale * (1.0 + lifter / 2.0 * (PI * (c + 1) as f64 / lifter).sin())
    }

    #[test]
    fn lifter_follows_the_definition() {
        let levels: [f32; 64] = noise::<64>(3).map(|x| 80.0 * x - 40.0);
        for lifter in [11.0, 22.0, 40.0] {
            let got = Mfcc::<64, 13>::new(lifter).of(&levels);
            for (c, got) in got.iter().enumerate() {
                let want = naive(&levels, c, lifter);
                assert!((f64::from(*got) - want).abs() < 2e-3, "{c}: {got} {want}");
            }
        }
    }

    #[test]
    fn clip_is_limited_before_the_transform() {
        let mut clip = [[-100.0; 64], [0.0; 64]];
        let mut first = Vec::new();
        Mfcc::<64, 13>::new(0.0).of_clip(&mut clip, |frame| first.push(frame[0]));
        assert!((first[0] + 80.0 * 8.0).abs() < 1e-3 && first[1].abs() < 1e-3);
    }
}
