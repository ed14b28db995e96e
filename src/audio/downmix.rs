//! Interleaved channels to one, in integers.

use super::Pcm;

/// Appends the mean of each group of `channels` 32-bit samples to `mono`, as
/// 24-bit [`Pcm`], rounded half up.
///
/// One division makes both steps exact for sources of 24 bits and fewer, so
/// every machine gets the same samples.
pub(super) fn downmix(interleaved: &[i32], channels: usize, mono: &mut Vec<Pcm>) {
    let divisor = 256 * channels as i64;
    mono.extend(interleaved.chunks_exact(channels).map(|frame| {
        let sum: i64 = frame.iter().map(|&sample| i64::from(sample)).sum();
        (sum + divisor / 2)
            .div_euclid(divisor)
            .min(i64::from(super::FULL_SCALE - 1)) as Pcm
    }));
}

#[cfg(test)]
mod tests {
    use super::downmix;

    #[test]
    fn means_round_and_saturate() {
        let cases: &[(&[i32], usize, &[i32])] = &[
            (&[256, -256, 0], 1, &[1, -1, 0]),
            (&[512, 256], 2, &[2]),
            (&[i32::MAX, i32::MAX], 2, &[(1 << 23) - 1]),
            (&[i32::MIN, i32::MIN], 2, &[-(1 << 23)]),
            (&[1 << 16, 1 << 16, 1 << 16], 3, &[1 << 8]),
            (&[256, 0, 9], 2, &[1]),
        ];
        for (interleaved, channels, want) in cases {
            let mut got = Vec::new();
            downmix(interleaved, *channels, &mut got);
            assert_eq!(&got, want, "{interleaved:?} over {channels}");
        }
    }
}
