//! `undertone features`: acoustic features of recordings.

use super::exit::Misuse;
use super::{batch, feature_specs, inputs, table};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use undertone::audio::AudioError;
use undertone::features::{Extractor, FeatureArray, FeatureSet, FeatureSpec};
use undertone::publish::{FeatureRecord, PublishError, write_csv, write_csv_header, write_npy};

/// Write the acoustic features of recordings
///
/// Each file's features go to one file of the same name in the output folder,
/// or one a set where several are asked for: a NumPy array (float32, frames
/// first), a CSV table or a JSON object. CSV and JSON go to stdout without
/// such a folder.
#[derive(Args)]
pub struct Features {
    /// Audio files, folders that are searched for them, or - for stdin
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    choice: feature_specs::Choice,
    /// What is written
    #[arg(long, value_enum, default_value = "npy")]
    format: Format,
    /// Folder that takes the files
    #[arg(
        long,
        short,
        required_unless_present = "format",
        required_if_eq("format", "npy")
    )]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Npy,
    Csv,
    Json,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Npy => "npy",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

impl Features {
    pub fn run(self) -> anyhow::Result<()> {
        let files = inputs::expand(&self.files)?;
        let specs = self.choice.specs(FeatureSet::LogMel)?;
        let rates_differ = specs[1..]
            .iter()
            .any(|spec| spec.sample_rate != specs[0].sample_rate);
        if rates_differ && files.iter().any(|file| file == Path::new("-")) {
            bail!(Misuse(
                "stdin is read once; give it sets of one sample rate".into()
            ));
        }
        match &self.output {
            Some(folder) => self.into_folder(folder, &files, &specs),
            None => self.onto_stdout(&files, &specs),
        }
    }

    fn into_folder(
        &self,
        folder: &Path,
        files: &[PathBuf],
        specs: &[FeatureSpec],
    ) -> anyhow::Result<()> {
        let stems = stems(folder, files)?;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: cannot be made", folder.display()))?;
        let one = |file: &Path| {
            let arrays = extract(file, specs)?;
            for (spec, array) in specs.iter().zip(&arrays) {
                let mut name = stems[file].clone();
                if specs.len() > 1 {
                    name.push(format!(".{}", spec.set.name()));
                }
                name.push(format!(".{}", self.format.extension()));
                let output = folder.join(name);
                let target = || format!("{}: cannot be written", output.display());
                let writer = BufWriter::new(File::create(&output).with_context(target)?);
                self.write(writer, file, spec, array).with_context(target)?;
            }
            Ok(())
        };
        batch::run(files, || Ok(one), |_, _| Ok(()))
    }

    fn onto_stdout(&self, files: &[PathBuf], specs: &[FeatureSpec]) -> anyhow::Result<()> {
        let csv = self.format == Format::Csv;
        if csv && specs.len() > 1 {
            let sentence = "tables of several sets differ in their columns; give --output DIR";
            bail!(Misuse(sentence.into()));
        }
        if csv {
            let mut header = Vec::new();
            write_csv_header(&mut header, &specs[0].columns())?;
            table::print(&header)?;
        }
        let one = |file: &Path| {
            let arrays = extract(file, specs)?;
            let mut text = Vec::new();
            for (spec, array) in specs.iter().zip(&arrays) {
                let name = file.display().to_string();
                if csv {
                    write_csv(&mut text, &name, spec.step(), array)?;
                } else {
                    self.write(&mut text, file, spec, array)?;
                }
            }
            Ok(text)
        };
        batch::run(
            files,
            || Ok(one),
            |_, text| Ok(table::print(&text.unwrap_or_default())?),
        )
    }

    fn write(
        &self,
        mut writer: impl std::io::Write,
        file: &Path,
        spec: &FeatureSpec,
        array: &FeatureArray,
    ) -> anyhow::Result<()> {
        let name = file.display().to_string();
        match self.format {
            Format::Npy => write_npy(writer, &array.shape, &array.values)?,
            Format::Csv => {
                write_csv_header(&mut writer, &spec.columns())?;
                write_csv(writer, &name, spec.step(), array)?;
            }
            Format::Json => {
                let record = FeatureRecord::new(&name, spec, array);
                let mut line = serde_json::to_vec(&record)?;
                line.push(b'\n');
                writer.write_all(&line).map_err(PublishError::from)?;
                writer.flush().map_err(PublishError::from)?;
            }
        }
        Ok(())
    }
}

/// What each file's features are called in a folder; two files of one name
/// would overwrite each other.
fn stems<'a>(folder: &Path, files: &'a [PathBuf]) -> anyhow::Result<HashMap<&'a Path, OsString>> {
    let mut taken: HashMap<OsString, &Path> = HashMap::new();
    let mut stems = HashMap::new();
    for file in files {
        let stem = file.file_stem().unwrap_or(file.as_os_str()).to_owned();
        if let Some(other) = taken.insert(stem.clone(), file) {
            bail!(Misuse(format!(
                "{} and {} would both become {}; give them one at a time",
                other.display(),
                file.display(),
                folder.join(stem).display()
            )));
        }
        stems.insert(file.as_path(), stem);
    }
    Ok(stems)
}

/// The features of one recording, which is decoded once a sample rate.
fn extract(file: &Path, specs: &[FeatureSpec]) -> anyhow::Result<Vec<FeatureArray>> {
    let mut extractors = specs
        .iter()
        .map(Extractor::new)
        .collect::<Result<Vec<_>, _>>()?;
    for (index, spec) in specs.iter().enumerate() {
        let rate = spec.sample_rate;
        if specs[..index]
            .iter()
            .any(|before| before.sample_rate == rate)
        {
            continue;
        }
        let hear = |samples: &[_]| {
            let paired = specs.iter().zip(&mut extractors);
            for (_, extractor) in paired.filter(|(spec, _)| spec.sample_rate == rate) {
                extractor.push(samples);
            }
        };
        read(file, rate, hear).with_context(|| file.display().to_string())?;
    }
    Ok(extractors.into_iter().map(Extractor::finish).collect())
}

fn read(
    file: &Path,
    rate: u32,
    mut hear: impl FnMut(&[undertone::audio::Pcm]),
) -> Result<(), AudioError> {
    let mut source = inputs::open(file, rate)?;
    let mut samples = Vec::new();
    while source.read(&mut samples)? {
        hear(&samples);
        samples.clear();
    }
    Ok(())
}
