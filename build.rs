//! Makes the integer tables of `dsp`.
//!
//! The formulas are evaluated in f64 with functions from `libm`, which are
//! the same code on every build machine, so the tables are the same too.

use std::f64::consts::{PI, TAU};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[path = "src/dsp/mel_scale.rs"]
mod mel_scale;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/dsp/mel_scale.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    resampler(&out)?;
    fixed(&out)
}

/// Writes a table as little-endian words, which `dsp::table` reads.
fn write(out: &Path, name: &str, table: &[i32]) -> io::Result<()> {
    let bytes: Vec<u8> = table.iter().flat_map(|word| word.to_le_bytes()).collect();
    fs::write(out.join(name), bytes)
}

/// The prototypes of `dsp::fixed::resampler`: its `Prototype` documents the layout.
fn resampler(out: &Path) -> io::Result<()> {
    write(out, "resampler_44100", &prototype(44_100, 160, 152))?;
    write(out, "resampler_48000", &prototype(48_000, 1, 166))?;
    write(out, "resampler_32000", &prototype(32_000, 1, 112))
}

/// A Kaiser-windowed sinc for input at `rate` hertz, `rows` phases of
/// `2 * half` taps.
///
/// It passes up to 7.2 kHz and stops from 8 kHz. β and the length are those
/// of J. F. Kaiser's formulas for 86 dB ("Nonrecursive digital filter design
/// using the I0-sinh window function", 1974).
fn prototype(rate: u32, rows: usize, half: usize) -> Vec<i32> {
    const ATTENUATION: f64 = 86.0;
    const CUTOFF_HZ: f64 = 7600.0;
    let beta = 0.1102 * (ATTENUATION - 8.7);
    let cutoff = 2.0 * CUTOFF_HZ / f64::from(rate);
    let tap = |row: usize, j: usize| {
        let t = row as f64 / rows as f64 + (half - 1) as f64 - j as f64;
        let edge = t / half as f64;
        // The window's end exists on one side only: without it, all is even.
        if edge <= -1.0 {
            return 0.0;
        }
        sinc(cutoff * t) * bessel_i0(beta * libm::sqrt(1.0 - edge * edge))
    };
    (0..rows)
        .flat_map(|row| unit_gain(&(0..2 * half).map(|j| tap(row, j)).collect::<Vec<_>>()))
        .collect()
}

/// Scales a row to Q30 so that its even and its odd taps each sum to exactly
/// one half.
fn unit_gain(row: &[f64]) -> Vec<i32> {
    let mut taps = vec![0; row.len()];
    for parity in 0..2 {
        let members = || (parity..row.len()).step_by(2);
        let sum: f64 = members().map(|j| row[j]).sum();
        let mut rest = 1 << 29;
        let mut largest = parity;
        for j in members() {
            taps[j] = libm::round(row[j] / sum * f64::from(1 << 29)) as i32;
            rest -= taps[j];
            largest = if taps[j] > taps[largest] { j } else { largest };
        }
        taps[largest] += rest;
    }
    taps
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        libm::sin(PI * x) / (PI * x)
    }
}

/// The modified Bessel function of the first kind and order 0, by its series.
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
        k += 1.0;
    }
    sum
}

/// The tables of `dsp::fixed`.
fn fixed(out: &Path) -> io::Result<()> {
    for size in [256, 512, 1024, 2048, 4096] {
        write(out, &format!("roots_{size}"), &roots(size))?;
        write(out, &format!("twiddles_{size}"), &twiddles(size / 2))?;
        write(
            out,
            &format!("bit_reversal_{size}"),
            &bit_reversal(size / 2),
        )?;
    }
    for size in [512, 1024] {
        let (bands, weights) = network_bank(size);
        write(out, &format!("bands_{size}"), &bands)?;
        write(out, &format!("weights_{size}"), &weights)?;
    }
    write(out, "pitch_axis", &pitch_axis())?;
    write(out, "log2", &log2())?;
    write(out, "cosines", &cosines())
}

/// The fixed-point number nearest to `x` with so many fraction bits.
fn q(bits: u32, x: f64) -> i32 {
    libm::round(x * f64::from(1 << bits)) as i32
}

/// The roots of one `exp(-2πik / size)` for `k` of 0 to `size / 2`: real parts,
/// then imaginary ones, in Q30.
fn roots(size: usize) -> Vec<i32> {
    powers_of_root(size, 1, size / 2 + 1)
}

