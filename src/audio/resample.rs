//! Sample-rate conversion.

use super::{AudioError, FULL_SCALE, Pcm};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _, WindowFunction};
use std::ops::RangeInclusive;

/// Sample rates that are converted, in hertz.
pub const RATES: RangeInclusive<u32> = 4_000..=384_000;

/// The fewest frames a block: the transform's length, and with it the delay.
const BLOCK: usize = 1024;

/// Converts a mono stream from one rate to another.
///
/// The filter's delay is taken out: output sample `n` is the input at time
/// `n / to`, and `n` samples in give `ceil(n * to / from)` samples out. The
/// usual rates reach 16 kHz in integers and so with the same bits everywhere
/// ([`dsp::fixed::Resampler`](crate::dsp::fixed::Resampler)); others go through rubato.
pub struct Resampler {
    conversion: Conversion,
}

enum Conversion {
    Same,
    Integer(Box<crate::dsp::fixed::Resampler>),
    Float(Box<FftResampler>),
}

struct FftResampler {
    fft: Fft<f32>,
    ratio: (u64, u64),
    input: Vec<f32>,
    output: Vec<f32>,
    /// Outputs still to be dropped: the filter's delay.
    skip: usize,
    consumed: u64,
    produced: u64,
}

impl Resampler {
    /// A converter between two rates in hertz; equal rates pass through
    /// untouched.
    ///
    /// # Errors
    /// [`AudioError::SampleRate`] when `from` is not in 4 to 384 kHz.
    pub fn new(from: u32, to: u32) -> Result<Self, AudioError> {
        if !RATES.contains(&from) {
            return Err(AudioError::SampleRate(from));
        }
        if from == to {
            return Ok(Self {
                conversion: Conversion::Same,
            });
        }
        if to == crate::SAMPLE_RATE
            && let Some(integer) = crate::dsp::fixed::Resampler::new(from)
        {
            let conversion = Conversion::Integer(Box::new(integer));
            return Ok(Self { conversion });
        }
        let float = FftResampler::new(from, to).ok_or(AudioError::SampleRate(from))?;
        let conversion = Conversion::Float(Box::new(float));
        Ok(Self { conversion })
    }

    /// Takes samples and appends what they complete to `out`.
    pub fn push(&mut self, samples: &[Pcm], out: &mut Vec<Pcm>) {
        match &mut self.conversion {
            Conversion::Same => out.extend_from_slice(samples),
            Conversion::Integer(integer) => {
                integer.push(samples, |made| out.extend_from_slice(made));
            }
            Conversion::Float(float) => float.push(samples, out),
        }
    }

    /// Ends the stream and appends its last samples to `out`.
    pub fn finish(&mut self, out: &mut Vec<Pcm>) {
        match &mut self.conversion {
            Conversion::Same => (),
            Conversion::Integer(integer) => integer.finish(|made| out.extend_from_slice(made)),
            Conversion::Float(float) => float.finish(out),
        }
    }
}

impl FftResampler {
    fn new(from: u32, to: u32) -> Option<Self> {
        // rubato centres its filter on a whole sample: an odd block would
        // shift the output by half of one.
        let step = 2 * (from / gcd(from, to)) as usize;
        let block = BLOCK.next_multiple_of(step);
        let window = WindowFunction::BlackmanHarris2;
        let (of_hz, to_hz) = (from as usize, to as usize);
        let fft = Fft::new_custom(of_hz, to_hz, block, 1, 1, window, FixedSync::Both).ok()?;
        Some(Self {
            skip: fft.output_delay(),
            input: Vec::with_capacity(fft.input_frames_max()),
            output: vec![0.0; fft.output_frames_max()],
            fft,
            ratio: (u64::from(to), u64::from(from)),
            consumed: 0,
            produced: 0,
        })
    }

