//! Compressed and uncompressed files to samples, through symphonia.

mod errors;

use super::downmix::downmix;
use super::{AudioError, Damage, Pcm};
use errors::{decoder_error, probe_error, read_error};
use std::sync::LazyLock;
use symphonia::core::audio::{Audio, Channels, GenericAudioBufferRef};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

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

/// Decodes the first audio track of a file to mono [`Pcm`] at its own rate.
pub(super) struct Decoder {
    format: Box<dyn FormatReader>,
    codec: Box<dyn AudioDecoder>,
    track: u32,
    rate: u32,
    /// Samples a channel that the container states; 0 is what streams write
    /// that did not know.
    expected_frames: Option<u64>,
    /// Set where nothing may be missing: what is stated of lossless formats is exact.
    lossless: bool,
    /// Samples a channel that were decoded so far.
    decoded_frames: u64,
    /// Packets that were skipped because they did not decode.
    damaged: u64,
    interleaved: Vec<i32>,
}

impl Decoder {
    pub(super) fn new(
        source: Box<dyn MediaSource>,
        extension: Option<&str>,
    ) -> Result<Self, AudioError> {
        let format = open(source, extension)?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or(AudioError::Empty)?;
        let params = track
            .codec_params
            .as_ref()
            .and_then(|params| params.audio())
            .ok_or_else(|| AudioError::Unsupported("a codec it does not name".into()))?;
        check_packets(params)?;
        let decoder = CODECS
            .make_audio_decoder(params, &AudioDecoderOptions::default())
            .map_err(|error| decoder_error(&error, params))?;
        let rate = decoder
            .codec_params()
            .sample_rate
            .or(params.sample_rate)
            .unwrap_or(0);
        let codec = decoder.codec_info().short_name;
        let lossless = codec.starts_with("pcm") || ["flac", "alac"].contains(&codec);
        Ok(Self {
            track: track.id,
            expected_frames: track.num_frames.filter(|&frames| frames > 0),
            rate,
            lossless,
            decoded_frames: 0,
            damaged: 0,
            interleaved: Vec::new(),
            format,
            codec: decoder,
        })
    }

    /// Returns the sample rate of what [`Decoder::next`] appends, in hertz.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Appends the next packet's samples to `mono`; `false` at the end.
    pub(super) fn next(&mut self, mono: &mut Vec<Pcm>) -> Result<bool, AudioError> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) | Err(Error::ResetRequired) => return self.end(),
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return self.end();
                }
                Err(error) => return Err(read_error(error)),
            };
            match self.codec.decode(&packet) {
                Ok(buffer) => {
                    let frames = append(&buffer, &mut self.interleaved, mono)?;
                    self.decoded_frames += frames as u64;
                    return Ok(true);
                }
                Err(Error::DecodeError(_) | Error::IoError(_)) => self.damaged += 1,
                Err(error) => return Err(read_error(error)),
            }
        }
    }

    /// Ends; an error if nothing was there.
    fn end(&self) -> Result<bool, AudioError> {
        match self.damaged {
            _ if self.decoded_frames > 0 => Ok(false),
            0 => Err(AudioError::Empty),
            damaged => Err(AudioError::Malformed(format!(
                "none of {damaged} packets decodes"
            ))),
        }
    }

    /// Returns the damage, as far as it has been read.
    pub(super) fn damage(&self) -> Damage {
        let expected = self.expected_frames.filter(|_| self.lossless);
        Damage {
            packets: self.damaged,
            missing: expected.unwrap_or(0).saturating_sub(self.decoded_frames),
        }
    }
}

/// Finds out which container a file is, for which its name's extension is a hint.
fn open(
    source: Box<dyn MediaSource>,
    extension: Option<&str>,
) -> Result<Box<dyn FormatReader>, AudioError> {
    let mut hint = Hint::new();
    if let Some(extension) = extension {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let (format, metadata) = (FormatOptions::default(), MetadataOptions::default());
    symphonia::default::get_probe()
        .probe(&hint, stream, format, metadata)
        .map_err(|error| probe_error(&error))
}

/// Appends one decoded packet, mixed down; returns its samples a channel.
fn append(
    buffer: &GenericAudioBufferRef<'_>,
    interleaved: &mut Vec<i32>,
    mono: &mut Vec<Pcm>,
) -> Result<usize, AudioError> {
    let channels = buffer.num_planes();
    if channels == 0 {
        return Ok(0);
    }
    if !is_finite(buffer) {
        return Err(AudioError::NotFinite);
    }
    buffer.copy_to_vec_interleaved(interleaved);
    downmix(interleaved, channels, mono);
    Ok(buffer.frames())
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
