//! Interleaved channels to one, in integers.

use super::{AudioError, Channel, Pcm};

/// Appends the mean of each group of `channels` 32-bit samples to `mono`, as
/// 24-bit [`Pcm`], rounded half up.
///
/// One division makes both steps exact for sources of 24 bits and fewer, so
/// every machine gets the same samples.
pub(super) fn downmix(interleaved: &[i32], channels: usize, mono: &mut Vec<Pcm>) {
    mono.extend(interleaved.chunks_exact(channels).map(mean));
}

fn mean(frame: &[i32]) -> Pcm {
    let divisor = 256 * frame.len() as i64;
    let sum: i64 = frame.iter().map(|&sample| i64::from(sample)).sum();
    (sum + divisor / 2)
        .div_euclid(divisor)
        .min(i64::from(super::FULL_SCALE - 1)) as Pcm
}

/// Appends one channel, the first being 0.
fn pick(interleaved: &[i32], channels: usize, chosen: usize, mono: &mut Vec<Pcm>) {
    let frames = interleaved.chunks_exact(channels);
    mono.extend(frames.map(|frame| mean(&frame[chosen..=chosen])));
}

/// Frames by which it is decided which channel is heard, whatever chunks they come in.
const BLOCK: usize = 1024;

/// Makes one channel of several.
#[derive(Default)]
pub(super) struct Mixer {
    channel: Channel,
    /// Channels of what is mixed at present.
    channels: usize,
    /// Samples of a block that is not whole yet.
    pending: Vec<i32>,
    /// Running energy of each channel, in 16-bit units.
    energies: Vec<i64>,
    /// Running energy of their mean.
    mixed: i64,
    /// Samples that one channel gave because the mean cancelled it.
    cancelled: u64,
}

impl Mixer {
    pub(super) fn new(channel: Channel) -> Self {
        Self {
            channel,
            ..Self::default()
        }
    }

    /// Samples for which the louder channel stands because the channels' mean had
    /// cancelled them.
    pub(super) fn cancelled(&self) -> u64 {
        self.cancelled
    }

    /// Appends what is known of one channel of these samples to `mono`; up to 1023
    /// frames wait for the next ones, or for [`Mixer::finish`].
    ///
    /// # Errors
    /// [`AudioError::NoChannel`] if the chosen one is not there.
    pub(super) fn mix(
        &mut self,
        interleaved: &[i32],
        channels: usize,
        mono: &mut Vec<Pcm>,
    ) -> Result<(), AudioError> {
        if channels != self.channels {
            self.finish(mono);
            self.channels = channels;
        }
        match self.channel {
            Channel::Number(number) if (1..=channels).contains(&usize::from(number)) => {
                pick(interleaved, channels, usize::from(number) - 1, mono);
            }
            Channel::Number(number) => return Err(AudioError::NoChannel(number, channels)),
            Channel::Mix if channels > 1 => {
                let mut pending = std::mem::take(&mut self.pending);
                pending.extend(interleaved);
                let whole = pending.len() / (BLOCK * channels) * BLOCK * channels;
                for block in pending[..whole].chunks_exact(BLOCK * channels) {
                    self.mix_block(block, mono);
                }
                pending.drain(..whole);
                self.pending = pending;
            }
            Channel::Mix => downmix(interleaved, channels, mono),
        }
        Ok(())
    }

    /// Appends what waits for a whole block.
    pub(super) fn finish(&mut self, mono: &mut Vec<Pcm>) {
        if !self.pending.is_empty() {
            let pending = std::mem::take(&mut self.pending);
            self.mix_block(&pending, mono);
        }
        self.energies.clear();
        self.mixed = 0;
    }

    fn mix_block(&mut self, block: &[i32], mono: &mut Vec<Pcm>) {
        match self.surviving(block, self.channels) {
            Some(chosen) => pick(block, self.channels, chosen, mono),
            None => downmix(block, self.channels, mono),
        }
    }

