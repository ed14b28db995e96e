//! What is deliberately absent from each part of the house, by reading the
//! sources. That `dsp` builds without `std` is checked by building it.

use std::fs;
use std::path::{Path, PathBuf};

/// The library's modules; each may use those before it.
const ORDER: [&str; 11] = [
    "dsp",
    "system",
    "audio",
    "features",
    "model",
    "engine",
    "evaluation",
    "protocol",
    "publish",
    "daemon",
    "web",
];

/// More lines than a reader holds in the head.
const LONGEST: usize = 450;

/// A source file, by its path below `src`.
struct Source {
    path: PathBuf,
    lines: usize,
    /// Without comments and tests, where lines keep their numbers.
    code: Vec<String>,
}

impl Source {
    fn read(path: &Path, root: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let code = if is_for_tests(path) {
            Vec::new()
        } else {
            without_tests(&text)
        };
        Self {
            path: path.strip_prefix(root).unwrap().into(),
            lines: text.lines().count(),
            code,
        }
    }

    /// The module at the top that it belongs to; `None` of the crate's roots.
    fn module(&self) -> Option<&str> {
        let mut parts = self.path.components();
        let first = parts.next()?.as_os_str().to_str()?;
        parts.next().map(|_| first)
    }

    /// Each place where the code holds the word, as `path:line: code`.
    fn places(&self, word: &str) -> impl Iterator<Item = String> {
        let places = self
            .code
            .iter()
            .zip(1..)
            .filter(move |(line, _)| holds(line, word));
        places.map(move |(line, number)| {
            format!(
                "src/{}:{number}: `{word}` in `{}`",
                self.path.display(),
                line.trim()
            )
        })
    }
}

/// Whether a line holds a word that does not go on before or, where it ends
/// like a name, behind.
fn holds(line: &str, word: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(place, _)| {
        let before = line[..place].chars().next_back().is_some_and(in_name);
        let behind = line[place + word.len()..]
            .chars()
            .next()
            .is_some_and(in_name);
        let starts = word.starts_with(in_name);
        !(starts && before || word.ends_with(in_name) && behind)
    })
}

/// Whether the file's parent has it in tests only.
fn is_for_tests(path: &Path) -> bool {
    let parent = fs::read_to_string(path.with_file_name("mod.rs")).unwrap_or_default();
    let module = path.file_stem().unwrap().to_string_lossy();
    parent.contains(&format!("#[cfg(test)]\nmod {module};"))
}

/// Empties comments, and the items and modules behind `#[cfg(test)]`.
fn without_tests(text: &str) -> Vec<String> {
    let mut code: Vec<String> = Vec::new();
    // Of a test item: whether its braces have opened, and how deep they are.
    let mut test: Option<(bool, i32)> = None;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        if test.is_none() && line.trim_start().starts_with("#[cfg(test)]") {
            test = Some((false, 0));
        }
        let Some((opened, depth)) = &mut test else {
            code.push(line.into());
            continue;
        };
        code.push(String::new());
        *opened |= line.contains('{');
        *depth += line.matches('{').count() as i32 - line.matches('}').count() as i32;
        let ends = if *opened {
            *depth == 0
        } else {
            line.trim_end().ends_with(';')
        };
        if ends {
            test = None;
        }
    }
    code
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(Source::read(&path, &root));
            }
        }
    }
    assert!(sources.len() > 50, "these are not all of the sources");
    sources
}

/// The places of any of the words in files that `is_bound` chooses.
fn breaches(is_bound: impl Fn(&Source) -> bool, words: &[&str]) -> Vec<String> {
    let sources = sources();
    let bound = sources.iter().filter(|source| is_bound(source));
    let places = bound.flat_map(|source| words.iter().flat_map(|word| source.places(word)));
    places.collect()
}

