//! `undertone devices`: the list of microphones, and the level of one.

use super::output;
use clap::Args;
use std::fmt::Write;
use std::io::IsTerminal;
use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};
use undertone::SAMPLE_RATE;
use undertone::audio::{AudioError, Channel, Device, FULL_SCALE, Microphone, Pcm, devices};

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
        let devices = devices()?;
        let text = if output::is_human(self.json) {
            table(&devices)
        } else {
            devices.iter().map(line).collect()
        };
        output::print(text.as_bytes())?;
        if devices.is_empty() {
            return Err(AudioError::NoDevices.into());
        }
        Ok(())
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

/// A microphone as a line of JSON.
fn line(device: &Device) -> String {
    let Device {
        id,
        name,
        default,
        busy,
    } = device;
    let object = serde_json::json!({
        "type": "microphone", "id": id, "name": name, "default": default, "busy": busy,
    });
    format!("{object}\n")
}

/// The microphones for people, and which of them is used and why.
fn table(devices: &[Device]) -> String {
    let mut text = String::new();
    for device in devices {
        let mark = if device.default { "*" } else { " " };
        let busy = if device.busy {
            ", in use by another program, or it does not answer"
        } else {
            ""
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{mark} {:<28} {}{busy}", device.id, device.name);
    }
    let why = match (devices, devices.iter().find(|device| device.default)) {
        ([], _) => return text,
        (_, Some(used)) if used.id == "default" => "it is the system's default",
        (_, Some(_)) => "the system's default cannot capture, and there is no other microphone",
        (_, None) => {
            let example = &devices[0].id;
            let _ = writeln!(
                text,
                "\nnone is used by itself: the system's default cannot capture. Name one with \
                 --device {example}, or in /etc/undertone/undertone.toml under [microphone]:\n    \
                 device = \"{example}\""
            );
            return text;
        }
    };
    let _ = writeln!(text, "\n* is used when none is named: {why}");
    text
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
