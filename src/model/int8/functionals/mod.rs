//! A linear judge of a window's statistics, in integers: pitch, how it moves, how
//! steadily a voice sounds, how loud the parts of the spectrum are.
//! `docs/quantization.md` defines every number here.

/// Entries of the table of `2^(x / 72)`, one a cell of pitch.
const TABLE: usize = 256;
/// What an entry of the table may be.
const LARGEST: i16 = 1 << 14;
/// Steps of which no sum overflows.
const MOST_STEPS: usize = 512;
/// Bands that are taken together.
const GROUP: usize = 4;
/// A frame is loud when its loudest cell is at least this, 35 dB below the window's.
const LOUD: u8 = 144;
/// A loud frame is voiced when the strength of its pitch is at least this.
const VOICED: u8 = 128;
/// Least rises and falls that are counted, in cells of pitch, from a frame to the next.
const STEPS: [i64; 6] = [1, 2, 4, 8, 16, 31];
/// Frames apart, for slower movements.
const STRIDE: usize = 4;
/// Least rises and falls over these.
const STRIDES: [i64; 4] = [4, 7, 13, 25];
/// Frames that a mean is over at least.
const FEWEST: i64 = 4;
/// Statistics beside those of groups of bands.
const OF_VOICES: usize = 45;

/// What is added to variances, 2^-20 of the square of a step of what varies: the
/// hundredth part of a squared semitone, of a squared tenth of the scale.
mod least {
    pub const HEIGHT: i128 = 377_487;
    pub const FREQUENCY: i128 = 10_995_116_278;
    pub const STRENGTH: i128 = 6_818_365;
    pub const LEVEL: i128 = 109_093_847;
}

/// The judge's constants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Judge {
    exponential: Vec<i64>,
    /// A row of statistics for each label.
    weights: Vec<i64>,
    labels: usize,
    bands: usize,
}

impl Judge {
    /// Checks the constants; says what does not fit. `weights` has a row for each
    /// of the labels.
    pub fn new(exponential: &[i16], weights: &[i32], labels: usize) -> Result<Self, &'static str> {
        if exponential.len() != TABLE {
            return Err("the judge's table must have 256 entries");
        }
        if !exponential
            .iter()
            .all(|value| (0..=LARGEST).contains(value))
        {
            return Err("the judge's table must lie in 0 to 16384");
        }
        let columns = weights.len() / labels.max(1);
        let bands = columns.saturating_sub(OF_VOICES) / 2 * GROUP;
        if bands == 0 || weights.len() != labels * (OF_VOICES + bands / GROUP * 2) {
            return Err("the judge's weights must have 45 columns and two for four bands");
        }
        // Statistics have 32 bits.
        let reach = |row: &[i32]| row.iter().map(|w| u64::from(w.unsigned_abs())).sum::<u64>();
        if weights
            .chunks_exact(columns)
            .any(|row| reach(row) >= 1 << 31)
        {
            return Err("the judge's weights must add up to less than 2^31 for each label");
        }
        Ok(Self {
            exponential: exponential.iter().map(|&value| value.into()).collect(),
            weights: weights.iter().map(|&weight| weight.into()).collect(),
            labels,
            bands,
        })
    }

    /// Labels that it knows.
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// Whether it can take so many steps of so many cells.
    pub fn takes(&self, steps: usize, width: usize) -> bool {
        (2..=MOST_STEPS).contains(&steps) && width == self.bands + 2
    }

    /// A number for each label, of a window of cells less 128, frame after frame.
    pub fn run(&self, window: &[i8]) -> Vec<i32> {
        let statistics = self.statistics(&Window::new(window, self.bands));
        self.weights
            .chunks_exact(statistics.len())
            .map(|row| {
                let terms = row.iter().zip(&statistics);
                let sum: i64 = terms.map(|(weight, value)| weight * value).sum();
                ((sum + (1 << 23)) >> 24).clamp(i32::MIN.into(), i32::MAX.into()) as i32
            })
            .collect()
    }

    /// Statistics of a window, in 2^-16 of their units.
    fn statistics(&self, window: &Window) -> Vec<i64> {
        let Window {
            height,
            strength,
            voiced,
            loud,
            groups,
        } = window;
        let pitches = || kept(height, voiced);
        let frequencies = pitches().map(|pitch| self.exponential[pitch as usize]);
        let mut found = Vec::with_capacity(OF_VOICES + 2 * groups.len());
        found.extend(Moments::of(pitches(), least::HEIGHT).all());
        found.extend(Moments::of(frequencies, least::FREQUENCY).all());
        found.extend(movement(window, 1, &STEPS));
        found.extend(movement(window, STRIDE, &STRIDES));
        found.extend(trend(window));
        let steadiness = Moments::of(kept(strength, loud), least::STRENGTH);
        found.extend(&steadiness.all()[..3]);
        found.push(mean(kept(strength, voiced)));
        found.push(mean(kept(voiced, loud).map(i64::from)));
        for marked in [voiced, loud] {
            found.push(share(count(marked), marked.len()));
        }
        for marked in [voiced, loud] {
            let changes = marked.windows(2).filter(|pair| pair[0] != pair[1]);
            found.push(share(changes.count(), marked.len() - 1));
        }
        let bands = groups
            .iter()
            .map(|group| Moments::of(kept(group, loud), least::LEVEL));
        let (means, deviations): (Vec<_>, Vec<_>) = bands
            .map(|moments| (moments.mean, moments.deviation))
            .unzip();
        found.extend(means);
        found.extend(deviations);
        found
    }
}

