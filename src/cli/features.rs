//! `undertone features`: acoustic features of recordings.

use super::exit::{Code, Mistake};
use super::{batch, inputs};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use undertone::SAMPLE_RATE;
use undertone::audio::AudioError;
use undertone::dsp::NETWORK_BANDS;
use undertone::dsp::fixed::{DECIBEL, LogMel};
use undertone::publish::write_npy;

/// Write the acoustic features of recordings as `NumPy` arrays
///
/// Each file's features go to one .npy file (float32, frames first) of the
/// same name in the output folder. Training reads these.
#[derive(Args)]
pub struct Features {
    /// Audio files, or folders that are searched for them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Which features
    #[arg(long, value_enum, default_value = "log-mel")]
    set: Set,
    /// Folder that takes the .npy files
    #[arg(long, short)]
    output: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Set {
    /// What the network reads: 64 band levels in dB, 62.5 frames a second
    LogMel,
}

impl Features {
    pub fn run(self) -> anyhow::Result<()> {
        let files = inputs::expand(&self.files)?;
        let outputs = self.outputs(&files)?;
        std::fs::create_dir_all(&self.output)
            .with_context(|| format!("{}: cannot be made", self.output.display()))?;
        let worker = || Ok(|file: &Path| self.one(file, &outputs[file]));
        batch::run(&files, worker, |_, _| Ok(()))
    }

    /// Where each file's features go; two files of one name would overwrite
    /// each other.
    fn outputs<'a>(&self, files: &'a [PathBuf]) -> anyhow::Result<HashMap<&'a Path, PathBuf>> {
        let mut taken = HashMap::new();
        let mut outputs = HashMap::new();
        for file in files {
            let stem = file.file_stem().unwrap_or(file.as_os_str());
            let output = self.output.join(stem).with_extension("npy");
            if let Some(other) = taken.insert(output.clone(), file) {
                let sentence = format!(
                    "{} and {} would both become {}; give them one at a time",
                    other.display(),
                    file.display(),
                    output.display()
                );
                bail!(Mistake(Code::Usage, sentence));
            }
            outputs.insert(file.as_path(), output);
        }
        Ok(outputs)
    }

    fn one(&self, file: &Path, output: &Path) -> anyhow::Result<()> {
        let frames = match self.set {
            Set::LogMel => log_mel(file).with_context(|| file.display().to_string())?,
        };
        let target = || format!("{}: cannot be written", output.display());
        let writer = BufWriter::new(File::create(output).with_context(target)?);
        write_npy(
            writer,
            &[frames.len() / NETWORK_BANDS, NETWORK_BANDS],
            &frames,
        )
        .with_context(target)
    }
}

fn log_mel(file: &Path) -> Result<Vec<f32>, AudioError> {
    let mut source = inputs::open(file, SAMPLE_RATE)?;
    let mut log_mel: Box<LogMel> = Box::default();
    let (mut samples, mut frames) = (Vec::new(), Vec::new());
    let mut keep = |frame: &[i32; NETWORK_BANDS]| {
        frames.extend(frame.map(|level| level as f32 / DECIBEL as f32));
    };
    while source.read(&mut samples)? {
        log_mel.push(&samples, &mut keep);
        samples.clear();
    }
    log_mel.finish(&mut keep);
    Ok(frames)
}
