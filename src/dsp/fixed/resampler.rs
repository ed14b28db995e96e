//! The resampler of integer PCM to 16 kHz, the same bits on every machine.
//!
//! A rational resampler in polyphase form (R. E. Crochiere, L. R. Rabiner,
//! *Multirate Digital Signal Processing*, 1983, section 3.3): each output is
//! one dot product of the samples around its time with the low-pass filter's
//! impulse response, read at the output's offset between two input samples.

use crate::dsp::table::table;
use heapless::Vec;

/// The largest 24-bit sample; the smallest is `-PCM_MAX - 1`.
const PCM_MAX: i64 = (1 << 23) - 1;
/// Number of input samples held: the longest filter and what arrives at once.
const CAPACITY: usize = 1024;
/// Largest number of output samples handed out at once.
const BLOCK: usize = 256;

/// A low-pass filter, made by `build.rs`: `rows` of `taps`, row after row.
///
/// A tap stands for the time `row / rows + taps / 2 - 1 - j` in input samples
/// and is an integer in Q30. The even taps of a row sum to one half, and so
/// do the odd ones. Input at half the rate takes only every second tap: its
/// filter has the same shape in proportion to the lower of the two rates.
struct Prototype {
    taps: &'static [i32],
    row: usize,
}

static FROM_44100: Prototype = Prototype {
    taps: table!("resampler_44100"),
    row: 304,
};
static FROM_48000: Prototype = Prototype {
    taps: table!("resampler_48000"),
    row: 332,
};
static FROM_32000: Prototype = Prototype {
    taps: table!("resampler_32000"),
    row: 224,
};

/// One conversion: `up` outputs for `down` inputs.
#[derive(Clone, Copy)]
struct Conversion {
    up: usize,
    down: usize,
    /// Every `stride`-th tap of a row belongs to one phase; `up` is the
    /// number of rows times `stride`.
    stride: usize,
    prototype: &'static Prototype,
}

impl Conversion {
    fn from(rate: u32) -> Option<Self> {
        let (prototype, stride, down) = match rate {
            8_000 => (&FROM_32000, 2, 1),
            22_050 => (&FROM_44100, 2, 441),
            32_000 => (&FROM_32000, 1, 2),
            44_100 => (&FROM_44100, 1, 441),
            48_000 => (&FROM_48000, 1, 3),
            _ => return None,
        };
        let up = prototype.taps.len() / prototype.row * stride;
        Some(Self {
            up,
            down,
            stride,
            prototype,
        })
    }

    /// Number of samples that one output is made of.
    fn span(&self) -> usize {
        self.prototype.row / self.stride
    }

    /// Output `phase / up` after the middle of `samples`, rounded to nearest
    /// and saturated. No i32 input overflows: the magnitudes of a phase's taps
    /// sum to less than 2^32.
    fn output(&self, phase: usize, samples: &[i32]) -> i32 {
        let rows = self.up / self.stride;
        let Prototype { taps, row } = *self.prototype;
        let row = &taps[phase % rows * row..][..row];
        let sum = if self.stride == 1 {
            dot(row.iter(), samples)
        } else {
            dot(row[1 - phase / rows..].iter().step_by(2), samples)
        };
        let scale = 30 - self.stride.ilog2();
        ((sum + (1 << (scale - 1))) >> scale).clamp(-PCM_MAX - 1, PCM_MAX) as i32
    }
}

fn dot<'a>(taps: impl Iterator<Item = &'a i32>, samples: &[i32]) -> i64 {
    taps.zip(samples)
        .map(|(&tap, &sample)| i64::from(tap) * i64::from(sample))
        .sum()
}

