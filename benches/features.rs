//! Times the front ends for `scripts/bench features`, which interleaves them
//! with those of other programs.
//!
//!     features SIGNAL-AT-16-KHZ SIGNAL-AT-22-KHZ
//!
//! The signals are raw little-endian float32. Every line on stdin names what is
//! computed, once; a line with the nanoseconds that it took follows on stdout.

use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::time::Instant;
use undertone::dsp::fixed::{self, NETWORK_BANDS};
use undertone::dsp::float::{Classic, LogMel};

struct Bench {
    samples: Vec<f32>,
    pcm: Vec<i32>,
    classic_samples: Vec<f32>,
    log_mel: Box<LogMel>,
    fixed_log_mel: Box<fixed::LogMel>,
    classic: Box<Classic>,
}

impl Bench {
    fn new(signal: &str, classic_signal: &str) -> io::Result<Self> {
        let samples = read(signal)?;
        Ok(Self {
            pcm: samples.iter().map(|x| (x * 8_388_608.0) as i32).collect(),
            samples,
            classic_samples: read(classic_signal)?,
            log_mel: Box::new(LogMel::new(16_000.0)),
            fixed_log_mel: Box::default(),
            classic: Box::default(),
        })
    }

    fn run(&mut self, name: &str) -> io::Result<()> {
        match name {
            "log-mel" => log_mel(&mut self.log_mel, &self.samples),
            "log-mel with tables" => {
                log_mel(&mut Box::new(LogMel::new(16_000.0)), &self.samples);
            }
            "log-mel in integers" => fixed_log_mel(&mut self.fixed_log_mel, &self.pcm),
            "log-mel and pitch in integers" => with_pitch(&mut self.fixed_log_mel, &self.pcm),
            "classic" => classic(&mut self.classic, &self.classic_samples),
            "classic with tables" => classic(&mut Box::default(), &self.classic_samples),
            _ => return Err(io::Error::other(format!("nothing is called {name:?}"))),
        }
        Ok(())
    }
}

fn log_mel(log_mel: &mut LogMel, samples: &[f32]) {
    let mut frames: Vec<[f32; NETWORK_BANDS]> = Vec::new();
    log_mel.push(black_box(samples), |frame| frames.push(*frame));
    log_mel.finish(|frame| frames.push(*frame));
    black_box(frames);
}

fn fixed_log_mel(log_mel: &mut fixed::LogMel, pcm: &[i32]) {
    let mut frames: Vec<[i32; NETWORK_BANDS]> = Vec::new();
    log_mel.push(black_box(pcm), |frame| frames.push(*frame));
    log_mel.finish(|frame| frames.push(*frame));
    black_box(frames);
}

fn with_pitch(log_mel: &mut fixed::LogMel, pcm: &[i32]) {
    let mut frames: Vec<([i32; NETWORK_BANDS], fixed::Pitch)> = Vec::new();
    log_mel.push_with_pitch(black_box(pcm), |frame, pitch| frames.push((*frame, pitch)));
    log_mel.finish_with_pitch(|frame, pitch| frames.push((*frame, pitch)));
    black_box(frames);
}

fn classic(classic: &mut Classic, samples: &[f32]) {
    classic.push(black_box(samples));
    black_box(classic.finish());
}

fn read(path: &str) -> io::Result<Vec<f32>> {
    let bytes = std::fs::read(path)?;
    let (words, _) = bytes.as_chunks::<4>();
    Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
}

fn main() -> io::Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let [signal, classic_signal] = paths.as_slice() else {
        return Err(io::Error::other("give two signals"));
    };
    let mut bench = Bench::new(signal, classic_signal)?;
    for name in io::stdin().lock().lines() {
        let start = Instant::now();
        bench.run(&name?)?;
        let took = start.elapsed().as_nanos();
        writeln!(io::stdout(), "{took}")?;
    }
    Ok(())
}
