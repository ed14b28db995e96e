//! Times the float transforms beside each other, for `scripts/bench fft`.
//!
//!     fft                            prints a table of times and errors
//!     fft TRANSFORM POINTS COUNT     transforms so often, for counting instructions
//!
//! In every round each transform is made in a batch, in an order drawn anew,
//! after a batch that does not count.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;
use undertone::dsp::float::{Real, RealFft, Stockham};

const ROUNDS: usize = 400;
/// Transforms that are timed at once.
const BATCH: u32 = 32;
const NAMES: [&str; 3] = ["ours, f32", "ours, f64", "microfft, f32"];

/// One of the transforms that are compared.
trait Contender {
    /// Transforms the values.
    fn transform(&mut self, values: &[f32]);
    /// Returns the bins `0..=N/2` of the values.
    fn bins(&mut self, values: &[f32]) -> Vec<[f64; 2]>;
}

impl<T: Real + Into<f64>, const N: usize> Contender for Stockham<T, N> {
    fn transform(&mut self, values: &[f32]) {
        black_box(self.forward(pairs(values)).dc);
    }

    fn bins(&mut self, values: &[f32]) -> Vec<[f64; 2]> {
        let spectrum = self.forward(pairs(values));
        let mut bins = vec![[spectrum.dc.into(), 0.0]];
        bins.extend(spectrum.between.map(|bin| bin.map(T::into)));
        bins.push([spectrum.nyquist.into(), 0.0]);
        bins
    }
}

fn pairs<T: Real>(values: &[f32]) -> impl ExactSizeIterator<Item = [T; 2]> {
    let pairs = values.as_chunks::<2>().0.iter();
    pairs.map(|pair| pair.map(T::from))
}

/// A transform of `microfft`, in place.
struct Microfft<const N: usize> {
    transform: fn(&mut [f32; N]),
    buffer: [f32; N],
}

impl<const N: usize> Contender for Microfft<N> {
    fn transform(&mut self, values: &[f32]) {
        self.buffer.copy_from_slice(values);
        (self.transform)(&mut self.buffer);
        black_box(&self.buffer);
    }

    fn bins(&mut self, values: &[f32]) -> Vec<[f64; 2]> {
        self.transform(values);
        let bins = self.buffer.as_chunks().0.iter();
        let mut bins: Vec<_> = bins.map(|bin: &[f32; 2]| bin.map(f64::from)).collect();
        bins.push([bins[0][1], 0.0]);
        bins[0][1] = 0.0;
        bins
    }
}

/// The transforms of `N` values, in the order of [`NAMES`].
fn of_size<const N: usize>(transform: fn(&mut [f32; N])) -> [Box<dyn Contender>; 3] {
    let buffer = [0.0; N];
    [
        Box::new(Stockham::<f32, N>::new()),
        Box::new(Stockham::<f64, N>::new()),
        Box::new(Microfft { transform, buffer }),
    ]
}

fn contenders(points: usize) -> Option<[Box<dyn Contender>; 3]> {
    use microfft::real::{rfft_512, rfft_1024, rfft_2048, rfft_4096};
    match points {
        512 => Some(of_size::<512>(|x| _ = rfft_512(x))),
        1024 => Some(of_size::<1024>(|x| _ = rfft_1024(x))),
        2048 => Some(of_size::<2048>(|x| _ = rfft_2048(x))),
        4096 => Some(of_size::<4096>(|x| _ = rfft_4096(x))),
        _ => None,
    }
}

/// A linear congruential generator.
struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }

    /// Noise in ±1.
    fn noise(&mut self, length: usize) -> Vec<f32> {
        let sample = |_| self.next() as f32 / 8_388_608.0 - 1.0;
        (0..length).map(sample).collect()
    }

    fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.next() as usize % (last + 1));
        }
    }
}

/// The greatest error of the bins against the definition in f64, relative to
/// the greatest bin.
fn error(got: &[[f64; 2]], values: &[f32]) -> f64 {
    let n = values.len();
    let roots: Vec<_> = (0..n)
        .map(|k| (-std::f64::consts::TAU * k as f64 / n as f64).sin_cos())
        .collect();
    let (mut error, mut greatest) = (0.0_f64, 0.0_f64);
    for (k, [re, im]) in got.iter().enumerate() {
        let mut want = [0.0; 2];
        for (t, &x) in values.iter().enumerate() {
            let (sin, cos) = roots[k * t % n];
            want[0] += f64::from(x) * cos;
            want[1] += f64::from(x) * sin;
        }
        error = error.max((re - want[0]).hypot(im - want[1]));
        greatest = greatest.max(want[0].hypot(want[1]));
    }
    error / greatest
}

/// Nanoseconds a transform of each contender, round by round.
fn times(contenders: &mut [Box<dyn Contender>; 3], values: &[f32]) -> [Vec<f64>; 3] {
    let (mut times, mut order, mut random) = ([const { Vec::new() }; 3], [0, 1, 2], Random(1));
    for _ in 0..ROUNDS {
        random.shuffle(&mut order);
        for contender in order {
            let mut batch = || {
                let start = Instant::now();
                for _ in 0..BATCH {
                    contenders[contender].transform(black_box(values));
                }
                start.elapsed().as_nanos() as f64 / f64::from(BATCH)
            };
            batch();
            times[contender].push(batch());
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times
    })
}

fn print_table(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "| points | transform | least, ns | median, ns | ÷ ours, f32 | error |"
    )?;
    writeln!(out, "|---:|---|---:|---:|---:|---:|")?;
    for points in [512, 1024, 2048, 4096] {
        let Some(mut contenders) = contenders(points) else {
            continue;
        };
        let values = Random(points as u32).noise(points);
        let times = times(&mut contenders, &values);
        let ours = times[0][ROUNDS / 2];
        for ((name, contender), times) in NAMES.iter().zip(&mut contenders).zip(&times) {
            let (least, median) = (times[0], times[ROUNDS / 2]);
            let (ratio, error) = (median / ours, error(&contender.bins(&values), &values));
            writeln!(
                out,
                "| {points} | {name} | {least:.0} | {median:.0} | {ratio:.1} | {error:.1e} |"
            )?;
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|x| x != "--bench")
        .collect();
    let [name, points, count] = arguments.as_slice() else {
        return print_table(&mut io::stdout());
    };
    let number = |text: &str| text.parse().map_err(io::Error::other);
    let (points, count) = (number(points)?, number(count)?);
    let contender = NAMES
        .iter()
        .position(|other| other.starts_with(name.as_str()));
    let (Some(contender), Some(mut contenders)) = (contender, contenders(points)) else {
        return Err(io::Error::other("no such transform"));
    };
    let values = Random(1).noise(points);
    for _ in 0..count {
        contenders[contender].transform(black_box(&values));
    }
    Ok(())
}
