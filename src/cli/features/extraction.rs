//! Recordings to the arrays that a command line asks for.

use crate::cli::exit::{self, CliError};
use crate::cli::inputs::Opener;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use undertone::audio::{Damage, Pcm};
use undertone::features::{Extractor, FeatureArray, FeatureSet, FeatureSpec};
use undertone::model::{EMBEDDING, VggishNetwork, VggishSession};

/// An extraction as a command line asks for it: checked specifications, and the network that turns
/// VGGish's examples into embeddings.
pub struct Extraction {
    pub specs: Vec<FeatureSpec>,
    pub network: Option<VggishNetwork>,
}

impl Extraction {
    /// Refuses to read stdin twice.
    pub fn check(&self, files: &[PathBuf]) -> anyhow::Result<()> {
        let rate = self.specs[0].sample_rate;
        let rates_differ = self.specs.iter().any(|spec| spec.sample_rate != rate);
        if rates_differ && files.iter().any(|file| file == Path::new("-")) {
            bail!(CliError::usage(
                "stdin is read once: give it sets of one sample rate"
            ));
        }
        Ok(())
    }

    /// Names of the values in a row.
    pub fn columns(&self, spec: &FeatureSpec) -> Vec<String> {
        if spec.set == FeatureSet::Vggish && self.network.is_some() {
            return (0..EMBEDDING).map(|i| format!("embedding_{i}")).collect();
        }
        spec.columns()
    }

    /// One thread's function from recordings to arrays, in the order of the
    /// specifications.
    pub fn worker(
        &self,
    ) -> anyhow::Result<impl FnMut(&Path) -> anyhow::Result<Vec<FeatureArray>> + use<'_>> {
        let mut session = self
            .network
            .as_ref()
            .map(VggishNetwork::session)
            .transpose()?;
        Ok(move |file: &Path| {
            let mut arrays =
                extract(file, &self.specs).with_context(|| file.display().to_string())?;
            if let Some(session) = &mut session {
                for (spec, array) in self.specs.iter().zip(&mut arrays) {
                    if spec.set == FeatureSet::Vggish {
                        *array = embed(session, array)?;
                    }
                }
            }
            Ok(arrays)
        })
    }
}

fn embed(session: &mut VggishSession, examples: &FeatureArray) -> anyhow::Result<FeatureArray> {
    let values = session.embeddings(&examples.values)?;
    let shape = vec![values.len() / EMBEDDING, EMBEDDING];
    Ok(FeatureArray { shape, values })
}

/// The features of one recording, which is decoded once a sample rate.
fn extract(file: &Path, specs: &[FeatureSpec]) -> anyhow::Result<Vec<FeatureArray>> {
    let extractors: Result<Vec<_>, _> = specs.iter().map(Extractor::new).collect();
    let mut extractors = extractors?;
    for (index, FeatureSpec { sample_rate, .. }) in specs.iter().enumerate() {
        let at_rate = |spec: &FeatureSpec| spec.sample_rate == *sample_rate;
        if specs[..index].iter().any(at_rate) {
            continue;
        }
        let damage = read(file, *sample_rate, |samples| {
            for (spec, extractor) in specs.iter().zip(&mut extractors) {
                if at_rate(spec) {
                    extractor.push(samples);
                }
            }
        })?;
        if index == 0 {
            exit::warn(file, &damage);
        }
    }
    Ok(extractors.into_iter().map(Extractor::finish).collect())
}

fn read(file: &Path, rate: u32, mut hear: impl FnMut(&[Pcm])) -> anyhow::Result<Damage> {
    let mut source = Opener::default().open(file, rate, None)?;
    let mut samples = Vec::new();
    while source.read(&mut samples)? {
        hear(&samples);
        samples.clear();
    }
    Ok(source.damage())
}
