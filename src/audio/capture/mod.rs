//! The microphone.
//!
//! The sound system's callback copies samples into a lock-free ring and does
//! nothing else; [`Microphone::read`] takes them out on the caller's thread.

mod config;
#[cfg(target_os = "linux")]
mod dsnoop;
mod listing;
mod ring;

use super::downmix::Mixer;
use super::{AudioError, Channel, Overruns, Pcm, Resampler};
use crate::guard::guarded;
use config::{CaptureConfig, RATES, choose, is_read, why_not};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, I24, SampleFormat, SizedSample, StreamConfig};
#[cfg(target_os = "linux")]
use dsnoop::DsnoopReader;
use listing::{Capture, DEFAULT, Name, is_worth_opening, microphones};
use ring::{Consumer, ErrorSlot, LossCounters, Producer, ring};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{TryRecvError, channel};
use std::thread;
use std::time::Duration;

pub use listing::Device;

/// Time for a device to say whether it can capture.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns the microphones of this machine: the system's default, where it can capture,
/// and each input of a card. What another program holds is among them.
///
/// # Errors
/// [`AudioError::Device`] when the sound system cannot be asked.
pub fn devices() -> Result<Vec<Device>, AudioError> {
    silence_alsa();
    let inputs = cpal::default_host()
        .input_devices()
        .map_err(|error| failed("of this system", &error))?;
    let names = inputs.filter_map(|device| {
        let id = device.id().ok()?.id().to_owned();
        let description = device.description().ok()?;
        let words = std::iter::once(description.name()).chain(description.extended());
        let description = words.collect::<Vec<_>>().join(", ");
        // One at a time: several names lead to one card, which would be busy.
        is_worth_opening(&id).then(|| Name {
            capture: ask(device),
            description,
            id,
        })
    });
    Ok(microphones(&names.collect::<Vec<_>>()))
}

/// Opens a device for a moment, to see whether it can capture: from a thread of its own,
/// as it may never answer.
fn ask(device: cpal::Device) -> Capture {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        silence_alsa();
        let answer = guarded(|| Ok(captures(&device)), || ());
        // Nobody may wait any more.
        let _ = sender.send(answer.unwrap_or(Capture::No));
    });
    receiver
        .recv_timeout(ANSWER_TIMEOUT)
        .unwrap_or(Capture::Busy)
}

fn captures(device: &cpal::Device) -> Capture {
    let offered = device.supported_input_configs().map(Iterator::count);
    match offered {
        Ok(0) => Capture::No,
        Ok(_) => Capture::Yes,
        Err(error) if error.kind() == ErrorKind::DeviceBusy => Capture::Busy,
        Err(_) => Capture::No,
    }
}

/// An open microphone. Dropping it closes the device, for which the driver may
/// take its time: one that has stalled may never answer.
pub struct Microphone {
    /// Kept for its drop, which ends it.
    #[expect(dead_code, reason = "it is there to be dropped")]
    stream: InputStream,
    name: String,
    config: CaptureConfig,
    consumer: Consumer,
    counters: Arc<LossCounters>,
    mixer: Mixer,
    resampler: Resampler,
    interleaved: Vec<i32>,
    mono: Vec<Pcm>,
}

/// The source of the samples.
#[expect(dead_code, reason = "they are there to be dropped")]
enum InputStream {
    Cpal(cpal::Stream),
    #[cfg(target_os = "linux")]
    Dsnoop(DsnoopReader),
}

impl Microphone {
    /// Opens a device by its id and starts it. Without an id it is the system's default,
    /// `default`, or where that cannot capture the only microphone that there is. Samples
    /// of that channel will come at `rate` hertz.
    ///
    /// # Errors
    /// [`AudioError::NoDevice`], [`AudioError::DeviceBusy`],
    /// [`AudioError::Device`], or [`AudioError::ManyDevices`].
    pub fn open(id: Option<&str>, rate: u32, channel: Channel) -> Result<Self, AudioError> {
        let opened = Self::open_named(id.unwrap_or(DEFAULT), rate, channel);
        match opened {
            Err(AudioError::NoDevice(_) | AudioError::Device { .. }) if id.is_none() => {
                Self::open_only(rate, channel)
            }
            opened => opened,
        }
    }

    /// Opens the only microphone of a machine whose default cannot capture.
    fn open_only(rate: u32, channel: Channel) -> Result<Self, AudioError> {
        let cards = devices()?.into_iter().filter(|device| device.id != DEFAULT);
        let ids: Vec<String> = cards.map(|device| device.id).collect();
        match ids.as_slice() {
            [] => Err(AudioError::NoDevices),
            [only] => Self::open_named(only, rate, channel),
            _ => Err(AudioError::ManyDevices(ids.join(", "))),
        }
    }