    /// The loudest channel, where the mean of all is far below them.
    fn surviving(&mut self, interleaved: &[i32], channels: usize) -> Option<usize> {
        // Channels that have nothing to do with each other have a mean of a share of
        // 1/channels of their energy; a tenth of that is cancellation.
        const SHARE: i64 = 10;
        self.energies.resize(channels, 0);
        // What was before fades within a few blocks.
        let fade = |energy: &mut i64| *energy -= *energy >> 2;
        self.energies.iter_mut().for_each(fade);
        fade(&mut self.mixed);
        for frame in interleaved.chunks_exact(channels) {
            for (energy, &sample) in self.energies.iter_mut().zip(frame) {
                *energy += i64::from(sample >> 16).pow(2);
            }
            self.mixed += i64::from(mean(frame) >> 8).pow(2);
        }
        let sum: i64 = self.energies.iter().sum();
        // Nobody hears what is a few units of 16 bits.
        let audible = sum > 16 * interleaved.len() as i64;
        let cancels = self
            .mixed
            .saturating_mul(SHARE * (channels * channels) as i64)
            < sum;
        if !(audible && cancels) {
            return None;
        }
        self.cancelled += (interleaved.len() / channels) as u64;
        let loudest = self.energies.iter().enumerate();
        // Of equals the first.
        let loudest = loudest.rev().max_by_key(|&(_, energy)| *energy);
        loudest.map(|(channel, _)| channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn tone(n: usize, hz: f64) -> i32 {
        ((n as f64 * hz / 16_000.0 * std::f64::consts::TAU).sin() * 1e9) as i32
    }

    /// The mono samples of so many frames, and how many of them were cancelled.
    fn mixed(channels: &[&dyn Fn(usize) -> i32]) -> (Vec<Pcm>, u64) {
        let mut mixer = Mixer::default();
        let mut mono = Vec::new();
        for packet in 0..8 {
            let frames = 1000 * packet..1000 * (packet + 1);
            let samples = frames.flat_map(|n| channels.iter().map(move |channel| channel(n)));
            let interleaved: Vec<i32> = samples.collect();
            mixer.mix(&interleaved, channels.len(), &mut mono).unwrap();
        }
        mixer.finish(&mut mono);
        (mono, mixer.cancelled())
    }

    #[test]
    fn an_inverted_channel_cancels_nothing() {
        let voice = |n| tone(n, 200.0);
        let inverted = |n| -tone(n, 200.0) / 10 * 11;
        let (mono, cancelled) = mixed(&[&voice, &inverted]);
        assert_eq!(cancelled, 8000);
        assert!((0..8000).all(|n| (mono[n] - (inverted(n) >> 8)).abs() <= 1));
    }

    #[test]
    fn channels_that_differ_are_mixed() {
        let (voice, other) = (|n| tone(n, 200.0), |n| tone(n, 310.0));
        let silence = |_| 0;
        let rows: [&[&dyn Fn(usize) -> i32]; 4] = [
            &[&voice, &other],
            &[&voice, &silence],
            &[&voice, &other, &silence, &silence, &silence, &silence],
            &[&silence, &silence],
        ];
        for (row, channels) in rows.iter().enumerate() {
            assert_eq!(mixed(channels).1, 0, "row {row}");
        }
    }

    #[test]
    fn chunks_do_not_matter() {
        let interleaved: Vec<i32> = (0..9000)
            .flat_map(|n| {
                let second = if n < 3000 { 200.0 } else { 310.0 };
                [tone(n, 200.0), -tone(n, second)]
            })
            .collect();
        let in_chunks = |frames: usize| {
            let (mut mixer, mut mono) = (Mixer::default(), Vec::new());
            for chunk in interleaved.chunks(2 * frames) {
                mixer.mix(chunk, 2, &mut mono).unwrap();
            }
            mixer.finish(&mut mono);
            (mono, mixer.cancelled())
        };
        let whole = in_chunks(9000);
        assert!(whole.0.len() == 9000 && (1..9000).contains(&whole.1));
        for frames in [1, 77, 960, 1024, 1152] {
            assert_eq!(in_chunks(frames), whole, "{frames}");
        }
    }

    #[test]
    fn a_channel_is_chosen_by_its_number() {
        let choose = |number| {
            let mut mono = Vec::new();
            let mut mixer = Mixer::new(Channel::Number(number));
            mixer
                .mix(&[256, 512, 768, 1024], 2, &mut mono)
                .map(|()| mono)
        };
        assert_eq!(choose(1).unwrap(), [1, 3]);
        assert_eq!(choose(2).unwrap(), [2, 4]);
        assert!(matches!(choose(3), Err(AudioError::NoChannel(3, 2))));
    }
}
