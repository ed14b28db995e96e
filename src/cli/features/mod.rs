//! `undertone features`: acoustic features of recordings.

mod args;
mod axis;
mod extraction;
mod npy;
mod plot;
mod records;

use crate::cli::exit::CliError;
use crate::cli::output::OutputFile;
use crate::cli::{batch, inputs, output};
use anyhow::{Context, bail};
use args::FeatureArgs;
use clap::{Args, ValueEnum};
use extraction::Extraction;
use npy::write_npy;
use records::{FeatureRecord, write_csv, write_csv_header};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use undertone::features::{FeatureArray, FeatureSpec};

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
    sets: FeatureArgs,
    /// What is written
    #[arg(long, value_enum, default_value = "npy")]
    format: Format,
    /// Folder that takes the files
    #[arg(
        long,
        short,
        value_name = "DIR",
        required_unless_present_any = ["format", "plot"],
        required_if_eq("format", "npy")
    )]
    output: Option<PathBuf>,
    /// Draw one recording's features, a panel a set, instead of writing them
    #[arg(long, value_name = "PNG", conflicts_with_all = ["format", "output"])]
    plot: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    /// A NumPy array, float32
    Npy,
    /// A table with a line a frame
    Csv,
    /// An object with the specification, the shape and the values
    Json,
}

impl Format {
    fn suffix(self) -> &'static str {
        match self {
            Self::Npy => ".npy",
            Self::Csv => ".csv",
            Self::Json => ".json",
        }
    }
}

impl Features {
    pub fn run(self) -> anyhow::Result<()> {
        let found = inputs::expand(&self.files);
        let files = &found.files;
        let extraction = self.sets.extraction()?;
        extraction.check(files)?;
        if let Some(picture) = &self.plot {
            return draw(picture, files, &extraction);
        }
        let outcome = match &self.output {
            Some(folder) => self.write_into(folder, files, &extraction),
            None => self.print(files, &extraction),
        };
        found.say_what_was_passed_over();
        outcome
    }

    fn write_into(
        &self,
        folder: &Path,
        files: &[PathBuf],
        extraction: &Extraction,
    ) -> anyhow::Result<()> {
        let stems = self.stems(folder, files)?;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: cannot be made", folder.display()))?;
        let specs = &extraction.specs;
        let write = |file: &Path, spec: &FeatureSpec, array: &FeatureArray| {
            let mut name = stems[file].clone();
            if specs.len() > 1 {
                name.push(format!(".{}", spec.set.name()));
            }
            name.push(self.format.suffix());
            let output = folder.join(name);
            OutputFile::create(&output, files)?.write(|writer| {
                if self.format == Format::Csv {
                    write_csv_header(&mut *writer, &extraction.columns(spec))?;
                }
                self.write(writer, file, spec, array)
            })
        };
        let worker = || {
            let mut extract = extraction.worker()?;
            Ok(move |_, file: &Path| {
                let arrays = extract(file)?;
                let mut sets = specs.iter().zip(&arrays);
                sets.try_for_each(|(spec, array)| write(file, spec, array))
            })
        };
        batch::run(files, worker, |_, _| Ok(()))
    }

    /// Names of each file's features in a folder, without endings; two files of one name
    /// would overwrite each other.
    fn stems<'a>(
        &self,
        folder: &Path,
        files: &'a [PathBuf],
    ) -> anyhow::Result<HashMap<&'a Path, OsString>> {
        let mut taken: HashMap<OsString, &Path> = HashMap::new();
        let mut stems = HashMap::new();
        for file in files {
            let stem = file.file_stem().unwrap_or(file.as_os_str()).to_owned();
            if let Some(other) = taken.insert(stem.clone(), file) {
                let sentence = format!(
                    "{} and {} would both become {}{}; give them one at a time",
                    other.display(),
                    file.display(),
                    folder.join(stem).display(),
                    self.format.suffix()
                );
                bail!(CliError::usage(sentence));
            }
            stems.insert(file.as_path(), stem);
        }
        Ok(stems)
    }

    fn print(&self, files: &[PathBuf], extraction: &Extraction) -> anyhow::Result<()> {
        let specs = &extraction.specs;
        if self.format == Format::Csv {
            let [spec] = specs.as_slice() else {
                let sentence = "tables of several sets differ in their columns; give --output DIR";
                bail!(CliError::usage(sentence));
            };
            let mut header = Vec::new();
            write_csv_header(&mut header, &extraction.columns(spec))?;
            output::print(&header)?;
        }
        let worker = || {
            let mut extract = extraction.worker()?;
            Ok(move |_, file: &Path| {
                let mut text = Vec::new();
                for (spec, array) in specs.iter().zip(extract(file)?) {
                    self.write(&mut text, file, spec, &array)?;
                }
                Ok(text)
            })
        };
        batch::run(files, worker, |_, text| {
            output::print(&text.unwrap_or_default())
        })
    }

    fn write(
        &self,
        mut writer: impl Write,
        file: &Path,
        spec: &FeatureSpec,
        array: &FeatureArray,
    ) -> anyhow::Result<()> {
        let name = output::named(file);
        match self.format {
            Format::Npy => write_npy(writer, &array.shape, &array.values)?,
            Format::Csv => write_csv(writer, &name, spec.step(), array)?,
            Format::Json => {
                let mut line = serde_json::to_vec(&FeatureRecord::new(&name, spec, array))?;
                line.push(b'\n');
                writer.write_all(&line)?;
                writer.flush()?;
            }
        }
        Ok(())
    }
}

fn draw(picture: &Path, files: &[PathBuf], extraction: &Extraction) -> anyhow::Result<()> {
    let [file] = files else {
        let sentence = format!("--plot draws one recording; {} are given", files.len());
        bail!(CliError::usage(sentence));
    };
    let picture = OutputFile::create(picture, files)?;
    let arrays = extraction.worker()?(file)?;
    plot::draw(picture, &extraction.specs, &arrays)
}