fn check(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn only_audio_knows_codecs_and_devices() {
    let elsewhere = |source: &Source| source.module() != Some("audio");
    check(&breaches(
        elsewhere,
        &[
            "cpal",
            "alsa",
            "symphonia",
            "symphonia_adapter_libopus",
            "rubato",
        ],
    ));
}

#[test]
fn only_model_knows_the_network_engine() {
    let elsewhere = |source: &Source| source.module() != Some("model");
    check(&breaches(elsewhere, &["tract", "tract_onnx", "tract_core"]));
}

/// There, what tract runs is behind a guard, and has run once before it is used.
#[test]
fn only_one_file_runs_a_network() {
    let elsewhere = |source: &Source| source.path != Path::new("model/network.rs");
    let words = [
        "into_runnable",
        "TypedRunnableModel",
        "SimplePlan",
        "SimpleState",
        ".run(tvec!",
        "run_plan_with_eval",
    ];
    check(&breaches(elsewhere, &words));
    let there = |source: &Source| source.path == Path::new("model/network.rs");
    assert!(!breaches(there, &["into_runnable"]).is_empty());
}

#[test]
fn only_the_web_knows_the_network() {
    let elsewhere = |source: &Source| source.module() != Some("web");
    let words = [
        "hyper",
        "tokio",
        "multer",
        "TcpListener",
        "TcpStream",
        "UdpSocket",
    ];
    check(&breaches(elsewhere, &words));
}

#[test]
fn the_two_processes_share_no_part_of_either() {
    let of_web = |source: &Source| source.module() == Some("web");
    check(&breaches(of_web, &["crate::daemon"]));
}

#[test]
fn the_web_opens_neither_microphones_nor_files() {
    let words = [
        "Microphone",
        "open_microphone",
        "Supervisor",
        "AudioSource::open",
        "File",
        "fs",
    ];
    let of_web =
        |source: &Source| source.module() == Some("web") || source.path == Path::new("cli/web.rs");
    check(&breaches(of_web, &words));
}

#[test]
fn the_engine_has_neither_thread_nor_clock_nor_io() {
    check(&breaches(
        |source| source.module() == Some("engine"),
        &[
            "thread",
            "time",
            "fs",
            "io",
            "net",
            "process",
            "env",
            "system",
            "Instant",
            "SystemTime",
            "println!",
            "print!",
            "eprintln!",
            "dbg!",
        ],
    ));
}

#[test]
fn statistics_need_nothing_of_the_program() {
    let others: Vec<String> = ORDER
        .iter()
        .filter(|module| **module != "evaluation")
        .map(|module| format!("crate::{module}"))
        .collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    check(&breaches(
        |source| source.module() == Some("evaluation"),
        &others,
    ));
}

#[test]
fn dsp_needs_no_std_and_cannot_fail() {
    check(&breaches(
        |source| source.module() == Some("dsp"),
        &[
            "std",
            "alloc",
            ".unwrap(",
            ".expect(",
            "panic!",
            "todo!",
            "unimplemented!",
            "println!",
        ],
    ));
}

#[test]
fn modules_use_only_those_before_them() {
    let mut found = Vec::new();
    for (place, module) in ORDER.iter().enumerate() {
        let later = ORDER[place + 1..].iter().chain(&["cli"]);
        let paths: Vec<String> = later.map(|later| format!("crate::{later}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        found.extend(breaches(|source| source.module() == Some(*module), &paths));
        // One could also come in through the crate's root.
        let roundabout = ["crate::{", "super::super::super", "undertone::"];
        found.extend(breaches(
            |source| source.module() == Some(*module),
            &roundabout,
        ));
    }
    check(&found);
}

#[test]
fn the_command_line_is_in_the_binary_alone() {
    let library =
        |source: &Source| source.module() != Some("cli") && source.path != Path::new("main.rs");
    check(&breaches(library, &["cli", "clap", "anyhow", "indicatif"]));
    let binary = |source: &Source| source.module() == Some("cli");
    let modules: Vec<String> = ORDER
        .iter()
        .map(|module| format!("crate::{module}"))
        .collect();
    let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
    check(&breaches(binary, &modules));
}

#[test]
fn files_fit_in_the_head() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.lines >= LONGEST)
        .map(|source| format!("src/{}: {} lines", source.path.display(), source.lines))
        .collect();
    check(&long);
}

#[test]
fn the_reader_of_sources_reads_them_right() {
    let text =
        "use a; // std\n#[cfg(test)]\nmod b;\n#[cfg(test)]\nmod tests {\n    if x { std }\n}\nc\n";
    let code = without_tests(text).join("|");
    assert_eq!(code, "use a; |||||||c");
    let rows = [
        ("std::fs", "std", true),
        ("no_std", "std", false),
        ("stdin", "std", false),
        ("x.unwrap()", ".unwrap(", true),
        ("use tract_onnx::x", "tract", false),
    ];
    for (line, word, expected) in rows {
        assert_eq!(holds(line, word), expected, "{word} in {line}");
    }
}
