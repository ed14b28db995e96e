//! One number for all that the front end computes of a generated signal, in
//! integers only.

use undertone::dsp::fixed::{LogMel, mfcc, quantize};

/// Two seconds of bursts of a rising whistle over noise, loud and very soft.
struct Signal {
    sample: u32,
    phase: u32,
    noise: u32,
}

impl Iterator for Signal {
    type Item = i32;

    fn next(&mut self) -> Option<i32> {
        self.sample += 1;
        self.phase = self.phase.wrapping_add(self.sample * 50_000);
        self.noise = self
            .noise
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        // Parabolas for a sine, up to 2^22.
        let x = self.phase.cast_signed() >> 15;
        let whistle = (x * (65_536 - x.abs())) >> 8;
        let noise = self.noise.cast_signed() >> 20;
        let attenuation = [0, 4, 14, 22][(self.sample / 3000 % 4) as usize];
        (self.sample <= 32_000).then_some((whistle + noise) >> attenuation)
    }
}

/// FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), 64 bits.
struct Fnv(u64);

impl Fnv {
    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// The hash of the signal's levels, cepstra and input cells, frame by frame.
pub fn fingerprint<const FFT: usize>(log_mel: &mut LogMel<FFT>) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    let mut on_frame = |levels: &[i32; 64]| {
        for level in levels.iter().chain(&mfcc::<13>(levels)) {
            hash.update(&level.to_le_bytes());
        }
        let mut cells = [0; 64];
        quantize(levels, &mut cells);
        hash.update(&cells);
    };
    let signal = Signal {
        sample: 0,
        phase: 0,
        noise: 1,
    };
    for sample in signal {
        log_mel.push(&[sample], &mut on_frame);
    }
    log_mel.finish(on_frame);
    hash.0
}
