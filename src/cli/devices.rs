//! `undertone devices`: the list of microphones, and the level of one.

use super::exit::CliError;
use super::output;
use clap::Args;
use std::fmt::Write;
use std::io::IsTerminal;
use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};
use undertone::SAMPLE_RATE;
use undertone::audio::{Channel, FULL_SCALE, Microphone, Pcm, devices};
use undertone::error::Class;

/// List microphones, or show one's level
///
/// With --level, prints what the microphone delivers: its level, its DC offset
/// and how many samples clip. Speak, and the level should rise above -40 dBFS;
/// in silence it should fall below -60.
#[derive(Args)]
pub struct Devices {
    /// Show the level of a microphone instead of the list
    #[arg(long)]
    level: bool,
    /// The microphone whose level is shown; the system's default otherwise
    #[arg(long, short, value_name = "ID", requires = "level")]
    device: Option<String>,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS", requires = "level")]
    seconds: Option<u64>,
    /// Print JSON lines on a terminal, too
    #[arg(long)]
    json: bool,
}

impl Devices {
    pub fn run(self) -> anyhow::Result<()> {
        if self.level {
            self.meter()
        } else {
            self.list()
        }
    }

    fn list(&self) -> anyhow::Result<()> {
        let human = output::is_human(self.json);
        let mut text = String::new();
        for device in devices()? {
            // Writing to a String cannot fail.
            let _ = if human {
                let mark = if device.default { "*" } else { " " };
                writeln!(text, "{mark} {:<28} {}", device.id, device.name)
            } else {
                let (id, name, default) = (device.id, device.name, device.default);
                writeln!(
                    text,
                    "{}",
                    serde_json::json!({"type": "microphone", "id": id, "name": name, "default": default})
                )
            };
        }
        if text.is_empty() {
            let why = "there is no microphone; plug one in, and look whether you are in the group \
                       `audio`";
            return Err(CliError::new(Class::Unavailable, why).into());
        }
        output::print(text.as_bytes())
    }

    fn meter(&self) -> anyhow::Result<()> {
        let microphone = Microphone::open(self.device.as_deref(), SAMPLE_RATE, Channel::Mix)?;
        // It is closed with the process: the driver of one that has stalled may
        // never return from closing it.
        let mut microphone = ManuallyDrop::new(microphone);
        let human = output::is_human(self.json);
        let begun = Instant::now();
        let mut samples = Vec::new();
        while self
            .seconds
            .is_none_or(|seconds| begun.elapsed().as_secs() < seconds)
        {
            samples.clear();
            for _ in 0..5 {
                std::thread::sleep(Duration::from_millis(50));
                microphone.read(&mut samples)?;
            }
            let reading = Reading::of(&samples);
            let overruns = microphone.overruns().total();
            output::print(reading.line(human, overruns).as_bytes())?;
        }
        Ok(())
    }
}

/// Figures of a quarter of a second of samples.
struct Reading {
    level: f64,
    offset: f64,
    clipped: usize,
    samples: usize,
}

impl Reading {
    fn of(samples: &[Pcm]) -> Self {
        let count = samples.len().max(1) as f64;
        let full = f64::from(FULL_SCALE);
        let offset = samples.iter().map(|&x| f64::from(x) / full).sum::<f64>() / count;
        let power = samples
            .iter()
            .map(|&x| (f64::from(x) / full - offset).powi(2))
            .sum::<f64>();
        let limit = FULL_SCALE - FULL_SCALE / 4096;
        let clipped = samples
            .iter()
            .filter(|sample| sample.abs() >= limit)
            .count();
        let level = (10.0 * (power / count).log10()).max(-144.0);
        Self {
            level,
            offset,
            clipped,
            samples: samples.len(),
        }
    }

    fn line(&self, human: bool, overruns: u64) -> String {
        let Self {
            level,
            offset,
            clipped,
            samples,
        } = self;
        if !human {
            let object = serde_json::json!({
                "type": "level", "level": level, "offset": offset,
                "clipped": clipped, "samples": samples, "overruns": overruns,
            });
            return format!("{object}\n");
        }
        let bar = output::bar((*level as f32 + 90.0) / 90.0, 45);
        let end = if std::io::stdout().is_terminal() {
            "\x1b[K\r"
        } else {
            "\n"
        };
        let nothing = if *samples == 0 {
            "  NOTHING ARRIVES"
        } else {
            ""
        };
        let clipping = if *clipped > 0 { "  CLIPS" } else { "" };
        format!(
            "{level:>7.1} dBFS {bar:<45} offset {:+.2} %{clipping}{nothing}{end}",
            offset * 100.0
        )
    }
}
