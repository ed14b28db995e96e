//! ALSA's dsnoop: a sound card that several programs hear at a time.
//!
//! It wakes a reader up to two of the card's periods late ("no" of alsa-lib's
//! `hw_ptr_alignment`), and cpal gives every device a buffer of two: it would overrun
//! for ever. So this is read here, through a buffer that is as long as may be.

use super::config::{CaptureConfig, RATES};
use super::ring::{Consumer, ErrorSlot, LossCounters, Producer, ring};
use alsa::pcm::{Access, Format, HwParams, IoFormat};
use alsa::{Direction, PCM, ValueOr};
use cpal::{FromSample, SampleFormat};
use nix::errno::Errno;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Time between two looks whether the thread should end, in milliseconds.
const TICK: u32 = 100;

/// Buffers a second, if the card lets us say.
const BUFFERS: u32 = 2;

/// The thread that reads a card. Dropping it ends both.
pub(super) struct DsnoopReader {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl DsnoopReader {
    /// Opens a card and reads it as `config` says, at the card's own rate.
    ///
    /// # Errors
    /// ALSA's.
    pub fn open(
        name: &str,
        config: CaptureConfig,
        counters: &Arc<LossCounters>,
    ) -> Result<(Self, Consumer, CaptureConfig), cpal::Error> {
        let open = match config.format {
            SampleFormat::I32 => Self::open_as::<i32>,
            SampleFormat::I16 => Self::open_as::<i16>,
            _ => Self::open_as::<f32>,
        };
        open(name, config, counters)
    }

    fn open_as<T: IoFormat + Default>(
        name: &str,
        config: CaptureConfig,
        counters: &Arc<LossCounters>,
    ) -> Result<(Self, Consumer, CaptureConfig), cpal::Error>
    where
        i32: FromSample<T>,
    {
        let pcm = PCM::new(name, Direction::Capture, true)?;
        let rate = own_rate(&pcm).unwrap_or(config.rate);
        let config = CaptureConfig { rate, ..config };
        configure(&pcm, T::FORMAT, config)?;
        pcm.start()?;
        let (producer, errors, consumer) = ring(config, counters);
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            if let Err(error) = read::<T>(&pcm, config, producer, &errors, &ended) {
                errors.report(error.into());
            }
        });
        let thread = Some(thread);
        Ok((Self { ends, thread }, consumer, config))
    }
}

impl Drop for DsnoopReader {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

/// Returns the rate of the card: at no other is a period of one length. At others ALSA would
/// convert, by straight lines and without a filter.
fn own_rate(pcm: &PCM) -> Option<u32> {
    let has_one_period = |rate: u32| -> alsa::Result<bool> {
        let parameters = HwParams::any(pcm)?;
        parameters.set_rate(rate, ValueOr::Nearest)?;
        Ok(parameters.get_period_size_min()? == parameters.get_period_size_max()?)
    };
    RATES
        .into_iter()
        .find(|&rate| has_one_period(rate).unwrap_or(false))
}

fn configure(pcm: &PCM, format: Format, config: CaptureConfig) -> alsa::Result<()> {
    let parameters = HwParams::any(pcm)?;
    parameters.set_access(Access::RWInterleaved)?;
    parameters.set_format(format)?;
    parameters.set_channels(config.channels.into())?;
    parameters.set_rate(config.rate, ValueOr::Nearest)?;
    // ALSA's frames have the width of a register.
    let buffer = (config.rate / BUFFERS) as i32;
    parameters.set_buffer_size_near(buffer.into())?;
    pcm.hw_params(&parameters)
}

/// Reads until it is told to end, or for an error that the card does not recover from.
fn read<T: IoFormat + Default>(
    pcm: &PCM,
    config: CaptureConfig,
    mut producer: Producer,
    errors: &ErrorSlot,
    ends: &AtomicBool,
) -> alsa::Result<()>
where
    i32: FromSample<T>,
{
    let io = pcm.io_checked::<T>()?;
    let channels = usize::from(config.channels);
    let frames = (config.rate * TICK / 1000) as usize;
    let mut buffer = vec![T::default(); frames * channels];
    while !ends.load(Ordering::Relaxed) {
        let arrived = pcm.wait(Some(TICK)).and_then(|is_ready| {
            if is_ready {
                io.readi(&mut buffer)
            } else {
                Ok(0)
            }
        });
        match arrived {
            Ok(frames) => producer.push(&buffer[..frames * channels]),
            Err(error) if error.errno() == Errno::EAGAIN as i32 => (),
            Err(error) => {
                // From an overrun, or the system's sleep.
                pcm.try_recover(error, true)?;
                errors.report(error.into());
                pcm.start()?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::skip;
    use std::path::Path;
    use std::time::{Duration, Instant};

    /// ALSA's device of silence, which any machine has that has its configuration.
    #[test]
    fn a_card_is_read_and_let_go() {
        if !Path::new("/usr/share/alsa/alsa.conf").exists() {
            skip("ALSA's configuration is not installed");
            return;
        }
        let config = |format| CaptureConfig {
            format,
            rate: 16_000,
            channels: 2,
            period: None,
        };
        for format in [SampleFormat::I32, SampleFormat::I16, SampleFormat::F32] {
            let opened = DsnoopReader::open("null", config(format), &Arc::default());
            let (card, mut consumer, opened) = opened.unwrap();
            assert_eq!(opened, config(format));
            let begun = Instant::now();
            while consumer.ring.slots() < 64_000 {
                assert!(begun.elapsed() < Duration::from_secs(20), "{format}");
                thread::sleep(Duration::from_millis(5));
            }
            drop(card);
            assert!(consumer.errors.try_recv().is_err());
            let chunk = consumer.ring.read_chunk(64_000).unwrap();
            assert!(chunk.into_iter().all(|sample| sample == 0));
        }
        let format = SampleFormat::I16;
        assert!(DsnoopReader::open("hw:CARD=Nobody", config(format), &Arc::default()).is_err());
    }
}
