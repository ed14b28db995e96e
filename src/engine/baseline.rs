//! The baseline of a voice: what the network usually says of it, against which
//! each window is judged.
//!
//! A network that knows voices has two rows for each label: `absolute`, what it says
//! of a window by itself, and `relative`, what it says of it beside others of the same
//! voice. Of the second, the mean over the voice's speech so far is taken away. As the
//! network's last layer is linear, that is the same as taking the voice's mean away
//! from everything in front of that layer (speaker normalisation: Busso et al.,
//! "Iterative feature normalization scheme for automatic emotion detection from
//! speech", 2013), and needs one number a label in place of hundreds.

use crate::model::BaselineRule;

/// One, as a share of a judgement.
const ONE: i64 = 1 << 16;

/// Returns the seconds of so many frames.
pub(crate) fn seconds(frames: u32) -> f64 {
    const FRAMES_A_SECOND: f64 = crate::SAMPLE_RATE as f64 / super::BLOCK as f64;
    f64::from(frames) / FRAMES_A_SECOND
}

/// Sums of relative logits over a voice's speech. No speech can be had back from
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Sum of each label's relative logits, a loud frame counting as one.
    sums: Vec<i64>,
    /// Loud frames that the sums are of.
    frames: u32,
}

impl Baseline {
    /// A baseline of a voice that was never heard.
    pub fn new(labels: usize) -> Self {
        Self {
            sums: vec![0; labels],
            frames: 0,
        }
    }

    /// The baseline with these sums of relative logits, one a label, over so many loud
    /// frames; `None` if the sums are larger than so many frames can make them.
    pub fn from_sums(sums: Vec<i64>, frames: u32) -> Option<Self> {
        let most = u64::from(frames) << 31;
        let possible = sums.iter().all(|sum| sum.unsigned_abs() <= most);
        possible.then_some(Self { sums, frames })
    }

    /// Returns the sum of each label's relative logits over the loud frames.
    pub fn sums(&self) -> &[i64] {
        &self.sums
    }

    /// Returns the mean relative logit of each label, rounded; zeros where nothing was
    /// heard.
    fn means(&self) -> Vec<i32> {
        let frames = i64::from(self.frames.max(1));
        let mean = |&sum: &i64| (sum + frames / 2).div_euclid(frames) as i32;
        self.sums.iter().map(mean).collect()
    }

    /// Returns the loud frames that it rests on.
    pub fn frames(&self) -> u32 {
        self.frames
    }

    /// Returns the seconds of speech that it rests on.
    pub fn seconds(&self) -> f64 {
        seconds(self.frames)
    }

    /// Adds the speech of another baseline of the same voice.
    pub fn add(&mut self, other: &Self, rule: &BaselineRule) {
        for (sum, more) in self.sums.iter_mut().zip(&other.sums) {
            *sum += more;
        }
        self.frames += other.frames;
        self.fade(rule.memory);
    }

    /// Returns its weight in a judgement, in [`ONE`]s: half of the largest at the rule's
    /// prior.
    fn share(&self, rule: &BaselineRule) -> i64 {
        let frames = i64::from(self.frames);
        let most = (f64::from(rule.share) * ONE as f64).round() as i64;
        most * frames / (frames + i64::from(rule.prior))
    }

    /// Returns the same between 0 and 1.
    pub(super) fn weight(&self, rule: &BaselineRule) -> f32 {
        self.share(rule) as f32 / ONE as f32
    }

    /// Judges a network's rows, absolute ones and behind them relative ones; returns a
    /// logit a label.
    pub(super) fn judge(&self, rows: &[i32], rule: &BaselineRule) -> Vec<i32> {
        let share = self.share(rule);
        let (absolute, relative) = rows.split_at(self.sums.len());
        let beside = relative.iter().zip(self.means()).zip(&rule.offset);
        absolute
            .iter()
            .zip(beside)
            .map(|(&alone, ((&relative, mean), &offset))| {
                let beside = i64::from(relative) - i64::from(mean) + i64::from(offset);
                let sum = (ONE - share) * i64::from(alone) + share * beside;
                ((sum + ONE / 2) >> 16) as i32
            })
            .collect()
    }

