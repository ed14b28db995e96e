//! The messages between a decoder's process and the one that asks it.
//!
//! Each is a byte that says its kind, the length of what follows as four bytes, and
//! that: JSON, or samples of four bytes, all in little-endian order.

use super::super::{AudioError, Channel, Damage, Pcm};
use crate::error::{Class, Classified, with_causes};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Bytes of a message before its content.
const HEAD: usize = 5;

/// Samples of a message at most.
const SAMPLES: usize = 4096;

/// A recording to decode.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Request {
    pub input: Input,
    /// The rate at which its samples are wanted, in hertz.
    pub rate: u32,
    pub channel: Channel,
}

/// The place of a recording.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Input {
    /// A file, by the bytes of its path.
    File(Vec<u8>),
    /// The standard input, which both processes share.
    Stdin,
    /// So many bytes, which follow the request.
    Memory { length: u64 },
}

impl Input {
    pub fn file(path: &Path) -> Self {
        Self::File(path.as_os_str().as_bytes().to_vec())
    }

    pub fn path(bytes: &[u8]) -> PathBuf {
        OsStr::from_bytes(bytes).into()
    }
}

/// What a decoder has to say.
#[derive(Debug)]
pub(super) enum Reply {
    /// It was opened, and has so many channels.
    Opened(usize),
    Samples(Vec<Pcm>),
    /// So many thousandths of the file have been read.
    Progress(u16),
    End(End),
}

/// The end of a recording.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct End {
    /// What it lacked, or why it cannot be read, as a class and a sentence.
    pub outcome: Result<Damage, (Class, String)>,
    /// Set when the process takes no other recording.
    pub is_last: bool,
}

impl End {
    pub fn new(outcome: Result<Damage, AudioError>, is_last: bool) -> Self {
        let outcome = outcome.map_err(|error| (error.class(), with_causes(&error)));
        Self { outcome, is_last }
    }
}

const SAMPLES_KIND: u8 = b's';
const OPENED_KIND: u8 = b'o';
const PROGRESS_KIND: u8 = b'p';
const END_KIND: u8 = b'e';
const REQUEST_KIND: u8 = b'r';

fn send(to: &mut impl Write, kind: u8, content: &[u8]) -> io::Result<()> {
    let mut message = Vec::with_capacity(HEAD + content.len());
    message.push(kind);
    message.extend((content.len() as u32).to_le_bytes());
    message.extend(content);
    to.write_all(&message)
}

fn send_json(to: &mut impl Write, kind: u8, content: &impl Serialize) -> io::Result<()> {
    send(to, kind, &serde_json::to_vec(content)?)
}

impl Request {
    pub fn send(&self, to: &mut impl Write) -> io::Result<()> {
        send_json(to, REQUEST_KIND, self)
    }

    /// Waits for the next request; `None` when nobody asks any more.
    pub fn receive(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut head = [0; HEAD];
        if from.read(&mut head[..1])? == 0 {
            return Ok(None);
        }
        from.read_exact(&mut head[1..])?;
        let mut content = vec![0; length(head)];
        from.read_exact(&mut content)?;
        Ok(Some(serde_json::from_slice(&content)?))
    }
}

fn length(head: [u8; HEAD]) -> usize {
    let [_, length @ ..] = head;
    u32::from_le_bytes(length) as usize
}

impl Reply {
    /// Sends the number of channels.
    pub fn send_opened(to: &mut impl Write, channels: usize) -> io::Result<()> {
        send_json(to, OPENED_KIND, &channels)
    }

    /// Sends samples.
    pub fn send_samples(to: &mut impl Write, samples: &[Pcm]) -> io::Result<()> {
        for samples in samples.chunks(SAMPLES) {
            let bytes: Vec<u8> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
            send(to, SAMPLES_KIND, &bytes)?;
        }
        Ok(())
    }

    /// Sends how many thousandths have been read.
    pub fn send_progress(to: &mut impl Write, thousandths: u16) -> io::Result<()> {
        send_json(to, PROGRESS_KIND, &thousandths)
    }

    /// Sends that there are no more.
    pub fn send_end(to: &mut impl Write, end: &End) -> io::Result<()> {
        send_json(to, END_KIND, end)
    }

    /// Takes the first reply off bytes that came; `None` until it is whole.
    pub fn take(received: &mut Vec<u8>) -> io::Result<Option<Self>> {
        let Some(head) = received.first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let (kind, end) = (head[0], HEAD + length(*head));
        let Some(content) = received.get(HEAD..end) else {
            return Ok(None);
        };
        let reply = match kind {
            SAMPLES_KIND => {
                let (samples, _) = content.as_chunks();
                Self::Samples(samples.iter().map(|it| Pcm::from_le_bytes(*it)).collect())
            }
            OPENED_KIND => Self::Opened(serde_json::from_slice(content)?),
            PROGRESS_KIND => Self::Progress(serde_json::from_slice(content)?),
            END_KIND => Self::End(serde_json::from_slice(content)?),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        received.drain(..end);
        Ok(Some(reply))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_arrive_as_they_were_sent() {
        let memory = Input::Memory { length: 3 };
        let named = Input::file(Input::path(b"a\xffb\n.wav").as_path());
        for input in [Input::Stdin, memory, named] {
            let request = Request {
                input,
                rate: 16_000,
                channel: Channel::Number(2),
            };
            let mut bytes = Vec::new();
            request.send(&mut bytes).unwrap();
            bytes.extend(b"RIFF");
            let mut rest = &bytes[..];
            assert_eq!(Request::receive(&mut rest).unwrap(), Some(request));
            assert_eq!(rest, b"RIFF");
        }
        assert!(Request::receive(&mut &[][..]).unwrap().is_none());
        assert!(Request::receive(&mut &[REQUEST_KIND, 9][..]).is_err());
    }

    #[test]
    fn replies_are_taken_when_they_are_whole() {
        let samples: Vec<Pcm> = (-6000..6000).collect();
        let damage = Damage {
            packets: 2,
            ..Damage::default()
        };
        let mut bytes = Vec::new();
        Reply::send_opened(&mut bytes, 2).unwrap();
        Reply::send_samples(&mut bytes, &samples).unwrap();
        Reply::send_progress(&mut bytes, 1000).unwrap();
        Reply::send_end(&mut bytes, &End::new(Ok(damage.clone()), false)).unwrap();
        Reply::send_end(&mut bytes, &End::new(Err(AudioError::Empty), true)).unwrap();
        let (mut received, mut heard, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for piece in bytes.chunks(1000) {
            received.extend(piece);
            while let Some(reply) = Reply::take(&mut received).unwrap() {
                match reply {
                    Reply::Opened(channels) => assert_eq!((channels, heard.len()), (2, 0)),
                    Reply::Samples(samples) => heard.extend(samples),
                    Reply::Progress(all) => assert_eq!((all, heard.len()), (1000, 12_000)),
                    Reply::End(end) => ends.push((end.outcome, end.is_last)),
                }
            }
        }
        assert_eq!(heard, samples);
        let empty = (Class::Data, AudioError::Empty.to_string());
        assert_eq!(ends, [(Ok(damage), false), (Err(empty), true)]);
        assert!(Reply::take(&mut vec![b'?', 0, 0, 0, 0]).is_err());
    }
}
