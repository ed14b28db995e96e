//! Arguments that choose features.

use super::extraction::Extraction;
use crate::cli::exit::CliError;
use anyhow::Context;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, value_parser};
use std::path::PathBuf;
use undertone::features::{FeatureSet, FeatureSpec, Parameter};
use undertone::model::VggishNetwork;

/// Sets and their parameters.
#[derive(Args)]
pub struct FeatureArgs {
    /// Which features; may be given several times [default: log-mel, or vggish
    /// with --vggish]
    #[arg(long = "set", value_name = "SET", value_parser = set_parser())]
    sets: Vec<FeatureSet>,
    /// Sample rate in hertz at which sets of librosa's definition are computed,
    /// 16000 to 48000 [default: 22050]
    #[arg(long, value_name = "HZ", value_parser = value_parser!(u32))]
    rate: Option<u32>,
    /// Their frame in samples: 256, 512, 1024, 2048 or 4096 [default: 2048]
    #[arg(long, value_name = "N")]
    fft: Option<usize>,
    /// Samples between their frames [default: a quarter of a frame]
    #[arg(long, value_name = "N")]
    hop: Option<usize>,
    /// Mel bands of mel and mfcc: 40, 64, 80 or 128 [default: 128]
    #[arg(long, value_name = "N")]
    mels: Option<usize>,
    /// Coefficients of mfcc, up to 40 [default: 40]
    #[arg(long, value_name = "N")]
    mfcc: Option<usize>,
    /// The mel scale of HTK for mel and mfcc, in place of Slaney's
    #[arg(long)]
    htk: bool,
    /// Derivatives of mfcc over time that follow its coefficients: 1 or 2
    #[arg(long, value_name = "N")]
    deltas: Option<usize>,
    /// Estimate the recording's tuning for chroma and tonnetz, in place of
    /// A4 = 440 Hz
    #[arg(long)]
    tuning: bool,
    /// ONNX file of a VGGish network: the set vggish becomes its embeddings,
    /// 128 numbers an example
    #[arg(long, value_name = "FILE")]
    vggish: Option<PathBuf>,
}

fn set_parser() -> impl TypedValueParser<Value = FeatureSet> {
    let value = |set: FeatureSet| {
        let definition = set.definition();
        PossibleValue::new(definition.name).help(definition.summary)
    };
    let values: Vec<PossibleValue> = FeatureSet::all().map(value).collect();
    PossibleValuesParser::new(values).try_map(|name| name.parse::<FeatureSet>())
}

impl FeatureArgs {
    /// The extraction that is asked for, if all of it is compiled in.
    pub fn extraction(&self) -> anyhow::Result<Extraction> {
        let mut sets = self.sets.clone();
        if sets.is_empty() {
            sets.push(match self.vggish {
                Some(_) => FeatureSet::Vggish,
                None => FeatureSet::LogMel,
            });
        }
        self.check_options(&sets)?;
        let specs: Vec<FeatureSpec> = sets.iter().map(|set| self.spec(*set)).collect();
        for spec in &specs {
            spec.check().with_context(|| spec.set.name())?;
        }
        let network = self.network()?;
        Ok(Extraction { specs, network })
    }

    /// Refuses options that concern none of the sets, and sets that are given twice.
    fn check_options(&self, sets: &[FeatureSet]) -> Result<(), CliError> {
        for (option, given, parameter) in self.options() {
            let of = sets_with(parameter);
            if given && !of.iter().any(|set| sets.contains(set)) {
                return Err(unused(option, &of));
            }
        }
        if self.vggish.is_some() && !sets.contains(&FeatureSet::Vggish) {
            return Err(unused("--vggish", &[FeatureSet::Vggish]));
        }
        let mut rest = sets;
        while let [set, others @ ..] = rest {
            if others.contains(set) {
                let sentence = format!("the set {} is given twice", set.name());
                return Err(CliError::usage(sentence));
            }
            rest = others;
        }
        Ok(())
    }

    /// The option of each parameter, and true where it is given.
    fn options(&self) -> [(&'static str, bool, Parameter); 5] {
        [
            ("--mels", self.mels.is_some(), Parameter::MelBands),
            ("--mfcc", self.mfcc.is_some(), Parameter::Coefficients),
            ("--htk", self.htk, Parameter::Htk),
            ("--deltas", self.deltas.is_some(), Parameter::Deltas),
            ("--tuning", self.tuning, Parameter::Tuning),
        ]
    }

    fn network(&self) -> anyhow::Result<Option<VggishNetwork>> {
        let Some(file) = &self.vggish else {
            return Ok(None);
        };
        let name = || file.display().to_string();
        let bytes = std::fs::read(file).with_context(name)?;
        Ok(Some(VggishNetwork::load(&bytes).with_context(name)?))
    }

    fn spec(&self, set: FeatureSet) -> FeatureSpec {
        let default = FeatureSpec::of(set);
        let fft = self.fft.unwrap_or(default.fft);
        let quarter = self.fft.map(|fft| fft / 4);
        let mut spec = FeatureSpec {
            sample_rate: self.rate.unwrap_or(default.sample_rate),
            fft,
            hop: self.hop.or(quarter).unwrap_or(default.hop),
            ..default.clone()
        };
        for parameter in set.definition().parameters {
            match parameter {
                Parameter::MelBands => {
                    spec.mel_bands = self.mels.or(default.mel_bands);
                    spec.bands = self.mels.unwrap_or(default.bands);
                }
                Parameter::Coefficients => spec.bands = self.mfcc.unwrap_or(default.bands),
                Parameter::Htk => spec.htk = self.htk,
                Parameter::Deltas => spec.deltas = self.deltas.unwrap_or(default.deltas),
                Parameter::Tuning => spec.tuning = self.tuning,
            }
        }
        spec
    }
}

/// The sets that have a parameter, by name.
fn sets_with(parameter: Parameter) -> Vec<FeatureSet> {
    let has = |set: &FeatureSet| set.definition().parameters.contains(&parameter);
    let mut sets: Vec<FeatureSet> = FeatureSet::all().filter(has).collect();
    sets.sort_unstable_by_key(|set| set.name());
    sets
}

fn unused(option: &str, sets: &[FeatureSet]) -> CliError {
    let names: Vec<&str> = sets.iter().map(|set| set.name()).collect();
    let names = names.join(" and ");
    CliError::usage(format!(
        "{option} is for {names}, which --set does not name"
    ))
}
