//! The microphone.
//!
//! The sound system's callback copies samples into a lock-free ring and does
//! nothing else; [`Microphone::read`] takes them out on the caller's thread.

use super::capture_config::{Choice, choose};
use super::downmix::downmix;
use super::{AudioError, Overruns, Pcm, Resampler};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

/// Seconds that the ring holds: what the engine may fall behind.
const RING_SECONDS: usize = 4;

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
    /// Kept for its drop, which stops the callback.
    #[expect(dead_code, reason = "it is there to be dropped")]
    stream: cpal::Stream,
    name: String,
    choice: Choice,
    ring: rtrb::Consumer<i32>,
    counters: Arc<Counters>,
    failures: Receiver<cpal::Error>,
    resampler: Resampler,
    interleaved: Vec<i32>,
    mono: Vec<Pcm>,
}

/// What the callbacks count.
#[derive(Default)]
struct Counters {
    /// Frames that found the ring full.
    overruns: AtomicU64,
    /// Times that the driver reported an overrun of its own.
    xruns: AtomicU64,
}

impl Microphone {
    /// Opens a device by its id, or the system's default, and starts it.
    /// Samples will come at `rate` hertz.
    ///
    /// # Errors
    /// [`AudioError::NoDevice`], [`AudioError::DeviceBusy`] or
    /// [`AudioError::Device`].
    pub fn open(id: Option<&str>, rate: u32) -> Result<Self, AudioError> {
        quieten();
        let name = id.unwrap_or("default").to_owned();
        let device = find(id)?;
        let offered = device
            .supported_input_configs()
            .map_err(|error| failed(&name, &error))?;
        let choice = choose(offered, rate).ok_or_else(|| AudioError::Device {
            device: name.clone(),
            reason: "it offers neither 16-bit nor 32-bit nor float samples".into(),
        })?;
        let resampler = Resampler::new(choice.rate, rate)?;
        let counters = Arc::new(Counters::default());
        let capacity = RING_SECONDS * choice.rate as usize * usize::from(choice.channels);
        let start = |choice| {
            let (producer, ring) = rtrb::RingBuffer::new(capacity);
            let (sender, failures) = channel();
            let stream = build(&device, choice, producer, &counters, sender)?;
            stream.play()?;
            Ok((stream, ring, failures))
        };
        let started = start(choice).or_else(|error: cpal::Error| match error.kind() {
            // Periods are offered for all rates together. Behind ALSA's dsnoop, one
            // rate leaves only that of the sound card, which the device knows.
            ErrorKind::UnsupportedConfig => start(Choice {
                period: None,
                ..choice
            }),
            _ => Err(error),
        });
        let (stream, ring, failures) = started.map_err(|error| failed(&name, &error))?;
        Ok(Self {
            stream,
            name,
            choice,
            ring,
            counters,
            failures,
            resampler,
            interleaved: Vec::with_capacity(capacity),
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
        match self.failures.try_recv() {
            Ok(error) => return Err(failed(&self.name, &error)),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => (),
        }
        let channels = usize::from(self.choice.channels);
        let available = self.ring.slots() / channels * channels;
        self.interleaved.clear();
        if let Ok(chunk) = self.ring.read_chunk(available) {
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

fn find(id: Option<&str>) -> Result<cpal::Device, AudioError> {
    let host = cpal::default_host();
    let Some(id) = id else {
        return host
            .default_input_device()
            .ok_or_else(|| AudioError::NoDevice("(default)".into()));
    };
    let missing = || AudioError::NoDevice(id.to_owned());
    let device_id = cpal::DeviceId::new(host.id(), id);
    host.device_by_id(&device_id).ok_or_else(missing)
}

fn build(
    device: &cpal::Device,
    choice: Choice,
    producer: rtrb::Producer<i32>,
    counters: &Arc<Counters>,
    failures: Sender<cpal::Error>,
) -> Result<cpal::Stream, cpal::Error> {
    match choice.format {
        SampleFormat::I32 => build_as::<i32>(device, choice, producer, counters, failures),
        SampleFormat::I16 => build_as::<i16>(device, choice, producer, counters, failures),
        _ => build_as::<f32>(device, choice, producer, counters, failures),
    }
}

fn build_as<T: SizedSample>(
    device: &cpal::Device,
    choice: Choice,
    mut producer: rtrb::Producer<i32>,
    counters: &Arc<Counters>,
    failures: Sender<cpal::Error>,
) -> Result<cpal::Stream, cpal::Error>
where
    i32: FromSample<T>,
{
    let config = StreamConfig {
        channels: choice.channels,
        sample_rate: choice.rate,
        buffer_size: choice.period.map_or(BufferSize::Default, BufferSize::Fixed),
    };
    let channels = usize::from(choice.channels);
    let counting = Arc::clone(counters);
    let on_data = move |data: &[T], _: &_| {
        // Whole frames only, or the channels would change places.
        let fits = (producer.slots() / channels * channels).min(data.len());
        if let Ok(chunk) = producer.write_chunk_uninit(fits) {
            chunk.fill_from_iter(data[..fits].iter().map(|&sample| i32::from_sample_(sample)));
        }
        let lost = (data.len() - fits) / channels;
        counting.overruns.fetch_add(lost as u64, Ordering::Relaxed);
    };
    let counting = Arc::clone(counters);
    let on_error = move |error: cpal::Error| match error.kind() {
        ErrorKind::Xrun => {
            counting.xruns.fetch_add(1, Ordering::Relaxed);
        }
        // The stream goes on after these.
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => (),
        // A receiver that is gone has no use for it.
        _ => drop(failures.send(error)),
    };
    device.build_input_stream(config, on_data, on_error, None)
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