/// The twiddles of a transform's radix-4 stages, one stage after another: to join
/// transforms of `done` points, `exp(-2πi jr / 4done)` for `j < done` and `r` of
/// 1 to 3.
fn twiddles(points: usize) -> Vec<i32> {
    let first = 1 + usize::from(!points.ilog2().is_multiple_of(2));
    let stages = std::iter::successors(Some(first), |done| Some(4 * done));
    stages
        .take_while(|done| 4 * done <= points)
        .flat_map(|done| (1..=3).flat_map(move |r| powers_of_root(4 * done, r, done)))
        .collect()
}

/// The swaps that put so many values into bit-reversed order: a pair of indices
/// in the halves of each word, the first in the upper one.
fn bit_reversal(points: usize) -> Vec<i32> {
    let unused = usize::BITS - points.ilog2();
    let reversed = |index: usize| index.reverse_bits() >> unused;
    (0..points)
        .filter(|&index| index < reversed(index))
        .map(|index| (index << 16 | reversed(index)) as i32)
        .collect()
}

/// `exp(-2πi kr / size)` for `k < count`: real parts, then imaginary ones.
fn powers_of_root(size: usize, r: usize, count: usize) -> Vec<i32> {
    let angle = |k: usize| TAU * (k * r) as f64 / size as f64;
    let cosines = (0..count).map(|k| q(30, libm::cos(angle(k))));
    let sines = (0..count).map(|k| q(30, -libm::sin(angle(k))));
    cosines.chain(sines).collect()
}

/// The network's 64 bands: 128 Slaney mel bands over 0 to 8 kHz, added in
/// neighbouring pairs. Of each band the first bin and the number of bins, and
/// the weights of these bins one band after another, in Q35.
fn network_bank(size: usize) -> (Vec<i32>, Vec<i32>) {
    const MELS: usize = 128;
    let edge = |i: usize| {
        mel_scale::mel_to_hz(mel_scale::hz_to_mel(8000.0) * i as f64 / (MELS + 1) as f64)
    };
    let triangle = |mel: usize, hz: f64| {
        let (low, centre, high) = (edge(mel), edge(mel + 1), edge(mel + 2));
        let height = ((hz - low) / (centre - low)).min((high - hz) / (high - centre));
        height.max(0.0) * 2.0 / (high - low)
    };
    let (mut bands, mut weights) = (Vec::new(), Vec::new());
    for first in (0..MELS).step_by(2) {
        let weight = |bin: usize| {
            let hz = bin as f64 * 16_000.0 / size as f64;
            triangle(first, hz) + triangle(first + 1, hz)
        };
        let bins: Vec<usize> = (0..size / 2).filter(|&bin| weight(bin) > 1e-12).collect();
        bands.extend([bins[0] as i32, bins.len() as i32]);
        weights.extend(bins.iter().map(|&bin| q(30, 32.0 * weight(bin))));
    }
    (bands, weights)
}

/// The logarithmic axis of `dsp::fixed::pitch`, 48 points an octave from 50 Hz
/// to 4 kHz: of each point the bin below it in a spectrum of 1024 points at
/// 16 kHz, and the weights of that bin and of the next, in Q15.
///
/// A point is interpolated linearly, and weighs the less the lower it lies:
/// `1/2 + arctan(3 octaves) / π`, in octaves from 100 Hz, after Hermes' weight
/// for the ear's sensitivity.
fn pitch_axis() -> Vec<i32> {
    let last = (48.0 * libm::log2(4000.0 / 50.0)) as i32;
    (0..=last)
        .map(|point| f64::from(point) / 48.0)
        .flat_map(|octaves| {
            let bin = 50.0 * libm::exp2(octaves) / 15.625;
            let weight = 0.5 + libm::atan(3.0 * (octaves - 1.0)) / PI;
            let share = bin - libm::floor(bin);
            let high = (weight * share * 32768.0) as i32;
            [bin as i32, (weight * 32768.0) as i32 - high, high]
        })
        .collect()
}

/// `log2(1 + i / 256)` in Q24.
fn log2() -> Vec<i32> {
    (0..=256)
        .map(|i| q(24, libm::log2(1.0 + f64::from(i) / 256.0)))
        .collect()
}

/// One turn of the cosine in 256 steps, scaled as in the orthonormal DCT of 64
/// values, `sqrt(2 / 64) cos(2πi / 256)`, in Q28.
fn cosines() -> Vec<i32> {
    (0..256)
        .map(|i| {
            q(
                28,
                libm::sqrt(2.0 / 64.0) * libm::cos(TAU * f64::from(i) / 256.0),
            )
        })
        .collect()
}
