//! The microphone.
//!
//! The sound system's callback copies samples into a lock-free ring and does
//! nothing else; [`Microphone::read`] takes them out on the caller's thread.

use super::capture_config::{Choice, choose};
use super::capture_ring::{Counters, Errors, Inlet, Outlet, ring};
use super::downmix::downmix;
#[cfg(target_os = "linux")]
use super::shared_card::SharedCard;
use super::{AudioError, Overruns, Pcm, Resampler};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::TryRecvError;

/// What the system's default is called, here and by ALSA.
const DEFAULT: &str = "default";

/// A microphone that the system lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What `--device` takes.
    pub id: String,
    /// What the system calls it.
    pub name: String,
    /// Whether it is the one that is opened when none is named.
    pub default: bool,
}

/// The microphones of this machine.
///
/// # Errors
/// [`AudioError::Device`] when the sound system cannot be asked.
pub fn devices() -> Result<Vec<Device>, AudioError> {
    quieten();
    let host = cpal::default_host();
    let default = host
        .default_input_device()
        .and_then(|device| device.id().ok());
    let inputs = host
        .input_devices()
        .map_err(|error| failed("of this system", &error))?;
    let listed = inputs.filter_map(|device| {
        let id = device.id().ok()?;
        let description = device.description().ok()?;
        let name = std::iter::once(description.name())
            .chain(description.extended())
            .collect::<Vec<_>>()
            .join(", ");
        Some(Device {
            default: Some(&id) == default.as_ref(),
            id: id.id().to_owned(),
            name,
        })
    });
    Ok(listed.collect())
}

/// An open microphone. Dropping it closes the device, for which the driver may
/// take its time: one that has stalled may never answer.
pub struct Microphone {
    /// Kept for its drop, which ends it.
    #[expect(dead_code, reason = "it is there to be dropped")]
    stream: Stream,
    name: String,
    choice: Choice,
    outlet: Outlet,
    counters: Arc<Counters>,
    resampler: Resampler,
    interleaved: Vec<i32>,
    mono: Vec<Pcm>,
}

/// What brings the samples.
#[expect(dead_code, reason = "they are there to be dropped")]
enum Stream {
    Own(cpal::Stream),
    #[cfg(target_os = "linux")]
    Shared(SharedCard),
}

impl Microphone {
    /// Opens a device by its id, or the system's default, which is `default`, too,
    /// and starts it. Samples will come at `rate` hertz.
    ///
    /// # Errors
    /// [`AudioError::NoDevice`], [`AudioError::DeviceBusy`] or
    /// [`AudioError::Device`].
    pub fn open(id: Option<&str>, rate: u32) -> Result<Self, AudioError> {
        quieten();
        let name = id.unwrap_or(DEFAULT).to_owned();
        let device = find(&name)?;
        let offered = device
            .supported_input_configs()
            .map_err(|error| failed(&name, &error))?;
        let choice = choose(offered, rate).ok_or_else(|| AudioError::Device {
            device: name.clone(),
            reason: "it offers neither 16-bit nor 32-bit nor float samples".into(),
        })?;
        let counters = Arc::default();
        let opened = open(&device, choice, &counters).or_else(|error| match error.kind() {
            // Periods are offered for all rates together; a card that is shared has its
            // own alone.
            #[cfg(target_os = "linux")]
            ErrorKind::UnsupportedConfig => {
                let (card, outlet, choice) = SharedCard::open(&name, choice, &counters)?;
                Ok((Stream::Shared(card), outlet, choice))
            }
            _ => Err(error),
        });
        let (stream, outlet, choice) = opened.map_err(|error| failed(&name, &error))?;
        let resampler = Resampler::new(choice.rate, rate)?;
        Ok(Self {
            stream,
            name,
            choice,
            outlet,
            counters,
            resampler,
            interleaved: Vec::new(),
            mono: Vec::new(),
        })
    }