    /// Learns a window's relative rows, of which so many loud frames are new. What was
    /// learned long ago fades, so that a voice may change.
    pub(super) fn learn(&mut self, relative: &[i32], loud: u32, rule: &BaselineRule) {
        for (sum, &logit) in self.sums.iter_mut().zip(relative) {
            *sum += i64::from(logit) * i64::from(loud);
        }
        self.frames += loud;
        self.fade(rule.memory);
    }

    /// Scales it down to so many frames if it rests on more.
    fn fade(&mut self, memory: u32) {
        if self.frames > memory {
            let frames = i128::from(self.frames);
            for sum in &mut self.sums {
                *sum = (i128::from(*sum) * i128::from(memory)).div_euclid(frames) as i64;
            }
            self.frames = memory;
        }
    }
}

/// The use of a baseline in a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BaselineMode {
    /// Every window is judged by itself.
    #[default]
    None,
    /// A baseline that goes on learning: each window is judged against those before
    /// it.
    Running(Baseline),
    /// A baseline that stays as it was enrolled.
    Enrolled(Baseline),
}

impl BaselineMode {
    /// Returns the baseline, if one is used.
    pub fn baseline(&self) -> Option<&Baseline> {
        match self {
            Self::None => None,
            Self::Running(baseline) | Self::Enrolled(baseline) => Some(baseline),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> BaselineRule {
        BaselineRule {
            prior: 200,
            share: 0.75,
            memory: 1000,
            offset: vec![0, 40],
        }
    }

    #[test]
    fn a_voice_that_was_never_heard_is_judged_by_itself() {
        let baseline = Baseline::new(2);
        assert_eq!(baseline.judge(&[100, -7, 9999, -9999], &rule()), [100, -7]);
        assert_eq!(baseline.frames(), 0);
    }

    #[test]
    fn judgements_follow_the_formula() {
        let (rows, rule) = ([900, -300, 500, 120], rule());
        for frames in [1, 50, 200, 900] {
            let mut baseline = Baseline::new(2);
            baseline.learn(&[300, -80], frames, &rule);
            let share = 0.75 * f64::from(frames) / (f64::from(frames) + 200.0);
            let found = baseline.judge(&rows, &rule);
            for label in 0..2 {
                let mean = [300.0, -80.0][label];
                let beside = f64::from(rows[2 + label]) - mean + f64::from(rule.offset[label]);
                let want = (1.0 - share) * f64::from(rows[label]) + share * beside;
                assert!((f64::from(found[label]) - want).abs() < 1.0, "{frames}");
            }
        }
    }

    #[test]
    fn what_was_learned_long_ago_fades() {
        let rule = rule();
        let mut baseline = Baseline::new(2);
        baseline.learn(&[1000, -1000], 1000, &rule);
        for _ in 0..10 {
            baseline.learn(&[0, 0], 500, &rule);
        }
        assert_eq!(baseline.frames(), rule.memory);
        assert!(baseline.means()[0] < 30, "{:?}", baseline.means());
    }

    #[test]
    fn sums_bring_a_baseline_back() {
        let rule = rule();
        let mut baseline = Baseline::new(2);
        for (relative, loud) in [
            ([17, -3], 11),
            ([-200, 91], 47),
            ([i32::MIN, i32::MAX], 188),
        ] {
            baseline.learn(&relative, loud, &rule);
        }
        let stored = Baseline::from_sums(baseline.sums().to_vec(), baseline.frames());
        assert_eq!(stored, Some(baseline));
        assert_eq!(Baseline::from_sums(vec![1, i64::MIN], 188), None);
        assert_eq!(Baseline::from_sums(vec![1, 0], 0), None);
    }
}