/// A resampler of 24-bit PCM from one of the usual rates to 16 kHz.
///
/// Output `n` is the input at the time `n / 16000`, the filter's delay taken
/// off, and `m` input samples give `ceil(m * 16000 / rate)` outputs. Up to
/// 0.9 of the lower rate's half the response is flat, from that half upwards
/// it is at least 80 dB down, and a constant comes out as it went in.
///
/// ```
/// use undertone::dsp::fixed::Resampler;
///
/// let mut resampler = Resampler::new(48_000).unwrap();
/// let mut count = 0;
/// resampler.push(&[1 << 20; 4800], |samples| count += samples.len());
/// resampler.finish(|samples| count += samples.len());
/// assert_eq!(count, 1600);
/// assert!(Resampler::new(11_025).is_none());
/// ```
#[derive(Clone)]
pub struct Resampler {
    conversion: Conversion,
    samples: Vec<i32, CAPACITY>,
    /// Index in `samples` at which the next output's span begins.
    next: usize,
    /// The next output's time after the middle of its span, in `1 / up` of an
    /// input sample.
    phase: usize,
}

impl Resampler {
    /// Makes a resampler at the start of a stream of `rate` hertz: 8000, 22 050,
    /// 32 000, 44 100 or 48 000. None for any other.
    pub fn new(rate: u32) -> Option<Self> {
        let conversion = Conversion::from(rate)?;
        let mut resampler = Self {
            conversion,
            samples: Vec::new(),
            next: 0,
            phase: 0,
        };
        resampler.reset();
        Some(resampler)
    }

    /// Forgets the stream and starts a new one.
    pub fn reset(&mut self) {
        self.samples.clear();
        self.extend(&[0; CAPACITY][..self.conversion.span() / 2 - 1]);
        (self.next, self.phase) = (0, 0);
    }

