//! The functionals of a window, each under its name in `docs/functionals.csv`.

use super::contours::{Contours, select};
use super::statistics::{Moments, Trend, mean, root_mean_square, share};
use std::fmt::Arguments;

/// Rises and falls of the pitch that are counted: the frames that they go over, and
/// how large they are at least, in cells.
const F0_STEPS: [(usize, &[i64]); 2] = [(1, &[1, 2, 4, 8, 16, 31]), (4, &[4, 7, 13, 25])];

/// What is added to variances, in 2^-20 of the square of a step of what varies: the
/// hundredth part of a squared semitone, of a squared tenth of the scale.
mod epsilon {
    pub const F0_LOG: i128 = 377_487;
    pub const F0_LINEAR: i128 = 10_995_116_278;
    pub const VOICING: i128 = 6_818_365;
    pub const LEVEL: i128 = 109_093_847;
}

/// The functionals of a window, in 2^-16 of their units, in the table's order.
#[derive(Default)]
pub(super) struct Functionals {
    pub values: Vec<i64>,
    /// Names in the table, for tests that say which differs.
    #[cfg(test)]
    pub names: Vec<String>,
}

impl Functionals {
    /// Computes all functionals; `exponential` has the frequency of each cell of pitch.
    pub fn of(contours: &Contours, exponential: &[i64]) -> Self {
        let mut all = Self::default();
        all.add_f0(contours, exponential);
        for (frames, steps) in F0_STEPS {
            all.add_f0_deltas(frames, &contours.f0_deltas(frames), steps);
        }
        all.add_f0_trend(contours);
        all.add_voicing(contours);
        all.add_shares(contours);
        all.add_bands(contours);
        all
    }

    #[cfg_attr(not(test), allow(unused_variables, reason = "names are for tests"))]
    pub fn add(&mut self, name: Arguments, value: i64) {
        self.values.push(value);
        #[cfg(test)]
        self.names.push(name.to_string());
    }

    /// Adds the distribution of the pitch, on a logarithmic and a linear scale.
    fn add_f0(&mut self, contours: &Contours, exponential: &[i64]) {
        let log = contours.voiced_f0();
        let linear = log.clone().map(|cell| exponential[cell as usize]);
        let log = Moments::of(log, epsilon::F0_LOG);
        let linear = Moments::of(linear, epsilon::F0_LINEAR);
        for (scale, moments) in [("f0_log", log), ("f0_linear", linear)] {
            self.add(format_args!("{scale}_mean"), moments.mean);
            self.add(format_args!("{scale}_deviation"), moments.deviation);
            self.add(format_args!("{scale}_skewness"), moments.skewness);
            self.add(format_args!("{scale}_kurtosis"), moments.kurtosis);
        }
    }

    /// Adds how the pitch moves: changes over so many frames, and the shares of rises
    /// and of falls that are at least so large.
    fn add_f0_deltas(&mut self, frames: usize, deltas: &[i64], steps: &[i64]) {
        let mean_of = |value: &dyn Fn(i64) -> i64| mean(deltas.iter().map(|&delta| value(delta)));
        let rms = root_mean_square(deltas, epsilon::F0_LOG);
        self.add(
            format_args!("f0_delta{frames}_mean"),
            mean_of(&|delta| delta),
        );
        self.add(format_args!("f0_delta{frames}_rms"), rms);
        self.add(
            format_args!("f0_delta{frames}_mean_abs"),
            mean_of(&i64::abs),
        );
        for &step in steps {
            let rising = mean_of(&|delta| (delta >= step).into());
            let falling = mean_of(&|delta| (delta <= -step).into());
            self.add(format_args!("f0_delta{frames}_rising_{step}"), rising);
            self.add(format_args!("f0_delta{frames}_falling_{step}"), falling);
        }
    }

    /// Adds where the pitch goes over the whole window.
    fn add_f0_trend(&mut self, contours: &Contours) {
        let frames = contours.f0.len();
        let times: Vec<usize> = (0..frames).collect();
        let trend = Trend::of(
            select(&times, &contours.voiced).zip(contours.voiced_f0()),
            frames,
        );
        self.add(format_args!("f0_time_covariance"), trend.covariance);
        self.add(format_args!("f0_slope"), trend.slope);
    }

    /// Adds how clear the pitch is.
    fn add_voicing(&mut self, contours: &Contours) {
        let Contours {
            voicing,
            voiced,
            loud,
            ..
        } = contours;
        let moments = Moments::of(select(voicing, loud), epsilon::VOICING);
        let of_voiced = mean(select(voicing, voiced));
        self.add(format_args!("voicing_mean"), moments.mean);
        self.add(format_args!("voicing_deviation"), moments.deviation);
        self.add(format_args!("voicing_skewness"), moments.skewness);
        self.add(format_args!("voicing_mean_voiced"), of_voiced);
    }

    /// Adds how much of the window is voiced and loud, and how often that changes.
    fn add_shares(&mut self, contours: &Contours) {
        let Contours { voiced, loud, .. } = contours;
        let of_loud = mean(select(voiced, loud).map(i64::from));
        self.add(format_args!("voiced_of_loud"), of_loud);
        self.add(format_args!("voiced_share"), marked_share(voiced));
        self.add(format_args!("loud_share"), marked_share(loud));
        self.add(format_args!("voiced_changes"), changing_share(voiced));
        self.add(format_args!("loud_changes"), changing_share(loud));
    }

    /// Adds the spectrum's mean and how far it varies, over four bands at a time.
    fn add_bands(&mut self, contours: &Contours) {
        let bands = contours.bands.iter();
        let moments = bands.map(|band| Moments::of(select(band, &contours.loud), epsilon::LEVEL));
        let moments: Vec<Moments> = moments.collect();
        for (band, moments) in moments.iter().enumerate() {
            self.add(format_args!("band{band:02}_mean"), moments.mean);
        }
        for (band, moments) in moments.iter().enumerate() {
            self.add(format_args!("band{band:02}_deviation"), moments.deviation);
        }
    }
}

/// Returns the share of frames that are marked.
fn marked_share(marked: &[bool]) -> i64 {
    let count = marked.iter().filter(|&&marked| marked).count();
    share(count, marked.len())
}

/// Returns the share of frames, but the first, that differ from the one before.
fn changing_share(marked: &[bool]) -> i64 {
    let changes = marked.windows(2).filter(|pair| pair[0] != pair[1]);
    share(changes.count(), marked.len() - 1)
}
