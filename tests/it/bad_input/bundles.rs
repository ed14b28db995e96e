//! Model bundles that do not fit: each is refused with the field named.

use crate::common::network::{gather, network, through_float};
use crate::common::{misreported, report, run, undertone, utterance};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

const BAD_BUNDLE: i32 = 78;

/// A copy of the shipped bundle, to be spoilt.
struct Copy {
    folder: TempDir,
}

impl Copy {
    fn new() -> Self {
        Self::of("models/ravdess")
    }

    /// Of a network of integers.
    fn of_integers() -> Self {
        Self::of("tests/data/integers")
    }

    /// The same before it was made integers.
    fn of_floats() -> Self {
        Self::of("tests/data/floats")
    }

    fn of(bundle: &str) -> Self {
        let folder = TempDir::with_prefix("bundle-").unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(bundle);
        for file in ["model.toml", "model.onnx", "golden.json"] {
            fs::copy(shipped.join(file), folder.path().join(file)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn name(&self) -> String {
        self.folder.path().to_string_lossy().into_owned()
    }

    /// Puts `line` in the place of a key of a table, or removes that.
    fn replace(&self, table: &str, key: &str, line: &str) {
        let manifest = fs::read_to_string(self.path("model.toml")).unwrap();
        let (mut within, mut found) = (String::new(), false);
        let lines: Vec<&str> = manifest
            .lines()
            .map(|original| {
                if let Some(name) = original.strip_prefix('[') {
                    within = name.trim_end_matches(']').into();
                }
                let its_key = original.split('=').next().unwrap().trim();
                let here = within == table && its_key == key;
                found |= here;
                if here { line } else { original }
            })
            .collect();
        assert!(found, "the manifest has no {table}.{key}");
        fs::write(self.path("model.toml"), lines.join("\n")).unwrap();
    }

    /// Another network, with its hash in the manifest.
    fn set_network(&self, network: &[u8]) {
        fs::write(self.path("model.onnx"), network).unwrap();
        let mut line = String::from("sha256 = \"");
        for byte in Sha256::digest(network) {
            write!(line, "{byte:02x}").unwrap();
        }
        self.replace("network", "sha256", &(line + "\""));
    }

    fn shipped_network() -> Vec<u8> {
        Self::new().network()
    }

    fn network(&self) -> Vec<u8> {
        fs::read(self.path("model.onnx")).unwrap()
    }

    fn classify(&self) -> Output {
        classify(self.folder.path())
    }
}

fn classify(bundle: &Path) -> Output {
    let mut command = undertone();
    command
        .arg("classify")
        .arg("--model")
        .arg(bundle)
        .arg(utterance());
    run(command, "")
}

#[test]
fn each_field_of_the_manifest_is_checked() {
    let rows = [
        ("", "format", "format = 2"),
        ("", "labels", r#"labels = ["angry", "calm"]"#),
        ("", "labels", r#"labels = ["angry"]"#),
        ("", "labels", r#"labels = ["angry", "silence"]"#),
        ("", "labels", r#"labels = ["angry", "calm", "angry"]"#),
        ("", "labels", r#"labels = ["", "calm"]"#),
        ("", "licence", ""),
        ("", "name", "name = 5"),
        ("", "name", "name = 'undertone"),
        ("", "version", "version = '1'\nvolume = 11"),
        ("network", "quantization", r#"quantization = "int3""#),
        ("network", "sha256", r#"sha256 = "00""#),
        ("network", "file", r#"file = "../model.onnx""#),
        ("network", "file", r#"file = "/etc/passwd""#),
        ("network", "file", r#"file = """#),
        ("network", "file", r#"file = "absent.onnx""#),
        ("features", "set", r#"set = "mfcc""#),
        ("features", "version", "version = 2"),
        ("features", "sample_rate", "sample_rate = 8000"),
        ("features", "fft", "fft = 512"),
        ("features", "fft", "fft = -1"),
        ("features", "hop", "hop = 160"),
        ("features", "mel_bands", "mel_bands = 64"),
        ("features", "bands", "bands = 40"),
        ("features", "range_db", "range_db = 60.0"),
        ("features", "range_db", "range_db = nan"),
        (
            "features",
            "range_db",
            "range_db = 80.0\npreemphasis = 0.97",
        ),
        ("window", "frames", "frames = 100"),
        ("window", "frames", "frames = 0"),
        ("window", "frames", "frames = 1000000000000"),
        ("window", "hop", "hop = 0"),
        ("window", "hop", "hop = 5000"),
        ("decision", "temperature", "temperature = 0.0"),
        ("decision", "temperature", "temperature = nan"),
        ("decision", "uncertain_below", "uncertain_below = 1.5"),
        ("decision", "smoothing", "smoothing = 0"),
        ("decision", "smoothing", "smoothing = inf"),
        ("decision", "margin", "margin = -0.1"),
    ];
    let mut failures = Vec::new();
    for (table, key, line) in rows {
        let copy = Copy::new();
        copy.replace(table, key, line);
        let dot = if table.is_empty() { "" } else { "." };
        let field = format!("{table}{dot}{key}");
        // A TOML error tells what it stumbles over, and that is in the line.
        let named = match line {
            "" => "missing field `licence`",
            _ if line.contains("volume") => "`volume`",
            _ if line.contains("preemphasis") => "`preemphasis`",
            _ if line.contains("absent") => "absent.onnx",
            "name = 5" | "name = 'undertone" | "fft = -1" => "model.toml",
            _ => &field,
        };
        let wrong = misreported(&copy.classify(), BAD_BUNDLE, &[&copy.name(), named]);
        failures.extend(wrong.map(|wrong| format!("{field} with {line:?}: {wrong}")));
    }
    report(&failures);
}

#[test]
fn files_of_a_bundle_that_are_not_what_they_should_be() {
    type Spoil = fn(&Copy);
    let rows: [(&str, Spoil, &str); 8] = [
        (
            "no manifest",
            |c| fs::remove_file(c.path("model.toml")).unwrap(),
            "model.toml",
        ),
        (
            "no network",
            |c| fs::remove_file(c.path("model.onnx")).unwrap(),
            "model.onnx",
        ),
        (
            "an empty manifest",
            |c| fs::write(c.path("model.toml"), "").unwrap(),
            "model.toml",
        ),
        (
            "bytes for a manifest",
            |c| fs::write(c.path("model.toml"), [0xff; 99]).unwrap(),
            "model.toml",
        ),
        (
            "text for golden values",
            |c| fs::write(c.path("golden.json"), "gold").unwrap(),
            "golden.json",
        ),
        (
            "a cut network",
            |c| {
                let network = Copy::shipped_network();
                fs::write(c.path("model.onnx"), &network[..network.len() / 2]).unwrap();
            },
            "network.sha256",
        ),
        (
            "a flipped bit",
            |c| {
                let mut network = Copy::shipped_network();
                let middle = network.len() / 2;
                network[middle] ^= 1;
                fs::write(c.path("model.onnx"), network).unwrap();
            },
            "network.sha256",
        ),
        (
            "a folder for a network",
            |c| {
                fs::remove_file(c.path("model.onnx")).unwrap();
                fs::create_dir(c.path("model.onnx")).unwrap();
            },
            "model.onnx",
        ),
    ];
    let mut failures = Vec::new();
    for (name, spoil, named) in rows {
        let copy = Copy::new();
        spoil(&copy);
        let wrong = misreported(&copy.classify(), BAD_BUNDLE, &[&copy.name(), named]);
        failures.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    let empty = TempDir::new().unwrap();
    for folder in [empty.path(), Path::new("no-such-bundle")] {
        let name = folder.to_string_lossy();
        let wrong = misreported(&classify(folder), BAD_BUNDLE, &[&name, "model.toml"]);
        failures.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    report(&failures);
}

#[test]
fn networks_that_the_manifest_vouches_for_and_should_not() {
    let shipped = Copy::of_floats().network();
    let cut = |bytes: usize| shipped[..bytes].to_vec();
    let rows = [
        ("nothing", vec![]),
        ("text", b"This is no network.".repeat(20)),
        ("half of it", cut(shipped.len() / 2)),
        ("all but a byte", cut(shipped.len() - 1)),
        ("a few bytes", cut(100)),
        ("another input", network("Relu", &["in"], &[1, 1, 10, 66])),
        ("no batch", network("Relu", &["in"], &[64])),
        ("another output", network("Relu", &["in"], &[1, 1, 188, 66])),
        (
            "two inputs",
            network("Add", &["in", "also"], &[1, 1, 188, 66]),
        ),
        (
            "an unknown operator",
            network("Frobnicate", &["in"], &[1, 1, 188, 66]),
        ),
        (
            "an impossible size",
            network("Relu", &["in"], &[1, 1, 188, u64::MAX]),
        ),
    ];
    let mut failures = Vec::new();
    for (name, bytes) in rows {
        let copy = Copy::of_floats();
        copy.set_network(&bytes);
        let wrong = misreported(&copy.classify(), BAD_BUNDLE, &[&copy.name()]);
        failures.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    report(&failures);
}

#[test]
fn networks_of_integers_that_are_none() {
    type Make = fn() -> Copy;
    type Spoil = fn(&Copy);
    let rows: [(&str, Make, Spoil, &str); 9] = [
        (
            "floats that are said to be integers",
            Copy::of_floats,
            |c| {
                let line = "quantization = \"int8\"\nlogit_scale = 0.01";
                c.replace("network", "quantization", line);
            },
            "network.quantization",
        ),
        (
            "integers that are said to be floats",
            Copy::of_integers,
            |c| {
                c.replace("network", "quantization", "quantization = \"float32\"");
                c.replace("network", "logit_scale", "");
            },
            "network.quantization",
        ),
        (
            "no scale",
            Copy::of_integers,
            |c| c.replace("network", "logit_scale", ""),
            "network.logit_scale",
        ),
        (
            "a scale of nothing",
            Copy::of_integers,
            |c| c.replace("network", "logit_scale", "logit_scale = 0"),
            "network.logit_scale",
        ),
        (
            "a node in floats",
            Copy::of_integers,
            |c| c.set_network(&through_float(&[1, 1, 188, 66])),
            "\"floats\"",
        ),
        (
            "another window",
            Copy::of_integers,
            |c| c.replace("window", "frames", "frames = 100"),
            "window.frames",
        ),
        (
            "fewer labels",
            Copy::of_integers,
            |c| c.replace("", "labels", "labels = ['angry', 'calm']"),
            "labels",
        ),
        (
            "a cut network",
            Copy::of_integers,
            |c| {
                let network = c.network();
                fs::write(c.path("model.onnx"), &network[..network.len() - 9]).unwrap();
            },
            "network.sha256",
        ),
        (
            "half a network with its hash",
            Copy::of_integers,
            |c| {
                let network = c.network();
                c.set_network(&network[..network.len() / 2]);
            },
            "network",
        ),
    ];
    let mut failures = Vec::new();
    for (name, copy, spoil, named) in rows {
        let copy = copy();
        spoil(&copy);
        let wrong = misreported(&copy.classify(), BAD_BUNDLE, &[&copy.name(), named]);
        failures.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    report(&failures);
}

/// Flips bits in a byte at many places near both ends of a network. Damage that hits
/// a weight makes another network, which is allowed to run.
fn flip_bytes(copy: &Copy) {
    let mut failures = Vec::new();
    let shipped = copy.network();
    let ends = (16..600).chain(shipped.len().saturating_sub(3000)..shipped.len());
    for place in ends.step_by(41) {
        let mut bytes = shipped.clone();
        bytes[place] ^= 0x11;
        copy.set_network(&bytes);
        let output = copy.classify();
        let wrong = match output.status.code() {
            Some(0) => None,
            _ => misreported(&output, BAD_BUNDLE, &[&copy.name()]),
        };
        failures.extend(wrong.map(|wrong| format!("byte {place}: {wrong}")));
    }
    report(&failures);
}

// One test for each network, so that they run at the same time.

#[test]
fn a_flipped_byte_never_crashes_it() {
    flip_bytes(&Copy::new());
}

#[test]
fn a_flipped_byte_in_integers_never_crashes_it() {
    flip_bytes(&Copy::of_integers());
}

#[test]
fn a_flipped_byte_in_floats_never_crashes_it() {
    flip_bytes(&Copy::of_floats());
}

/// The embeddings of a recording by a VGGish network.
fn embed(network: &Path) -> Output {
    let mut command = undertone();
    command.args(["features", "--format", "csv", "--vggish"]);
    command.arg(network).arg(utterance());
    run(command, "")
}

#[test]
fn a_vggish_network_that_is_none_is_refused() {
    let example: [u64; 3] = [1, 96, 64];
    let rows: [(&[u8], &str); 5] = [
        (b"no network", "cannot be loaded"),
        (
            &network("NoSuchOperator", &["in"], &example),
            "cannot be loaded",
        ),
        (&network("Relu", &["in"], &example), "output is"),
        (&network("Relu", &["in"], &[1, 96, 63]), "input is"),
        // tract looks at the indices when it runs, and panics.
        (&gather(example, &[0, 96]), "breaks what loads it"),
    ];
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("vggish.onnx");
    let mut wrong = Vec::new();
    for (bytes, named) in rows {
        fs::write(&file, bytes).unwrap();
        let output = embed(&file);
        wrong.extend(misreported(&output, BAD_BUNDLE, &["vggish.onnx", named]));
    }
    report(&wrong);
}

#[test]
fn a_vggish_network_embeds_its_examples() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("vggish.onnx");
    fs::write(&file, gather([1, 96, 64], &[0, 95])).unwrap();
    let output = embed(&file);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("embedding_127"));
}
