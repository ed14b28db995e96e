//! The audio track of a container that symphonia takes apart.

use super::CODECS;
use super::container::Container;
use super::errors::{codec_error, open_error, read_error};
use super::input::Input;
use super::packets::{Packets, Step, Stream};
use super::trailing::cut_off;
use crate::audio::{AudioError, Damage};
use std::io::ErrorKind;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ALAC, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, CODEC_ID_NULL_AUDIO};
use symphonia::core::errors::{Error, Result as CoreResult};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::formats::{CafReader, FlacReader, IsoMp4Reader, MkvReader, OggReader};

/// The packets of one track.
pub(super) struct Tracks {
    format: Box<dyn FormatReader>,
    track: u32,
    /// What the container names as codecs that symphonia does not know.
    unknown: Vec<String>,
    /// Set where a stream begins that was not announced yet.
    begins: bool,
    /// Further tracks with sound.
    others: u64,
    /// Bytes behind the container.
    behind: u64,
    is_caf: bool,
}

impl Tracks {
    /// Opens a container. `unknown` names the codecs of tracks that the reader may
    /// not know.
    pub(super) fn open(
        container: Container,
        mut input: Input,
        unknown: Vec<String>,
    ) -> Result<Self, AudioError> {
        let behind = cut_off(container, &mut input)?;
        let stream = MediaSourceStream::new(Box::new(input), MediaSourceStreamOptions::default());
        let format = reader(container, stream).map_err(|error| open_error(&error))?;
        let mut tracks = Self {
            format,
            track: 0,
            unknown,
            begins: true,
            others: 0,
            behind,
            is_caf: container == Container::Caf,
        };
        tracks.choose()?;
        Ok(tracks)
    }

    /// Chooses the track to read: the container's default, if it can be decoded.
    fn choose(&mut self) -> Result<(), AudioError> {
        let default = self.format.default_track(TrackType::Audio);
        let default = default.map(|track| track.id);
        let all = self.format.tracks().iter().filter(|track| is_sound(track));
        let readable = all.clone().filter(|track| is_known(track));
        let chosen = readable
            .clone()
            .find(|track| Some(track.id) == default)
            .or_else(|| readable.clone().next())
            .or_else(|| all.clone().next());
        let Some(chosen) = chosen else {
            return Err(match self.unknown.first() {
                Some(codec) => AudioError::Unsupported(codec.clone()),
                None => AudioError::Empty,
            });
        };
        self.track = chosen.id;
        self.others = self.others.max(all.count() as u64 - 1);
        self.begins = true;
        Ok(())
    }

    fn stream(&self) -> Result<Stream, AudioError> {
        let tracks = self.format.tracks();
        let track = tracks.iter().find(|track| track.id == self.track);
        let params = track.and_then(params_of);
        let (Some(track), Some(params)) = (track, params) else {
            return Err(AudioError::Empty);
        };
        if !is_known(track) {
            return Err(codec_error(params, self.unknown.first()));
        }
        let mut params = params.clone();
        if [CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW].contains(&params.codec) {
            // What stands there is of the coded samples; the decoder wants the others'.
            (params.bits_per_sample, params.bits_per_coded_sample) = (None, None);
        }
        // symphonia counts what CAF cuts off the last packet of ALAC.
        let is_exact = !(self.is_caf && params.codec == CODEC_ID_ALAC);
        Ok(Stream {
            params,
            frames: track.num_frames.filter(|_| is_exact),
        })
    }
}

impl Packets for Tracks {
    fn next(&mut self) -> Result<Step, AudioError> {
        if self.begins {
            self.begins = false;
            return Ok(Step::Stream(Box::new(self.stream()?)));
        }
        loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => {
                    return Ok(Step::Packet(packet));
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(Step::End),
                Err(Error::ResetRequired) => {
                    self.choose()?;
                    return self.next();
                }
                Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Ok(Step::End);
                }
                Err(error) => return Err(read_error(error)),
            }
        }
    }

    fn damage(&self, damage: &mut Damage) {
        damage.other_tracks = damage.other_tracks.max(self.others);
        damage.skipped_bytes += self.behind;
    }
}

fn reader(
    container: Container,
    stream: MediaSourceStream<'static>,
) -> CoreResult<Box<dyn FormatReader>> {
    let options = FormatOptions::default();
    Ok(match container {
        Container::Caf => Box::new(CafReader::try_new(stream, options)?),
        Container::Flac => Box::new(FlacReader::try_new(stream, options)?),
        Container::Matroska => Box::new(MkvReader::try_new(stream, options)?),
        Container::Mp4 => Box::new(IsoMp4Reader::try_new(stream, options)?),
        _ => Box::new(OggReader::try_new(stream, options)?),
    })
}

fn is_sound(track: &Track) -> bool {
    track.track_type() == Some(TrackType::Audio)
}

fn params_of(track: &Track) -> Option<&AudioCodecParameters> {
    track.codec_params.as_ref()?.audio()
}

fn is_known(track: &Track) -> bool {
    params_of(track).is_some_and(|params| {
        params.codec != CODEC_ID_NULL_AUDIO && CODECS.get_audio_decoder(params.codec).is_some()
    })
}
