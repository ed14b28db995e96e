//! What is deliberately absent from each part of the house, by reading the
//! sources. That `dsp` builds without `std` is checked by building it.

mod lengths;
mod sources;

use sources::{Mention, Source, sources};
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

/// More lines of a file than a reader holds in the head.
const LONGEST_FILE: usize = 450;

/// More lines of a function than a screen shows.
const LONGEST_FUNCTION: usize = 70;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Fails with each place in files that `is_bound` chooses where the code mentions
/// what `is_forbidden`.
fn forbid(is_bound: impl Fn(&Source) -> bool, is_forbidden: impl Fn(&Mention) -> bool) {
    check(&places(is_bound, is_forbidden));
}

fn places(
    is_bound: impl Fn(&Source) -> bool,
    is_forbidden: impl Fn(&Mention) -> bool,
) -> Vec<String> {
    let mut places = Vec::new();
    for source in sources(&root()).iter().filter(|source| is_bound(source)) {
        for mention in source.mentions().iter().filter(|one| is_forbidden(one)) {
            let (path, line) = (source.path.display(), mention.line);
            places.push(format!("src/{path}:{line}: {}", mention.path.join("::")));
        }
    }
    places
}

fn check(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

/// Files of a module at the top.
fn of(module: &str) -> impl Fn(&Source) -> bool {
    move |source| source.module() == Some(module)
}

/// Files of all other modules.
fn outside(module: &str) -> impl Fn(&Source) -> bool {
    move |source| source.module() != Some(module)
}

/// Paths into modules of the library.
fn paths_into<'a>(modules: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let modules = modules.into_iter();
    modules.map(|module| format!("crate::{module}")).collect()
}

fn is_in(mention: &Mention, roots: &[String]) -> bool {
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    mention.is_in(&roots)
}

#[test]
fn only_audio_knows_codecs_and_devices() {
    let crates = [
        "cpal",
        "alsa",
        "symphonia",
        "symphonia_adapter_libopus",
        "rubato",
    ];
    forbid(outside("audio"), |mention| mention.names(&crates));
}

#[test]
fn only_model_knows_the_network_engine() {
    let crates = ["tract", "tract_onnx", "tract_core"];
    forbid(outside("model"), |mention| mention.names(&crates));
}

/// There, what tract runs is behind a guard, and has run once before it is used.
#[test]
fn only_one_file_runs_a_network() {
    let words = [
        "into_runnable",
        "TypedRunnableModel",
        "SimplePlan",
        "SimpleState",
        "run_plan_with_eval",
    ];
    let runs = |mention: &Mention| {
        let run = mention.calls(&[".run"]) && mention.arguments == ["tvec"];
        run || mention.names(&words)
    };
    forbid(|source| !source.is("model/network.rs"), runs);
    let there = places(|source| source.is("model/network.rs"), runs);
    assert!(!there.is_empty(), "this rule looks for the wrong words");
}

#[test]
fn only_the_web_knows_the_network() {
    let words = [
        "hyper",
        "tokio",
        "multer",
        "TcpListener",
        "TcpStream",
        "UdpSocket",
    ];
    forbid(outside("web"), |mention| mention.names(&words));
}

#[test]
fn the_web_opens_neither_microphones_nor_files() {
    let of_web = |source: &Source| source.module() == Some("web") || source.is("cli/web.rs");
    let words = ["Microphone", "open_microphone", "Supervisor", "File", "fs"];
    forbid(of_web, |mention| {
        mention.names(&words)
            || mention
                .path
                .ends_with(&["AudioSource".into(), "open".into()])
    });
}

#[test]
fn the_two_processes_share_no_part_of_either() {
    forbid(of("web"), |mention| mention.is_in(&["crate::daemon"]));
}

#[test]
fn the_engine_has_neither_thread_nor_clock_nor_io() {
    let parts = [
        "std::thread",
        "std::time",
        "std::fs",
        "std::io",
        "std::net",
        "std::process",
        "std::env",
        "crate::system",
    ];
    let macros = ["println!", "print!", "eprintln!", "eprint!", "dbg!"];
    forbid(of("engine"), |mention| {
        mention.is_in(&parts) || mention.names(&["Instant", "SystemTime"]) || mention.calls(&macros)
    });
}

#[test]
fn statistics_need_nothing_of_the_program() {
    let others = paths_into(ORDER.into_iter().filter(|module| *module != "evaluation"));
    forbid(of("evaluation"), |mention| is_in(mention, &others));
}

#[test]
fn dsp_needs_no_std_and_cannot_fail() {
    let calls = [
        ".unwrap",
        ".expect",
        "panic!",
        "todo!",
        "unimplemented!",
        "println!",
    ];
    forbid(of("dsp"), |mention| {
        mention.is_in(&["std", "alloc"]) || mention.calls(&calls)
    });
}

#[test]
fn modules_use_only_those_before_them() {
    let mut found = Vec::new();
    for (place, module) in ORDER.into_iter().enumerate() {
        let mut later = paths_into(ORDER[place + 1..].iter().copied().chain(["cli"]));
        // Everything could come in through these.
        later.extend(["undertone".into(), "crate::*".into()]);
        found.extend(places(of(module), |mention| is_in(mention, &later)));
    }
    check(&found);
}

#[test]
fn the_command_line_is_in_the_binary_alone() {
    let library = |source: &Source| source.module() != Some("cli") && !source.is("main.rs");
    let crates = ["cli", "clap", "anyhow", "indicatif"];
    forbid(library, |mention| mention.names(&crates));
    let modules = paths_into(ORDER);
    forbid(of("cli"), |mention| is_in(mention, &modules));
}

#[test]
fn files_fit_in_the_head() {
    let long: Vec<String> = sources(&root())
        .iter()
        .filter(|source| source.lines >= LONGEST_FILE)
        .map(|source| format!("src/{}: {} lines", source.path.display(), source.lines))
        .collect();
    check(&long);
}

#[test]
fn functions_fit_on_a_screen() {
    let functions = lengths::functions(&sources(&root()));
    let long = functions.iter().filter(|one| one.lines > LONGEST_FUNCTION);
    let long: Vec<String> = long
        .map(|one| format!("{}: {} lines", one.place, one.lines))
        .collect();
    check(&long);
}
