//! Computes so many frames of log-mels: `frames fixed|pitch|float COUNT`,
//! `pitch` being the fixed ones with their pitch. What
//! `scripts/bench instructions` counts.

use std::env::args;
use undertone::dsp::{fixed, float::LogMel};

fn main() {
    let mut arguments = args().skip(1);
    let (path, count) = (arguments.next(), arguments.next());
    let count: usize = count.and_then(|count| count.parse().ok()).unwrap_or(188);
    let mut noise = 1_u32;
    let samples: Vec<i32> = (0..count * 256)
        .map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.cast_signed() >> 10
        })
        .collect();
    let mut sum = 0_i64;
    let mut log_mel: Box<fixed::LogMel> = Box::default();
    if path.as_deref() == Some("float") {
        let samples: Vec<f32> = samples.iter().map(|&x| x as f32 / 8_388_608.0).collect();
        let mut log_mel: Box<LogMel> = Box::new(LogMel::new(16_000.0));
        log_mel.push(&samples, |frame| sum += frame[0] as i64);
    } else if path.as_deref() == Some("pitch") {
        log_mel.push_with_pitch(&samples, |frame, pitch| {
            sum += i64::from(frame[0]) + i64::from(pitch.f0);
        });
    } else {
        log_mel.push(&samples, |frame| sum += i64::from(frame[0]));
    }
    // So that nothing is optimised away.
    std::process::exit(i32::from(sum == 1));
}
