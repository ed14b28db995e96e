//! Which features a command line asks for.

use super::exit::Misuse;
use anyhow::{Context, bail};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, value_parser};
use undertone::features::{FeatureSet, FeatureSpec};

/// Sets and their parameters.
#[derive(Args)]
pub struct Choice {
    /// Which features; may be given several times [default: log-mel]
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
}

fn set_parser() -> impl TypedValueParser<Value = FeatureSet> {
    let values = FeatureSet::ALL.map(|set| PossibleValue::new(set.name()).help(set.summary()));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<FeatureSet>())
}

impl Choice {
    /// The specifications asked for, all of them compiled in.
    pub fn specs(&self, default: FeatureSet) -> anyhow::Result<Vec<FeatureSpec>> {
        let mut sets = self.sets.clone();
        if sets.is_empty() {
            sets.push(default);
        }
        let specs: Vec<FeatureSpec> = sets.into_iter().map(|set| self.spec(set)).collect();
        for (index, spec) in specs.iter().enumerate() {
            let name = spec.set.name();
            spec.check().with_context(|| name)?;
            if specs[..index].contains(spec) {
                bail!(Misuse(format!("the set {name} is given twice")));
            }
        }
        let has = |set| specs.iter().any(|spec| spec.set == set);
        let needed =
            |option: &str, sets: &str| Misuse(format!("{option} is for {sets}; give --set too"));
        if self.mels.is_some() && !has(FeatureSet::Mel) && !has(FeatureSet::Mfcc) {
            bail!(needed("--mels", "mel and mfcc"));
        }
        if self.mfcc.is_some() && !has(FeatureSet::Mfcc) {
            bail!(needed("--mfcc", "mfcc"));
        }
        Ok(specs)
    }

    fn spec(&self, set: FeatureSet) -> FeatureSpec {
        let default = FeatureSpec::of(set);
        let fft = self.fft.unwrap_or(default.fft);
        let quarter = self.fft.map(|fft| fft / 4);
        let mut spec = FeatureSpec {
            sample_rate: self.rate.unwrap_or(default.sample_rate),
            fft,
            hop: self.hop.or(quarter).unwrap_or(default.hop),
            ..default
        };
        match set {
            FeatureSet::Mel => {
                spec.mel_bands = self.mels.or(spec.mel_bands);
                spec.bands = self.mels.unwrap_or(spec.bands);
            }
            FeatureSet::Mfcc => {
                spec.mel_bands = self.mels.or(spec.mel_bands);
                spec.bands = self.mfcc.unwrap_or(spec.bands);
            }
            _ => (),
        }
        spec
    }
}
