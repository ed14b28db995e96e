//! Compressed and uncompressed files to samples, through symphonia.

mod aiff;
mod au;
mod blocks;
mod chunks;
mod container;
mod errors;
mod frame_header;
mod frames;
mod gapless;
mod input;
mod mp4_codecs;
mod packets;
mod pcm_width;
mod raw;
mod tracks;
mod trailing;
mod wave;

use super::downmix::Mixer;
use super::{AudioError, Channel, Damage, Pcm, RawFormat};
use container::Container;
use errors::{codec_error, read_error};
use input::Input;
use packets::{Packets, Step, Stream};
use std::sync::LazyLock;
use symphonia::core::audio::{Audio, Channels, GenericAudioBufferRef};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::io::MediaSource;
use symphonia::core::packet::Packet;

static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    #[cfg(feature = "opus")]
    codecs.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    codecs
});

/// Most samples of all channels together in a packet. No encoder comes near
/// it; headers that were made to exhaust memory go far beyond.
const MAX_PACKET: u64 = 1 << 21;

/// Most that is held in memory of a container that cannot be read from a pipe as it
/// comes.
const PIPE_LIMIT_MIB: usize = 512;

/// Decodes a file's sound to mono [`Pcm`] at its own rate.
pub(super) struct Decoder {
    packets: Box<dyn Packets>,
    codec: Box<dyn AudioDecoder>,
    rate: u32,
    channels: usize,
    mixer: Mixer,
    /// Samples a channel that the container of a lossless stream promises.
    expected_frames: u64,
    /// Samples a channel of this stream so far, and of all.
    stream_frames: u64,
    decoded_frames: u64,
    /// What the streams that ended lacked, and packets that do not decode.
    damage: Damage,
    interleaved: Vec<i32>,
}

/// What [`Decoder::next`] has done.
pub(super) enum Decoded {
    /// Appended samples.
    Samples,
    /// Come to a stream of this rate, in hertz.
    Rate(u32),
    /// Come to the end.
    End,
}

impl Decoder {
    pub(super) fn new(source: Box<dyn MediaSource>) -> Result<Self, AudioError> {
        Self::of(open(Input::new(source))?)
    }

    /// Decodes headerless samples, or what a WAV header before them says.
    pub(super) fn raw(source: Box<dyn MediaSource>, format: RawFormat) -> Result<Self, AudioError> {
        let mut input = Input::new(source);
        Self::of(if container::beside_raw(&mut input)? {
            wave::open(input)?
        } else {
            Box::new(raw::open(input, format)?)
        })
    }

    fn of(mut packets: Box<dyn Packets>) -> Result<Self, AudioError> {
        let Step::Stream(stream) = packets.next()? else {
            return Err(AudioError::Empty);
        };
        let codec = decoder(&stream)?;
        let mut decoder = Self {
            packets,
            codec,
            rate: 0,
            channels: 0,
            mixer: Mixer::default(),
            expected_frames: 0,
            stream_frames: 0,
            decoded_frames: 0,
            damage: Damage::default(),
            interleaved: Vec::new(),
        };
        decoder.describe(&stream);
        Ok(decoder)
    }

    /// Chooses the channel that is heard; to be called before the first sample.
    pub(super) fn choose(&mut self, channel: Channel) {
        self.mixer = Mixer::new(channel);
    }

