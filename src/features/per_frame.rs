//! Features of frames: librosa's.

use super::extractor::{FeatureStream, to_float};
use super::{FeatureArray, FeatureSpec};
use crate::audio::Pcm;
use crate::dsp::float::PowerSpectrum;
use crate::dsp::{Framer, Padding};

/// Appends the values of one frame to the rows.
pub(super) type FrameSink<const FFT: usize> = Box<dyn FnMut(&[f32; FFT], &mut Vec<f32>)>;

/// Turns the rows of a whole recording into its features.
pub(super) type Postprocess = Box<dyn Fn(Vec<f32>) -> Vec<f32>>;

/// The computation of a set whose frames have `FFT` samples.
pub(super) struct PerFrame<const FFT: usize> {
    framer: Framer<f32, FFT>,
    sink: FrameSink<FFT>,
    rows: Vec<f32>,
    postprocess: Option<Postprocess>,
    width: usize,
}

impl<const FFT: usize> PerFrame<FFT> {
    /// A computation from the samples of each frame, centred in zeros.
    pub fn new(spec: &FeatureSpec, sink: impl FnMut(&[f32; FFT], &mut Vec<f32>) + 'static) -> Self {
        Self {
            framer: Framer::new(spec.hop),
            sink: Box::new(sink),
            rows: Vec::new(),
            postprocess: None,
            width: spec.width(),
        }
    }

    /// A computation from the power spectrum of each frame.
    pub fn of_spectrum(
        spec: &FeatureSpec,
        mut sink: impl FnMut(&[f32], &mut Vec<f32>) + 'static,
    ) -> Self {
        let mut spectrum = PowerSpectrum::<FFT, f64>::precise();
        Self::new(spec, move |frame, rows| sink(spectrum.of(frame), rows))
    }

    /// The same with other values before the first sample and after the last.
    pub fn padded(mut self, spec: &FeatureSpec, padding: Padding) -> Self {
        self.framer = Framer::padded(spec.hop, padding);
        self
    }

    /// The same with a last step, which needs all rows.
    pub fn then(mut self, postprocess: Postprocess) -> Self {
        self.postprocess = Some(postprocess);
        self
    }
}

impl<const FFT: usize> FeatureStream for PerFrame<FFT> {
    fn push(&mut self, samples: &[Pcm]) {
        let Self {
            framer, sink, rows, ..
        } = self;
        framer.push(&to_float(samples), |frame| sink(frame, rows));
    }

    fn finish(mut self: Box<Self>) -> FeatureArray {
        let Self {
            framer, sink, rows, ..
        } = &mut *self;
        framer.finish(|frame| sink(frame, rows));
        let values = match self.postprocess {
            Some(postprocess) => postprocess(self.rows),
            None => self.rows,
        };
        FeatureArray::of_frames(self.width, values)
    }
}

/// The constructor of a set from a function that is generic over the length of
/// the frame and, where there is a bank, over its bands.
macro_rules! for_each_size {
    ($new:ident::<FFT>) => {
        |spec| match spec.fft {
            256 => Ok(Box::new($new::<256>(spec))),
            512 => Ok(Box::new($new::<512>(spec))),
            1024 => Ok(Box::new($new::<1024>(spec))),
            2048 => Ok(Box::new($new::<2048>(spec))),
            4096 => Ok(Box::new($new::<4096>(spec))),
            _ => Err(spec.unknown_fft()),
        }
    };
    ($new:ident::<FFT, MELS>) => {
        |spec| match spec.fft {
            256 => $crate::features::per_frame::for_each_bank!(spec, $new, 256),
            512 => $crate::features::per_frame::for_each_bank!(spec, $new, 512),
            1024 => $crate::features::per_frame::for_each_bank!(spec, $new, 1024),
            2048 => $crate::features::per_frame::for_each_bank!(spec, $new, 2048),
            4096 => $crate::features::per_frame::for_each_bank!(spec, $new, 4096),
            _ => Err(spec.unknown_fft()),
        }
    };
}
pub(super) use for_each_size;

macro_rules! for_each_bank {
    ($spec:ident, $new:ident, $fft:literal) => {
        match $spec.mel_bands {
            Some(40) => Ok(Box::new($new::<$fft, 40>($spec))),
            Some(64) => Ok(Box::new($new::<$fft, 64>($spec))),
            Some(80) => Ok(Box::new($new::<$fft, 80>($spec))),
            Some(128) => Ok(Box::new($new::<$fft, 128>($spec))),
            _ => Err($spec.unknown_mel_bands()),
        }
    };
}
pub(super) use for_each_bank;
