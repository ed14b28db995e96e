//! A sound card that several programs hear at a time: ALSA's dsnoop.
//!
//! It wakes a reader up to two of the card's periods late ("no" of alsa-lib's
//! `hw_ptr_alignment`), and cpal gives every device a buffer of two: it would overrun
//! for ever. So this is read here, through a buffer that is as long as may be.

use super::capture_config::{Choice, RATES};
use super::capture_ring::{Counters, Errors, Inlet, Outlet, ring};
use alsa::pcm::{Access, Format, HwParams, IoFormat};
use alsa::{Direction, PCM, ValueOr};
use cpal::{FromSample, SampleFormat};
use nix::errno::Errno;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// How often the thread looks whether it should end, in milliseconds.
const TICK: u32 = 100;

/// Buffers a second, if the card lets us say.
const BUFFERS: u32 = 2;

/// The thread that reads a card. Dropping it ends both.
pub(super) struct SharedCard {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SharedCard {
    /// Opens a card and reads it as `choice` says, at the card's own rate.
    ///
    /// # Errors
    /// What ALSA says.
    pub fn open(
        name: &str,
        choice: Choice,
        counters: &Arc<Counters>,
    ) -> Result<(Self, Outlet, Choice), cpal::Error> {
        let open = match choice.format {
            SampleFormat::I32 => Self::open_as::<i32>,
            SampleFormat::I16 => Self::open_as::<i16>,
            _ => Self::open_as::<f32>,
        };
        open(name, choice, counters)
    }

    fn open_as<T: IoFormat + Default>(
        name: &str,
        choice: Choice,
        counters: &Arc<Counters>,
    ) -> Result<(Self, Outlet, Choice), cpal::Error>
    where
        i32: FromSample<T>,
    {
        let pcm = PCM::new(name, Direction::Capture, true)?;
        let rate = own_rate(&pcm).unwrap_or(choice.rate);
        let choice = Choice { rate, ..choice };
        configure(&pcm, T::FORMAT, choice)?;
        pcm.start()?;
        let (inlet, errors, outlet) = ring(choice, counters);
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            if let Err(error) = read::<T>(&pcm, choice, inlet, &errors, &ended) {
                errors.take(error.into());
            }
        });
        let thread = Some(thread);
        Ok((Self { ends, thread }, outlet, choice))
    }
}

impl Drop for SharedCard {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

/// The rate of the card: at no other is a period of one length. At others ALSA would
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

fn configure(pcm: &PCM, format: Format, choice: Choice) -> alsa::Result<()> {
    let parameters = HwParams::any(pcm)?;
    parameters.set_access(Access::RWInterleaved)?;
    parameters.set_format(format)?;
    parameters.set_channels(choice.channels.into())?;
    parameters.set_rate(choice.rate, ValueOr::Nearest)?;
    // ALSA's frames have the width of a register.
    let buffer = (choice.rate / BUFFERS) as i32;
    parameters.set_buffer_size_near(buffer.into())?;
    pcm.hw_params(&parameters)
}

/// Reads until it is told to end, or for an error that the card does not recover from.
fn read<T: IoFormat + Default>(
    pcm: &PCM,
    choice: Choice,
    mut inlet: Inlet,
    errors: &Errors,
    ends: &AtomicBool,
) -> alsa::Result<()>
where
    i32: FromSample<T>,
{
    let io = pcm.io_checked::<T>()?;
    let channels = usize::from(choice.channels);
    let frames = (choice.rate * TICK / 1000) as usize;
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
            Ok(frames) => inlet.take(&buffer[..frames * channels]),
            Err(error) if error.errno() == Errno::EAGAIN as i32 => (),
            Err(error) => {
                // From an overrun, or the system's sleep.
                pcm.try_recover(error, true)?;
                errors.take(error.into());
                pcm.start()?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::time::{Duration, Instant};

    /// ALSA's device of silence, which any machine has that has its configuration.
    #[test]
    fn a_card_is_read_and_let_go() {
        if !Path::new("/usr/share/alsa/alsa.conf").exists() {
            println!("skipped: ALSA's configuration is not installed");
            return;
        }
        let choice = |format| Choice {
            format,
            rate: 16_000,
            channels: 2,
            period: None,
        };
        for format in [SampleFormat::I32, SampleFormat::I16, SampleFormat::F32] {
            let opened = SharedCard::open("null", choice(format), &Arc::default());
            let (card, mut outlet, opened) = opened.unwrap();
            assert_eq!(opened, choice(format));
            let begun = Instant::now();
            while outlet.ring.slots() < 64_000 {
                assert!(begun.elapsed() < Duration::from_secs(20), "{format}");
                thread::sleep(Duration::from_millis(5));
            }
            drop(card);
            assert!(outlet.failures.try_recv().is_err());
            let chunk = outlet.ring.read_chunk(64_000).unwrap();
            assert!(chunk.into_iter().all(|sample| sample == 0));
        }
        let format = SampleFormat::I16;
        assert!(SharedCard::open("hw:CARD=Nobody", choice(format), &Arc::default()).is_err());
    }
}