/// A window taken apart.
struct Window {
    height: Vec<i64>,
    strength: Vec<i64>,
    voiced: Vec<bool>,
    loud: Vec<bool>,
    /// Sums of neighbouring bands, a row a group.
    groups: Vec<Vec<i64>>,
}

impl Window {
    fn new(window: &[i8], bands: usize) -> Self {
        let frames = || window.chunks_exact(bands + 2);
        let cell = |&cell: &i8| cell.cast_unsigned() ^ 128;
        let column = |at: usize| frames().map(move |frame| cell(&frame[at]));
        let loud: Vec<bool> = frames()
            .map(|frame| frame[..bands].iter().map(cell).max() >= Some(LOUD))
            .collect();
        let strengths = column(bands + 1);
        let sum = |cells: &[i8]| cells.iter().map(|c| i64::from(cell(c))).sum();
        Self {
            height: column(bands).map(i64::from).collect(),
            strength: strengths.clone().map(i64::from).collect(),
            voiced: strengths
                .zip(&loud)
                .map(|(strength, &loud)| loud && strength >= VOICED)
                .collect(),
            groups: (0..bands)
                .step_by(GROUP)
                .map(|band| {
                    frames()
                        .map(|frame| sum(&frame[band..band + GROUP]))
                        .collect()
                })
                .collect(),
            loud,
        }
    }
}

/// The values of the frames that are marked.
fn kept<'a, T: Copy>(values: &'a [T], marked: &'a [bool]) -> impl Iterator<Item = T> + Clone + 'a {
    let pairs = values.iter().zip(marked);
    pairs.filter_map(|(&value, &marked)| marked.then_some(value))
}

fn count(marked: &[bool]) -> usize {
    marked.iter().filter(|&&marked| marked).count()
}

/// A share in 2^-16.
fn share(part: usize, whole: usize) -> i64 {
    ((part << 16) / whole) as i64
}

/// The mean in 2^-16, over four values at least.
fn mean(values: impl Iterator<Item = i64> + Clone) -> i64 {
    let divisor = (values.clone().count() as i64).max(FEWEST);
    (values.sum::<i64>() << 16).div_euclid(divisor)
}

/// The square root, in 2^-16, of a variance in 2^-20.
fn root(variance: i128) -> i64 {
    ((variance << 12) as u128).isqrt() as i64
}

/// Moments of values, in 2^-16.
struct Moments {
    mean: i64,
    deviation: i64,
    skewness: i64,
    kurtosis: i64,
}