    /// Returns the sample rate of what [`Decoder::next`] appends first, in hertz.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Returns the number of channels.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    fn describe(&mut self, stream: &Stream) {
        let made = self.codec.codec_params();
        self.rate = made.sample_rate.or(stream.params.sample_rate).unwrap_or(0);
        let channels = made.channels.as_ref().or(stream.params.channels.as_ref());
        self.channels = channels.map_or(1, Channels::count);
        let name = self.codec.codec_info().short_name;
        let lossless = name.starts_with("pcm") || ["flac", "alac"].contains(&name);
        self.expected_frames = stream.frames.filter(|_| lossless).unwrap_or(0);
        self.stream_frames = 0;
    }

    /// Does the next step towards the end of the recording.
    pub(super) fn next(&mut self, mono: &mut Vec<Pcm>) -> Result<Decoded, AudioError> {
        loop {
            match self.packets.next()? {
                Step::Packet(packet) => {
                    if self.decode(&packet, usize::MAX, mono)? {
                        return Ok(Decoded::Samples);
                    }
                }
                Step::Beginning(packet, frames) => {
                    self.decode(&packet, frames, mono)?;
                    return Ok(Decoded::Samples);
                }
                Step::Stream(stream) => {
                    self.mixer.finish(mono);
                    return self.begin(&stream);
                }
                Step::End => {
                    let Some(input) = self.packets.joined()? else {
                        self.mixer.finish(mono);
                        return self.end();
                    };
                    self.packets.damage(&mut self.damage);
                    self.packets = open(input)?;
                }
            }
        }
    }

    /// Goes on with a stream that is joined to the one that ended.
    fn begin(&mut self, stream: &Stream) -> Result<Decoded, AudioError> {
        self.damage.missing += self.missing();
        self.codec = decoder(stream)?;
        self.describe(stream);
        Ok(Decoded::Rate(self.rate))
    }

    /// Appends at most so many samples of a packet; `false` if it does not decode.
    fn decode(
        &mut self,
        packet: &Packet,
        frames: usize,
        mono: &mut Vec<Pcm>,
    ) -> Result<bool, AudioError> {
        let buffer = match self.codec.decode(packet) {
            Ok(buffer) => buffer,
            Err(Error::DecodeError(_) | Error::IoError(_)) => {
                self.damage.packets += 1;
                return Ok(false);
            }
            Err(error) => return Err(read_error(error)),
        };
        let channels = buffer.num_planes();
        if channels == 0 {
            return Ok(true);
        }
        if !is_finite(&buffer) {
            return Err(AudioError::NotFinite);
        }
        let frames = frames.min(buffer.frames());
        buffer.copy_to_vec_interleaved(&mut self.interleaved);
        let samples = &self.interleaved[..frames * channels];
        self.mixer.mix(samples, channels, mono)?;
        self.stream_frames += frames as u64;
        self.decoded_frames += frames as u64;
        Ok(true)
    }

    /// Ends; an error if nothing was there.
    fn end(&self) -> Result<Decoded, AudioError> {
        match self.damage.packets {
            _ if self.decoded_frames > 0 => Ok(Decoded::End),
            0 => Err(AudioError::Empty),
            damaged => Err(AudioError::Malformed(format!(
                "none of {damaged} packets decodes"
            ))),
        }
    }

    fn missing(&self) -> u64 {
        self.expected_frames.saturating_sub(self.stream_frames)
    }

    /// Returns what was lost, guessed or passed over so far.
    pub(super) fn damage(&self) -> Damage {
        let mut damage = self.damage.clone();
        damage.missing += self.missing();
        damage.cancelled = self.mixer.cancelled();
        self.packets.damage(&mut damage);
        damage
    }
}

/// Looks whether a file begins like a container that is read.
pub(super) fn recognise(source: Box<dyn MediaSource>) -> Result<(), AudioError> {
    container::recognise(&mut Input::new(source)).map(drop)
}

/// Opens what comes next.
fn open(mut input: Input) -> Result<Box<dyn Packets>, AudioError> {
    let container = container::recognise(&mut input)?;
    let tracks = |input, unknown| tracks::Tracks::open(container, input, unknown);
    Ok(match container {
        Container::Wave => wave::open(input)?,
        Container::Aiff => aiff::open(input)?,
        Container::Au => au::open(input)?,
        Container::Frames => Box::new(frames::Frames::new(input)),
        // Its index may stand at the end.
        Container::Mp4 => {
            let input = input.in_memory(PIPE_LIMIT_MIB << 20)?;
            let mut input = input.ok_or(AudioError::TooLarge(PIPE_LIMIT_MIB))?;
            let unknown = mp4_codecs::codecs(&mut input)?;
            match (tracks(input, unknown.clone()), unknown.into_iter().next()) {
                // Around what it does not know symphonia finds faults.
                (Err(AudioError::Malformed(_)), Some(codec)) => {
                    return Err(AudioError::Unsupported(codec));
                }
                (tracks, _) => Box::new(tracks?),
            }
        }
        // The lengths of its packets may stand there.
        Container::Caf => {
            let input = input.in_memory(PIPE_LIMIT_MIB << 20)?;
            let input = input.ok_or(AudioError::TooLarge(PIPE_LIMIT_MIB))?;
            Box::new(tracks(input, Vec::new())?)
        }
        Container::Flac | Container::Matroska | Container::Ogg => {
            Box::new(tracks(input, Vec::new())?)
        }
    })
}

fn decoder(stream: &Stream) -> Result<Box<dyn AudioDecoder>, AudioError> {
    check_packets(&stream.params)?;
    CODECS
        .make_audio_decoder(&stream.params, &AudioDecoderOptions::default())
        .map_err(|error| match error {
            Error::Unsupported(_) => codec_error(&stream.params, None),
            other => AudioError::Malformed(other.to_string()),
        })
}

fn is_finite(buffer: &GenericAudioBufferRef<'_>) -> bool {
    match buffer {
        GenericAudioBufferRef::F32(buffer) => buffer
            .iter_planes()
            .flatten()
            .all(|sample| sample.is_finite()),
        GenericAudioBufferRef::F64(buffer) => buffer
            .iter_planes()
            .flatten()
            .all(|sample| sample.is_finite()),
        _ => true,
    }
}

/// Refuses what a decoder would set memory aside for and no recording needs.
fn check_packets(params: &AudioCodecParameters) -> Result<(), AudioError> {
    let channels = params.channels.as_ref().map_or(1, Channels::count) as u64;
    let frames = params.max_frames_per_packet.unwrap_or(1);
    let samples = channels.saturating_mul(frames);
    if samples <= MAX_PACKET {
        return Ok(());
    }
    let what = format!("packets of {samples} samples in {channels} channels");
    Err(AudioError::Unsupported(what))
}
