//! What waits for the end of a recording.

use super::framed::no_bank;
use super::{FeatureSet, FeatureSpec, MAX_COEFFICIENTS, SpecError};
use crate::dsp::float::{
    CONTRAST_BANDS, Chroma, Contrast, Mfcc, Tonnetz, delta, delta_delta, peaks, tuning,
};

/// All rows to all features.
pub(super) type Clip = Box<dyn Fn(Vec<f32>) -> Vec<f32>>;

/// The step of a checked specification, from the rows that `framed` makes.
pub(super) fn clip<const FFT: usize>(spec: &FeatureSpec) -> Result<Clip, SpecError> {
    Ok(match spec.set {
        FeatureSet::Mfcc => cepstra(spec)?,
        FeatureSet::Contrast => Box::new(|rows| contrasts(&rows)),
        FeatureSet::Chroma | FeatureSet::Tonnetz if spec.tuning => in_tune::<FFT>(spec),
        _ => Box::new(|rows| rows),
    })
}

fn cepstra(spec: &FeatureSpec) -> Result<Clip, SpecError> {
    match spec.mel_bands {
        Some(40) => Ok(cepstra_of::<40>(spec)),
        Some(64) => Ok(cepstra_of::<64>(spec)),
        Some(80) => Ok(cepstra_of::<80>(spec)),
        Some(128) => Ok(cepstra_of::<128>(spec)),
        other => Err(no_bank(other)),
    }
}

fn cepstra_of<const MELS: usize>(spec: &FeatureSpec) -> Clip {
    let mfcc = Mfcc::<MELS, MAX_COEFFICIENTS>::new(0.0);
    let (kept, deltas) = (spec.bands, spec.deltas);
    Box::new(move |mut levels| {
        let mut cepstra = Vec::new();
        let (clip, _) = levels.as_chunks_mut();
        mfcc.of_clip(clip, |frame| cepstra.push(*frame));
        let mut rows = Vec::new();
        for (t, frame) in cepstra.iter().enumerate() {
            rows.extend_from_slice(&frame[..kept]);
            for derivative in [delta, delta_delta].iter().take(deltas) {
                rows.extend_from_slice(&derivative(&cepstra, t)[..kept]);
            }
        }
        rows
    })
}

/// Chroma, or tonal centroids, by a bank that is tuned to all spectra:
/// `chroma_stft(y=y)`. They are held until then.
fn in_tune<const FFT: usize>(spec: &FeatureSpec) -> Clip {
    let rate = f64::from(spec.sample_rate);
    let centroids = (spec.set == FeatureSet::Tonnetz).then(Tonnetz::new);
    Box::new(move |spectra| {
        let frames = || spectra.chunks_exact(FFT / 2 + 1);
        let mut found = Vec::new();
        frames().for_each(|power| peaks(power, rate, |peak| found.push(peak)));
        let chroma = Chroma::<FFT>::new(rate, tuning(&mut found));
        let classes = frames().map(|power| chroma.of(power));
        match &centroids {
            Some(tonnetz) => classes.flat_map(|classes| tonnetz.of(&classes)).collect(),
            None => classes.flatten().collect(),
        }
    })
}

/// The contrast of rows that each hold peaks, then valleys.
fn contrasts(rows: &[f32]) -> Vec<f32> {
    let (rows, _) = rows.as_chunks::<CONTRAST_BANDS>();
    let (mut peaks, mut valleys): (Vec<_>, Vec<_>) =
        rows.chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
    let mut contrasts = Vec::new();
    // The step over the clip is the same at every size.
    Contrast::<2048>::of_clip(&mut peaks, &mut valleys, |frame| {
        contrasts.extend_from_slice(frame);
    });
    contrasts
}
