//! The transform of the crate `microfft`.

use super::{RealFft, Spectrum};

/// A transform of `N` real values in single precision: radix 2, in place, by a
/// complex one of half as many, with a table of sines that is compiled in.
#[derive(Clone)]
pub struct Microfft<const N: usize> {
    buffer: [f32; N],
}

impl<const N: usize> RealFft<f32> for Microfft<N> {
    fn new() -> Self {
        const { assert!(N.is_power_of_two() && N >= 32 && N <= 4096) };
        Self { buffer: [0.0; N] }
    }

    fn forward(
        &mut self,
        pairs: impl ExactSizeIterator<Item = [f32; 2]>,
    ) -> Spectrum<f32, impl Iterator<Item = [f32; 2]>> {
        let places = self.buffer.as_chunks_mut().0;
        let (places, rest) = places.split_at_mut(pairs.len().min(places.len()));
        for (place, pair) in places.iter_mut().zip(pairs) {
            *place = pair;
        }
        rest.fill([0.0; 2]);
        transform(&mut self.buffer);
        // microfft puts the bin at half the rate in the first one's imaginary part.
        let [dc, nyquist] = [self.buffer[0], self.buffer[1]];
        let between = self.buffer.as_chunks().0[1..].iter().copied();
        Spectrum {
            dc,
            nyquist,
            between,
        }
    }
}

/// Transforms in place.
fn transform<const N: usize>(buffer: &mut [f32; N]) {
    macro_rules! sizes {
        ($($size:literal $rfft:ident),*) => {
            match N {
                $($size => if let Some(buffer) = buffer.first_chunk_mut() {
                    // The bins lie where the values did.
                    let _: &mut [_; $size / 2] = ::microfft::real::$rfft(buffer);
                })*
                _ => {}
            }
        };
    }
    sizes!(
        32 rfft_32, 64 rfft_64, 128 rfft_128, 256 rfft_256,
        512 rfft_512, 1024 rfft_1024, 2048 rfft_2048, 4096 rfft_4096
    );
}
