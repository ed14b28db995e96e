//! The documents, held to the tree: paths, links and tests that they name exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that documents leave out where they name a file of the program, of its
/// tests, or of the training package.
const LEFT_OUT: [&str; 4] = ["src", "tests", "tests/it", "scripts/train/undertone_train"];

/// Folders at the root whose contents documents name.
const FOLDERS: [&str; 9] = [
    ".ci",
    "benches",
    "boards",
    "docs",
    "examples",
    "packaging",
    "scripts",
    "src",
    "tests",
];

/// Suffixes of files that are named without a folder of the root, too.
const SUFFIXES: [&str; 4] = [".rs", ".py", ".md", ".toml"];

/// Underscores from which on a word is the name of a test.
const UNDERSCORES: usize = 4;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents and their texts.
fn documents() -> Vec<(PathBuf, String)> {
    let mut paths = vec![
        root().join("README.md"),
        root().join("ARCHITECTURE.md"),
        root().join("models/ravdess/CARD.md"),
    ];
    let docs = fs::read_dir(root().join("docs")).unwrap();
    paths.extend(docs.map(|entry| entry.unwrap().path()));
    paths.retain(|path| path.extension().is_some_and(|suffix| suffix == "md"));
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// Code within a text: what stands between backticks, and indented commands.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let spans = text.split('`').skip(1).step_by(2);
    let commands = text.lines().filter_map(|line| line.strip_prefix("    "));
    let commands = commands.map(|line| line.trim_start_matches("sudo "));
    spans.chain(commands)
}

/// The path that a piece of code begins with; none where a part of it, in capitals,
/// is for the reader to fill in.
fn path_of(code: &str) -> Option<&str> {
    let word = code.split_whitespace().next()?;
    let (path, _) = word.split_once(':').unwrap_or((word, ""));
    let is_capital = |part: &str| part.len() > 1 && part.chars().all(char::is_uppercase);
    let is_open = path.contains(['*', '…', '{', '[', '<'])
        || path
            .split(|letter: char| !letter.is_alphanumeric())
            .any(is_capital);
    let (first, rest) = path.split_once('/')?;
    let is_ours = FOLDERS.contains(&first) && !rest.is_empty();
    let is_file = SUFFIXES.iter().any(|suffix| path.ends_with(suffix)) && !first.is_empty();
    (!is_open && (is_ours || is_file)).then_some(path)
}

fn exists(path: &str) -> bool {
    let mut folders = LEFT_OUT.iter().map(|folder| root().join(folder));
    root().join(path).exists() || folders.any(|folder| folder.join(path).exists())
}

/// The places of relative links.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let files = targets.filter_map(|target| target.split('#').next());
    files.filter(|file| !file.is_empty() && !file.contains("://"))
}

/// Words that are the names of tests.
fn tests_named(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let words = text.split(move |letter| !is_part(letter) && letter != '_');
    words.filter(|word| word.matches('_').count() >= UNDERSCORES)
}

/// All source text below a folder.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|s| s == "rs" || s == "py") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// Fails with all that is missing, by its document.
fn check(missing: BTreeSet<String>) {
    let missing: Vec<String> = missing.into_iter().collect();
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

fn place(document: &Path, name: &str) -> String {
    let document = document.strip_prefix(root()).unwrap_or(document);
    format!("{}: {name}", document.display())
}

#[test]
fn paths_that_documents_name_exist() {
    let mut missing = BTreeSet::new();
    let mut seen = 0;
    for (document, text) in documents() {
        for path in code(&text).filter_map(path_of) {
            seen += 1;
            if !exists(path) {
                missing.insert(place(&document, path));
            }
        }
        let folder = document.parent().unwrap();
        for link in links(&text).filter(|link| !folder.join(link).exists()) {
            missing.insert(place(&document, link));
        }
    }
    assert!(seen > 100, "{seen}");
    check(missing);
}

#[test]
fn tests_that_documents_name_exist() {
    let mut text = String::new();
    for folder in ["src", "tests", "scripts"] {
        sources(&root().join(folder), &mut text);
    }
    let mut missing = BTreeSet::new();
    for (document, page) in documents() {
        let is_missing = |name: &&str| !text.contains(&format!("{name}("));
        missing.extend(
            tests_named(&page)
                .filter(is_missing)
                .map(|name| place(&document, name)),
        );
    }
    check(missing);
}
