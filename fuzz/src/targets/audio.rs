//! Recordings, decoded in this process and not in one that may die.

use undertone::audio::{AudioError, AudioSource, FULL_SCALE, RawFormat, RawSample};

/// Reads after which a recording is left: it may promise packets without end.
const MOST_READS: usize = 4096;

/// Samples that are kept, 4 s.
const MOST_SAMPLES: usize = 1 << 16;

/// A recording is decoded or refused. What comes out is 24-bit, and nothing comes after
/// the end.
pub fn audio(bytes: &[u8]) {
    decode(AudioSource::from_memory(bytes.to_vec(), 16_000));
}

/// Samples without a header are heard in every format.
pub fn raw(bytes: &[u8]) {
    let [sample, channels, rate, bytes @ ..] = bytes else {
        return;
    };
    let samples = [
        RawSample::U8,
        RawSample::S16Le,
        RawSample::S24Le,
        RawSample::S24Le3,
        RawSample::S32Le,
        RawSample::FloatLe,
        RawSample::MuLaw,
        RawSample::ALaw,
    ];
    let format = RawFormat {
        sample: samples[usize::from(*sample) % samples.len()],
        channels: 1 + u16::from(*channels) % 64,
        rate: 4000 + 1000 * u32::from(*rate),
    };
    let pipe = std::io::Cursor::new(bytes.to_vec());
    decode(AudioSource::from_raw(pipe, format, 16_000));
}

fn decode(source: Result<AudioSource, AudioError>) {
    let Ok(mut source) = source else { return };
    let mut samples = Vec::new();
    for _ in 0..MOST_READS {
        let more = source.read(&mut samples);
        let in_range = -FULL_SCALE..FULL_SCALE;
        assert!(samples.iter().all(|sample| in_range.contains(sample)));
        if !matches!(more, Ok(true)) {
            break;
        }
        if samples.len() > MOST_SAMPLES {
            return;
        }
        samples.clear();
    }
    let _ = source.damage().to_string();
}
