//! What comes out of a container, one step at a time.

use super::input::Input;
use crate::audio::{AudioError, Damage};
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::packet::{Packet, PacketBuilder};
use symphonia::core::units::{Duration, Timestamp};

/// A container that is being read.
pub(super) trait Packets: Send {
    /// Returns what comes next; the first is a [`Step::Stream`].
    fn next(&mut self) -> Result<Step, AudioError>;

    /// Returns what stands behind the end, if that is another recording.
    fn joined(&mut self) -> Result<Option<Input>, AudioError> {
        Ok(None)
    }

    /// Adds what was lost, guessed or passed over so far.
    fn damage(&self, damage: &mut Damage);
}

/// What comes next in a container.
pub(super) enum Step {
    /// A stream begins, at the beginning or where recordings are joined.
    Stream(Box<Stream>),
    /// A packet of the stream.
    Packet(Packet),
    /// A packet, of whose samples only so many a channel are the recording's.
    Beginning(Packet, usize),
    /// Nothing.
    End,
}

/// What a decoder has to know of a stream.
pub(super) struct Stream {
    pub params: AudioCodecParameters,
    /// Samples a channel that the container promises; 0 is what writers that did
    /// not know say.
    pub frames: Option<u64>,
}

/// A packet of so many samples, less some at its beginning and end.
pub(super) fn packet(data: &[u8], samples: u32, (before, behind): (u32, u32)) -> Step {
    let duration = |samples: u32| Duration::from(u64::from(samples));
    let packet = PacketBuilder::new()
        .track_id(0)
        .pts(Timestamp::ZERO)
        .dur(duration(samples.saturating_sub(before + behind)))
        .trim_start(duration(before))
        .trim_end(duration(behind))
        .data(data)
        .build();
    Step::Packet(packet)
}