    /// The device's id, or `default`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The configuration that was opened, in words.
    pub fn configuration(&self) -> String {
        let Choice {
            format,
            rate,
            channels,
            ..
        } = self.choice;
        format!("{format}, {rate} Hz, {channels} channels")
    }

    /// The device's rate in hertz, as it was asked for.
    pub fn rate(&self) -> u32 {
        self.choice.rate
    }

    /// What was lost since it was opened.
    pub fn overruns(&self) -> Overruns {
        let Counters { overruns, xruns } = &*self.counters;
        Overruns {
            samples: overruns.load(Ordering::Relaxed),
            reports: xruns.load(Ordering::Relaxed),
        }
    }

    /// Appends what has arrived to `out`, without waiting; returns how many
    /// samples a channel that was, at the device's rate.
    ///
    /// # Errors
    /// [`AudioError::Device`] when the device is gone.
    pub fn read(&mut self, out: &mut Vec<Pcm>) -> Result<usize, AudioError> {
        match self.outlet.failures.try_recv() {
            Ok(error) => return Err(failed(&self.name, &error)),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => (),
        }
        let channels = usize::from(self.choice.channels);
        let available = self.outlet.ring.slots() / channels * channels;
        self.interleaved.clear();
        if let Ok(chunk) = self.outlet.ring.read_chunk(available) {
            self.interleaved.extend(chunk);
        }
        self.mono.clear();
        downmix(&self.interleaved, channels, &mut self.mono);
        self.resampler.push(&self.mono, out);
        Ok(self.mono.len())
    }
}

/// ALSA's library prints its own account of every failure to stderr; ours is
/// one sentence. Each call also empties what it has collected so far.
fn quieten() {
    #[cfg(target_os = "linux")]
    // Without a handler there is only more noise.
    drop(alsa::Output::local_error_handler());
}

fn find(name: &str) -> Result<cpal::Device, AudioError> {
    let host = cpal::default_host();
    if name == DEFAULT {
        let missing = || AudioError::NoDevice("(default)".into());
        return host.default_input_device().ok_or_else(missing);
    }
    let missing = || AudioError::NoDevice(name.to_owned());
    let id = cpal::DeviceId::new(host.id(), name);
    host.device_by_id(&id).ok_or_else(missing)
}

fn open(
    device: &cpal::Device,
    choice: Choice,
    counters: &Arc<Counters>,
) -> Result<(Stream, Outlet, Choice), cpal::Error> {
    let (inlet, errors, outlet) = ring(choice, counters);
    let build = match choice.format {
        SampleFormat::I32 => build::<i32>,
        SampleFormat::I16 => build::<i16>,
        _ => build::<f32>,
    };
    let stream = build(device, choice, inlet, errors)?;
    stream.play()?;
    Ok((Stream::Own(stream), outlet, choice))
}

fn build<T: SizedSample>(
    device: &cpal::Device,
    choice: Choice,
    mut inlet: Inlet,
    errors: Errors,
) -> Result<cpal::Stream, cpal::Error>
where
    i32: FromSample<T>,
{
    let config = StreamConfig {
        channels: choice.channels,
        sample_rate: choice.rate,
        buffer_size: choice.period.map_or(BufferSize::Default, BufferSize::Fixed),
    };
    let on_samples = move |samples: &[T], _: &_| inlet.take(samples);
    device.build_input_stream(config, on_samples, move |error| errors.take(error), None)
}

fn failed(device: &str, error: &cpal::Error) -> AudioError {
    let device = device.to_owned();
    match error.kind() {
        ErrorKind::DeviceBusy => AudioError::DeviceBusy(device),
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => AudioError::NoDevice(device),
        ErrorKind::PermissionDenied => AudioError::Device {
            device,
            reason: "permission denied; add your user to the group `audio`".into(),
        },
        _ => AudioError::Device {
            device,
            reason: error.to_string(),
        },
    }
}