    fn push(&mut self, samples: &[Pcm], out: &mut Vec<Pcm>) {
        self.consumed += samples.len() as u64;
        for &sample in samples {
            self.input.push(sample as f32 / FULL_SCALE as f32);
            if self.input.len() == self.fft.input_frames_next() {
                self.block(out);
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<Pcm>) {
        let total = (self.consumed * self.ratio.0).div_ceil(self.ratio.1);
        while self.produced < total {
            self.input.resize(self.fft.input_frames_next(), 0.0);
            if !self.block(out) {
                break;
            }
        }
        let surplus = self.produced.saturating_sub(total);
        out.truncate(out.len() - surplus as usize);
        self.fft.reset();
        self.input.clear();
        self.skip = self.fft.output_delay();
        (self.consumed, self.produced) = (0, 0);
    }

    /// Converts one full block; `false` if that makes nothing.
    fn block(&mut self, out: &mut Vec<Pcm>) -> bool {
        let made = self.convert().unwrap_or(0);
        self.input.clear();
        let fresh = &self.output[self.skip.min(made)..made];
        self.skip -= made - fresh.len();
        self.produced += fresh.len() as u64;
        out.extend(fresh.iter().map(|&sample| to_pcm(sample)));
        made > 0
    }

    /// `None` cannot happen: the buffers have the sizes that rubato states.
    fn convert(&mut self) -> Option<usize> {
        let frames = self.input.len();
        let capacity = self.output.len();
        let input = InterleavedSlice::new(&self.input, 1, frames).ok()?;
        let mut output = InterleavedSlice::new_mut(&mut self.output, 1, capacity).ok()?;
        let indexing = Indexing::new();
        let (_, made) = self
            .fft
            .process_into_buffer(&input, &mut output, Some(&indexing))
            .ok()?;
        Some(made)
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn to_pcm(sample: f32) -> Pcm {
    // The cast saturates, so only the upper end, which 24 bits lack, is cut.
    ((sample * FULL_SCALE as f32).round() as Pcm).clamp(-FULL_SCALE, FULL_SCALE - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn tone(rate: u32, seconds: f64, hz: f64) -> Vec<Pcm> {
        (0..(f64::from(rate) * seconds) as usize)
            .map(|n| {
                let phase = TAU * hz * n as f64 / f64::from(rate);
                (phase.sin() * 0.5 * f64::from(FULL_SCALE)) as Pcm
            })
            .collect()
    }

    fn resample(samples: &[Pcm], from: u32, to: u32, chunk: usize) -> Vec<Pcm> {
        let mut resampler = Resampler::new(from, to).unwrap();
        let mut out = Vec::new();
        for part in samples.chunks(chunk) {
            resampler.push(part, &mut out);
        }
        resampler.finish(&mut out);
        out
    }

    #[test]
    fn a_tone_keeps_its_time_and_level_at_every_rate() {
        for from in [
            4_000, 8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 44_099, 192_000,
        ] {
            let got = resample(&tone(from, 0.5, 440.0), from, 16_000, 777);
            let want = tone(16_000, 0.5, 440.0);
            let expected = (f64::from(from) * 0.5).floor() * 16_000.0 / f64::from(from);
            assert_eq!(got.len(), expected.ceil() as usize, "{from} Hz");
            let worst = (800..7200).map(|n| (got[n] - want[n]).abs()).max().unwrap();
            assert!(worst < FULL_SCALE / 2000, "{from} Hz: off by {worst}");
        }
    }

    #[test]
    fn chunking_does_not_matter() {
        let input = tone(44_100, 0.3, 1000.0);
        let whole = resample(&input, 44_100, 16_000, input.len());
        for chunk in [1, 7, 512, 5000] {
            assert_eq!(
                resample(&input, 44_100, 16_000, chunk),
                whole,
                "chunks of {chunk}"
            );
        }
    }

    #[test]
    fn blocks_that_make_nothing_end_the_stream() {
        let mut float = FftResampler::new(11_025, 16_000).unwrap();
        // A length that the transform does not accept.
        float.output.clear();
        let mut out = Vec::new();
        float.push(&tone(11_025, 0.5, 440.0), &mut out);
        float.finish(&mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn impossible_rates_are_refused() {
        for rate in [0, 1, 3_999, 384_001, 1_000_000, u32::MAX] {
            assert!(
                matches!(Resampler::new(rate, 16_000), Err(AudioError::SampleRate(r)) if r == rate)
            );
        }
    }
}