impl Moments {
    /// Of values to which their variance's least is added.
    fn of(values: impl Iterator<Item = i64> + Clone, least: i128) -> Self {
        let divisor = (values.clone().count() as i64).max(FEWEST);
        let sum: i64 = values.clone().sum();
        let [mut square, mut cube, mut fourth] = [0_i128; 3];
        for value in values {
            // The distance from the mean, so many times.
            let apart = i128::from(divisor * value - sum);
            square += apart * apart;
            cube += apart * apart * apart;
            fourth += apart * apart * apart * apart;
        }
        let per = |sum: i128, power: u32| (sum << 20).div_euclid(i128::from(divisor).pow(power));
        let variance = per(square, 3) + least;
        let deviation = root(variance);
        let skewness = (per(cube, 4) << 32).div_euclid(variance * i128::from(deviation));
        let kurtosis = (per(fourth, 5) << 36).div_euclid(variance * variance);
        Self {
            mean: (sum << 16).div_euclid(divisor),
            deviation,
            skewness: skewness as i64,
            kurtosis: kurtosis as i64,
        }
    }

    fn all(&self) -> [i64; 4] {
        [self.mean, self.deviation, self.skewness, self.kurtosis]
    }
}

/// How the pitch moves between voiced frames so far apart: its mean, the root of the
/// mean square, the mean size, and the shares of rises and of falls by at least
/// each of the steps.
fn movement(window: &Window, stride: usize, steps: &[i64]) -> Vec<i64> {
    let Window { height, voiced, .. } = window;
    let rises: Vec<i64> = (stride..height.len())
        .filter(|&frame| voiced[frame] && voiced[frame - stride])
        .map(|frame| height[frame] - height[frame - stride])
        .collect();
    let of = |value: &dyn Fn(i64) -> i64| mean(rises.iter().map(|&rise| value(rise)));
    let squares: i64 = rises.iter().map(|rise| rise * rise).sum();
    let divisor = (rises.len() as i64).max(FEWEST);
    let square = i128::from((squares << 20).div_euclid(divisor));
    let mut found = vec![
        of(&|rise| rise),
        root(square + least::HEIGHT),
        of(&i64::abs),
    ];
    for &step in steps {
        found.push(of(&|rise| (rise >= step).into()));
        found.push(of(&|rise| (rise <= -step).into()));
    }
    found
}