    /// Takes the next samples and calls `on_samples` with the outputs they
    /// complete.
    pub fn push(&mut self, mut samples: &[i32], mut on_samples: impl FnMut(&[i32])) {
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(CAPACITY - self.samples.len()));
            self.extend(now);
            samples = later;
            self.convert(&mut on_samples);
            self.drop_used();
        }
    }

    /// Ends the stream: hands out the outputs whose time lies inside it, and
    /// resets.
    pub fn finish(&mut self, on_samples: impl FnMut(&[i32])) {
        self.push(&[0; CAPACITY][..self.conversion.span() / 2], on_samples);
        self.reset();
    }

    /// Computes every output whose span has arrived.
    fn convert(&mut self, on_samples: &mut impl FnMut(&[i32])) {
        let Conversion { up, down, .. } = self.conversion;
        let mut block = Vec::<i32, BLOCK>::new();
        while let Some(span) = self.samples[self.next..].get(..self.conversion.span()) {
            if let Err(output) = block.push(self.conversion.output(self.phase, span)) {
                on_samples(&block);
                block.clear();
                block.extend([output]);
            }
            self.phase += down;
            self.next += self.phase / up;
            self.phase %= up;
        }
        if !block.is_empty() {
            on_samples(&block);
        }
    }

    fn drop_used(&mut self) {
        self.samples.copy_within(self.next.., 0);
        self.samples.truncate(self.samples.len() - self.next);
        self.next = 0;
    }

    fn extend(&mut self, samples: &[i32]) {
        let fits = self.samples.extend_from_slice(samples).is_ok();
        debug_assert!(fits, "callers never offer more than the free space");
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::{db, fft, noise};
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::{PI, TAU};

    const RATES: [u32; 5] = [8_000, 22_050, 32_000, 44_100, 48_000];
    const FULL_SCALE: f64 = 8_388_608.0;

    fn resample(rate: u32, input: &[i32], chunk: usize) -> std::vec::Vec<i32> {
        let mut resampler = Resampler::new(rate).unwrap();
        let mut output = std::vec::Vec::new();
        for part in input.chunks(chunk) {
            resampler.push(part, |samples| output.extend_from_slice(samples));
        }
        resampler.finish(|samples| output.extend_from_slice(samples));
        output
    }

    fn sine(rate: u32, hz: f64, amplitude: f64, len: usize) -> std::vec::Vec<f64> {
        (0..len)
            .map(|n| amplitude * (TAU * hz * n as f64 / f64::from(rate)).sin())
            .collect()
    }

    fn rounded(samples: &[f64]) -> std::vec::Vec<i32> {
        samples.iter().map(|x| x.round() as i32).collect()
    }

    /// The taps of all phases in the order of their times: the filter as it
    /// would stand at `up` times the input rate.
    fn impulse_response(conversion: &Conversion) -> std::vec::Vec<f64> {
        let Conversion {
            up,
            stride,
            prototype,
            ..
        } = *conversion;
        let Prototype { taps, row } = *prototype;
        let rows = up / stride;
        (0..row)
            .rev()
            .flat_map(|j| (0..rows).map(move |r| f64::from(taps[r * row + j])))
            .collect()
    }

    #[test]
    fn stops_by_80_db_and_is_flat_below() {
        println!("{:>6} {:>12} {:>12}", "Hz", "stop dB", "ripple dB");
        for rate in RATES {
            let conversion = Conversion::from(rate).unwrap();
            let mut taps = impulse_response(&conversion);
            let size = (16 * taps.len()).next_power_of_two().max(1 << 16);
            taps.resize(size, 0.0);
            let taps: std::vec::Vec<_> = taps.into_iter().map(|tap| (tap, 0.0)).collect();
            let spectrum = fft(&taps);
            let level = |bin: usize| {
                let of = |k: usize| spectrum[k].0.powi(2) + spectrum[k].1.powi(2);
                db(of(bin) / of(0))
            };
            let bin_hz = f64::from(rate) * conversion.up as f64 / size as f64;
            let nyquist = f64::from(rate.min(16_000)) / 2.0;
            let bins = |low: f64, high: f64| {
                (low / bin_hz).ceil() as usize..=(high / bin_hz).floor() as usize
            };
            let stop = bins(nyquist, bin_hz * (size / 2) as f64)
                .map(level)
                .fold(-999.0, f64::max);
            let ripple = bins(0.0, 0.9 * nyquist)
                .map(|k| level(k).abs())
                .fold(0.0, f64::max);
            println!("{rate:>6} {stop:>12.2} {ripple:>12.5}");
            assert!(stop < -80.0, "{rate} Hz: stop band at {stop} dB");
            assert!(ripple < 0.01, "{rate} Hz: ripple of {ripple} dB");
        }
    }

    #[test]
    fn a_constant_stays_and_counts_are_exact() {
        for rate in RATES {
            for (len, level) in [(1, 5), (999, -77), (5000, 8_388_607), (4410, -8_388_608)] {
                let output = resample(rate, &vec![level; len], 333);
                assert_eq!(
                    output.len(),
                    (len * 16_000).div_ceil(rate as usize),
                    "{rate} Hz"
                );
                let edge = 170 * 16_000 / rate as usize;
                let middle = output
                    .len()
                    .saturating_sub(edge)
                    .max(edge.min(output.len()));
                let inside = &output[edge.min(output.len())..middle];
                assert!(inside.iter().all(|&y| y == level), "{rate} Hz, {level}");
            }
        }
    }

    /// The windowed sinc summed in f64 at each output's time.
    #[test]
    fn agrees_with_the_windowed_sinc() {
        let i0 = |x: f64| {
            let next = |k: i32, term: f64| term * (x / 2.0 / f64::from(k)).powi(2);
            (1..60)
                .fold((1.0, 1.0), |(sum, term), k| {
                    (sum + next(k, term), next(k, term))
                })
                .0
        };
        // The filter is 2 * half input samples long.
        for (rate, half) in [
            (8_000, 56),
            (22_050, 76),
            (32_000, 112),
            (44_100, 152),
            (48_000, 166),
        ] {
            let input: std::vec::Vec<i32> = noise(7)
                .take(1000)
                .map(|x| (x * 4e6).round() as i32)
                .collect();
            let cutoff = 0.95 * f64::from(rate.min(16_000)) / f64::from(rate);
            let tap = |t: f64| {
                let (x, edge) = (PI * cutoff * t, 1.0 - (t / f64::from(half)).powi(2));
                let sinc = if x == 0.0 { 1.0 } else { x.sin() / x };
                if edge <= 0.0 {
                    0.0
                } else {
                    sinc * i0(0.1102 * (86.0 - 8.7) * edge.sqrt())
                }
            };
            let output = resample(rate, &input, 1000);
            for (n, got) in output.iter().enumerate().step_by(7) {
                let time = n as f64 * f64::from(rate) / 16_000.0;
                let taps = (-200..1200).map(|k| (k, tap(time - f64::from(k))));
                let (mut gain, mut sum) = (0.0, 0.0);
                for (k, tap) in taps {
                    gain += tap;
                    sum += tap
                        * usize::try_from(k)
                            .map_or(0.0, |k| f64::from(*input.get(k).unwrap_or(&0)));
                }
                let error = f64::from(*got) - sum / gain;
                // Even and odd taps are scaled apart, a matter of some 1e-6.
                assert!(error.abs() < 16.0, "{rate} Hz, output {n}: off by {error}");
            }
        }
    }

    #[test]
    fn tones_come_out_in_time_and_level() {
        println!("{:>6} {:>8} {:>8}", "Hz", "tone", "SNR dB");
        for rate in RATES {
            for fraction in [0.01, 0.2, 0.5, 0.77, 0.9] {
                let hz = fraction * f64::from(rate.min(16_000)) / 2.0;
                let input = sine(rate, hz, 0.9 * FULL_SCALE, rate as usize / 2);
                let output = resample(rate, &rounded(&input), 1000);
                let ideal = sine(16_000, hz, 0.9 * FULL_SCALE, output.len());
                let edge = 400..output.len() - 400;
                let power =
                    |of: &dyn Fn(usize) -> f64| edge.clone().map(|n| of(n).powi(2)).sum::<f64>();
                let error = power(&|n| f64::from(output[n]) - ideal[n]);
                let snr = db(power(&|n| ideal[n]) / error);
                println!("{rate:>6} {hz:>8.0} {snr:>8.1}");
                assert!(snr > 80.0, "{rate} Hz, {hz} Hz: {snr} dB");
            }
        }
    }

    #[test]
    fn tones_above_half_the_output_rate_vanish() {
        for rate in [22_050, 32_000, 44_100, 48_000] {
            for hz in [8_050.0, 9_000.0, 10_900.0] {
                let input = sine(rate, hz, FULL_SCALE - 1.0, rate as usize / 2);
                let output = resample(rate, &rounded(&input), 1000);
                let loudest = output[400..output.len() - 400]
                    .iter()
                    .map(|y| y.abs())
                    .max();
                assert!(loudest < Some(839), "{rate} Hz, {hz} Hz: {loudest:?}");
            }
        }
    }

    #[test]
    fn an_impulse_rings_evenly_around_its_time() {
        for rate in [8_000, 32_000, 48_000] {
            let mut input = vec![0; 1201];
            input[600] = 8_388_607;
            let output = resample(rate, &input, 77);
            let centre = 600 * 16_000 / rate as usize;
            for n in 1..150 {
                assert_eq!(output[centre - n], output[centre + n], "{rate} Hz, {n}");
            }
            assert_eq!(output.iter().max(), Some(&output[centre]), "{rate} Hz");
        }
    }

    #[test]
    fn overshoot_saturates() {
        for rate in RATES {
            let square = [[8_388_607; 50], [-8_388_608; 50]].repeat(40);
            let input = square.as_flattened();
            let output = resample(rate, input, 4000);
            assert_eq!(output.iter().max(), Some(&8_388_607), "{rate} Hz");
            assert_eq!(output.iter().min(), Some(&-8_388_608), "{rate} Hz");
        }
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same(
            rate in prop::sample::select(RATES.to_vec()),
            input in prop::collection::vec(any::<i32>(), 0..3000),
            chunk in 1_usize..1200,
        ) {
            prop_assert_eq!(resample(rate, &input, chunk), resample(rate, &input, 3000));
        }
    }
}
