//! Runs a bundle's network so many times, for `scripts/bench` to count what that
//! costs, and prints a hash of all logits or scores:
//!
//!     network FOLDER network RUNS     windows of noise
//!     network FOLDER decision RUNS    the same from samples on, a hop a run

use std::error::Error;
use std::io::Write;
use std::path::Path;
use undertone::engine::{Engine, Event, Settings};
use undertone::model::{Bundle, Model};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, task, runs] = arguments.as_slice() else {
        return Err("usage: network FOLDER network|decision RUNS".into());
    };
    let model = Model::load(&Bundle::read(Path::new(folder))?)?;
    let runs = runs.parse()?;
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    match task.as_str() {
        "network" => windows(&model, runs, &mut hash)?,
        "decision" => decisions(&model, runs, &mut hash)?,
        _ => return Err("the task is network or decision".into()),
    }
    writeln!(std::io::stdout(), "{:016x}", hash.0)?;
    Ok(())
}

/// FNV-1a.
struct Hash(u64);

impl Hash {
    fn add(&mut self, numbers: &[f32]) {
        for byte in numbers.iter().flat_map(|number| number.to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// The same numbers everywhere, all bits of them.
fn noise(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}

fn windows(model: &Model, runs: usize, hash: &mut Hash) -> Result<(), Box<dyn Error>> {
    let manifest = model.manifest();
    let frames = manifest.window.ok_or("the model has no window")?.frames;
    let mut session = model.session()?;
    let mut cells = vec![0; frames * manifest.features.bands];
    let mut state = 1;
    for _ in 0..runs {
        for cell in &mut cells {
            *cell = (noise(&mut state) >> 8) as u8;
        }
        hash.add(&session.logits(&cells)?);
    }
    Ok(())
}

fn decisions(model: &Model, runs: usize, hash: &mut Hash) -> Result<(), Box<dyn Error>> {
    let settings = Settings {
        ignore_gate: true,
        ..Settings::default()
    };
    let mut engine = Engine::new(model, settings)?;
    let window = engine.window();
    let mut state = 1;
    // The first frames of a stream come half a frame late.
    let hops = window.frames + window.hop * runs;
    for _ in 0..hops {
        let samples: Vec<i32> = (0..256)
            .map(|_| noise(&mut state) as i32 - (1 << 23))
            .collect();
        engine.push(&samples, &mut |event| {
            if let Event::Emotion(emotion) = event {
                hash.add(&emotion.scores);
            }
        })?;
    }
    Ok(())
}