/// The covariance of pitch with time, and the slope in deviations of time; time
/// in halves of a frame.
fn trend(window: &Window) -> [i64; 2] {
    let Window { height, voiced, .. } = window;
    let last = height.len() as i64 - 1;
    let times: Vec<i64> = (0..=last).map(|frame| 2 * frame - last).collect();
    let voices = || kept(&times, voiced).zip(kept(height, voiced));
    let divisor = (count(voiced) as i64).max(FEWEST);
    let late: i64 = voices().map(|(time, _)| time).sum();
    let high: i64 = voices().map(|(_, height)| height).sum();
    let [mut both, mut square] = [0_i128; 2];
    for (time, height) in voices() {
        let [time, height] = [divisor * time - late, divisor * height - high].map(i128::from);
        both += time * height;
        square += time * time;
    }
    let cubed = i128::from(divisor).pow(3);
    let covariance = (both << 16).div_euclid(cubed);
    // The 10000th part of the squared half of the window.
    let least = ((i128::from(last * last) << 20) + 5000) / 10_000;
    let deviation = root((square << 20).div_euclid(cubed) + least);
    let slope = (covariance << 16).div_euclid(deviation.into());
    [covariance as i64, slope as i64]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<i16> {
        let entry = |cell: i32| (1024.0 * libm::exp2(f64::from(cell) / 72.0)).round() as i16;
        (0..256).map(entry).collect()
    }

    const BANDS: usize = 8;
    const COLUMNS: usize = OF_VOICES + 2 * BANDS / GROUP;

    /// A judge with a label for each statistic, which says so much of it.
    fn mirror() -> Judge {
        let mut weights = vec![0; COLUMNS * COLUMNS];
        for place in (0..COLUMNS * COLUMNS).step_by(COLUMNS + 1) {
            weights[place] = 1 << 24;
        }
        Judge::new(&table(), &weights, COLUMNS).unwrap()
    }

    fn window(frame: impl Fn(usize) -> [u8; BANDS + 2], frames: usize) -> Vec<i8> {
        (0..frames)
            .flat_map(frame)
            .map(|cell| (cell ^ 128).cast_signed())
            .collect()
    }

    #[test]
    fn a_voice_that_rises_evenly() {
        // Two cells a frame, in the window's middle half.
        let judge = mirror();
        let frame = |t: usize| {
            let level = if (10..30).contains(&t) { 200 } else { 0 };
            let mut frame = [level; BANDS + 2];
            frame[BANDS] = 40 + 2 * t as u8;
            frame[BANDS + 1] = 200;
            frame
        };
        let found = judge.run(&window(frame, 40));
        let near = |place: usize, known: f64| {
            let value = f64::from(found[place]) / 65536.0;
            assert!(
                (value - known).abs() < 1e-3 * known.abs().max(1.0),
                "{place}: {value}"
            );
        };
        // Twenty pitches from 60 to 98, two apart.
        near(0, 79.0);
        near(1, (133.0_f64 + 0.36).sqrt());
        near(2, 0.0);
        near(8, 2.0);
        near(9, (4.0_f64 + 0.36).sqrt());
        near(10, 2.0);
        // All rise by at least one and two, none by four; none falls.
        for (place, share) in (11..23).zip([1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]) {
            near(place, f64::from(share));
        }
        // Eight cells over four frames: at least four and seven, not thirteen.
        for (place, share) in (26..34).zip([1, 0, 1, 0, 0, 0, 0, 0]) {
            near(place, f64::from(share));
        }
        // Of heights with halves of frames: as far as one of them is, for both rise evenly.
        near(34, 133.0);
        near(35, 133.0_f64.sqrt() * (133.0_f64 / (133.0 + 0.15)).sqrt());
        near(36, 200.0);
        near(39, 200.0);
        near(40, 1.0);
        near(41, 0.5);
        near(43, 2.0 / 39.0);
        near(45, 800.0);
        near(47, 104.04_f64.sqrt());
    }

    #[test]
    fn nothing_is_no_division_by_nothing() {
        for value in [0, 127, 255] {
            for frames in [2, 188, MOST_STEPS] {
                mirror().run(&window(|_| [value; BANDS + 2], frames));
            }
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        let largest = vec![LARGEST; TABLE];
        let mut weights = vec![0; COLUMNS];
        weights[3] = i32::MAX;
        let judge = Judge::new(&largest, &weights, 1).unwrap();
        for apart in [1, 2, 3, MOST_STEPS / 2, MOST_STEPS - 1] {
            let frame = |t: usize| {
                let mut frame = [255; BANDS + 2];
                frame[BANDS] = if t < apart { 0 } else { 255 };
                frame
            };
            judge.run(&window(frame, MOST_STEPS));
            let mut table = table();
            table[255] = LARGEST;
            table[0] = 0;
            let steep = Judge::new(&table, &weights, 1).unwrap();
            steep.run(&window(frame, MOST_STEPS));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let weights = [1; COLUMNS];
        let refused = |table: &[i16], weights: &[i32]| Judge::new(table, weights, 1).is_err();
        assert!(!refused(&table(), &weights));
        assert!(refused(&table()[1..], &weights));
        assert!(refused(&[-1; TABLE], &weights));
        assert!(refused(&[LARGEST + 1; TABLE], &weights));
        assert!(refused(&table(), &weights[1..]));
        assert!(refused(&table(), &weights[..OF_VOICES]));
        assert!(refused(&table(), &[i32::MIN; COLUMNS]));
        assert!(Judge::new(&table(), &[], 0).is_err());
        let judge = mirror();
        assert!(judge.takes(2, BANDS + 2) && judge.takes(MOST_STEPS, BANDS + 2));
        assert!(!judge.takes(1, BANDS + 2) && !judge.takes(MOST_STEPS + 1, BANDS + 2));
        assert!(!judge.takes(188, BANDS));
    }
}