    fn open_named(id: &str, rate: u32, channel: Channel) -> Result<Self, AudioError> {
        let broken = || AudioError::Device {
            device: id.into(),
            reason: "the sound system's library broke off, as where few files may be open".into(),
        };
        guarded(|| Self::open_at(id, rate, channel, rate), broken)
    }

    /// Opens a device at the preferred rate, if it has that.
    fn open_at(id: &str, rate: u32, channel: Channel, preferred: u32) -> Result<Self, AudioError> {
        silence_alsa();
        let name = id.to_owned();
        let device = find(&name)?;
        let offered = device
            .supported_input_configs()
            .map_err(|error| failed(&name, &error))?;
        let offered: Vec<_> = offered.collect();
        if !offered.iter().any(is_read)
            && let Some(card) = id.strip_prefix("hw:")
        {
            // Samples of three bytes, which ALSA's own conversion makes wider. At the rate
            // that such devices have it changes nothing else.
            return Self::open_at(&format!("plughw:{card}"), rate, channel, RATES[0]);
        }
        let config = choose(&offered, preferred, channel).ok_or_else(|| AudioError::Device {
            reason: why_not(&offered, &name, channel),
            device: name.clone(),
        })?;
        let counters = Arc::default();
        let opened = open(&device, config, &counters).or_else(|error| match error.kind() {
            // Periods are offered for all rates together; a card that is shared has its
            // own alone.
            #[cfg(target_os = "linux")]
            ErrorKind::UnsupportedConfig => {
                let (card, consumer, config) = DsnoopReader::open(&name, config, &counters)?;
                Ok((InputStream::Dsnoop(card), consumer, config))
            }
            _ => Err(error),
        });
        let (stream, consumer, config) = opened.map_err(|error| failed(&name, &error))?;
        let resampler = Resampler::new(config.rate, rate)?;
        Ok(Self {
            stream,
            name,
            config,
            consumer,
            counters,
            mixer: Mixer::new(channel),
            resampler,
            interleaved: Vec::new(),
            mono: Vec::new(),
        })
    }

    /// Returns the device's id, or `default`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the configuration that was opened, in words.
    pub fn configuration(&self) -> String {
        let CaptureConfig {
            format,
            rate,
            channels,
            ..
        } = self.config;
        format!("{format}, {rate} Hz, {channels} channels")
    }

    /// Returns the device's rate in hertz, as it was asked for.
    pub fn rate(&self) -> u32 {
        self.config.rate
    }

    /// Returns its losses since it was opened.
    pub fn overruns(&self) -> Overruns {
        let LossCounters { overruns, xruns } = &*self.counters;
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
        match self.consumer.errors.try_recv() {
            Ok(error) => return Err(failed(&self.name, &error)),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => (),
        }
        let channels = usize::from(self.config.channels);
        let available = self.consumer.ring.slots() / channels * channels;
        self.interleaved.clear();
        if let Ok(chunk) = self.consumer.ring.read_chunk(available) {
            self.interleaved.extend(chunk);
        }
        self.mono.clear();
        self.mixer
            .mix(&self.interleaved, channels, &mut self.mono)?;
        self.resampler.push(&self.mono, out);
        Ok(available / channels)
    }
}

/// ALSA's library prints its own account of every failure to stderr; ours is
/// one sentence. Each call also empties what it has collected so far.
fn silence_alsa() {
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
    config: CaptureConfig,
    counters: &Arc<LossCounters>,
) -> Result<(InputStream, Consumer, CaptureConfig), cpal::Error> {
    let (producer, errors, consumer) = ring(config, counters);
    let build = match config.format {
        SampleFormat::I32 => build::<i32>,
        SampleFormat::I24 => build::<I24>,
        SampleFormat::I16 => build::<i16>,
        _ => build::<f32>,
    };
    let stream = build(device, config, producer, errors)?;
    stream.play()?;
    Ok((InputStream::Cpal(stream), consumer, config))
}

fn build<T: SizedSample>(
    device: &cpal::Device,
    config: CaptureConfig,
    mut producer: Producer,
    errors: ErrorSlot,
) -> Result<cpal::Stream, cpal::Error>
where
    i32: FromSample<T>,
{
    let config = StreamConfig {
        channels: config.channels,
        sample_rate: config.rate,
        buffer_size: config.period.map_or(BufferSize::Default, BufferSize::Fixed),
    };
    let on_samples = move |samples: &[T], _: &_| producer.push(samples);
    device.build_input_stream(config, on_samples, move |error| errors.report(error), None)
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
