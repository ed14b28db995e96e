//! Every script explains itself when asked, and does nothing else.

use crate::common::report;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What a script could change a machine with.
const INSTALLERS: [&str; 9] = [
    "apt-get",
    "cargo",
    "curl",
    "debootstrap",
    "dpkg",
    "mount",
    "pip",
    "rustup",
    "sudo",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the repository, without what is built.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            let built = name == "target" || name == "__pycache__" || name.starts_with('.');
            if !built {
                files(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

fn files_in(folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders {
        files(&root().join(folder), &mut found);
    }
    found.sort();
    found
}

fn is_script(file: &Path) -> bool {
    let executable = fs::metadata(file).unwrap().permissions().mode() & 0o111 != 0;
    let begins = fs::read(file).unwrap().starts_with(b"#!");
    assert_eq!(executable, begins, "{}", file.display());
    executable
}

/// A folder of programs that only write down that they were called.
fn installers(folder: &Path) -> PathBuf {
    let path = folder.join("bin");
    fs::create_dir(&path).unwrap();
    for name in INSTALLERS {
        let file = path.join(name);
        let text = format!("#!/bin/sh\necho {name} \"$@\" >>\"$UNDERTONE_CALLED\"\n");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    path
}

/// What is wrong with a script's answer to `--help`.
fn wrong_help(script: &Path, folder: &Path, path: &str) -> Option<String> {
    let home = folder.join("home");
    fs::create_dir_all(&home).unwrap();
    let output = Command::new(script)
        .arg("--help")
        .current_dir(&home)
        .env("PATH", path)
        .env("HOME", &home)
        .env("TMPDIR", &home)
        .env_remove("CARGO_HOME")
        .env("UNDERTONE_CALLED", folder.join("called"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let name = script.strip_prefix(root()).unwrap().to_str().unwrap();
    let own_name = name.rsplit('/').next().unwrap();
    let calls = fs::read_to_string(folder.join("called")).unwrap_or_default();
    let left: Vec<_> = home
        .read_dir()
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    let wrong = if !output.status.success() {
        format!(
            "ends with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
    } else if !said.contains(own_name) {
        format!("does not say how it is called: {said}")
    } else if !calls.is_empty() {
        format!("calls {calls}")
    } else if !left.is_empty() {
        format!("leaves {left:?}")
    } else {
        return None;
    };
    Some(format!("{name} --help {wrong}"))
}

#[test]
fn every_script_explains_itself_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let bin = installers(folder.path());
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let everywhere = ["scripts", "tests", "packaging", "boards", "models", "docs"];
    let before = files_in(&everywhere);
    let mut scripts = files_in(&["scripts", "tests/data"]);
    scripts.retain(|file| is_script(file));
    assert!(scripts.len() > 20, "{scripts:?}");
    let wrong = scripts
        .iter()
        .filter_map(|script| wrong_help(script, folder.path(), &path));
    report(&wrong.collect::<Vec<_>>());
    assert_eq!(files_in(&everywhere), before);
}

/// A host is never an option of ssh, whatever it begins with.
#[test]
fn a_host_is_no_option() {
    let folder = TempDir::new().unwrap();
    let bin = installers(folder.path());
    let called = folder.path().join("called");
    for (name, text) in [
        ("ssh", "echo \"$@\" >>\"$UNDERTONE_CALLED\"; exit 255"),
        ("dpkg-deb", "echo undertone"),
    ] {
        let file = bin.join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let host = "-oProxyCommand=true";
    let output = Command::new(root().join("scripts/deploy"))
        .args(["--package", "Cargo.toml", "pi-4", host])
        .env(
            "PATH",
            format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()),
        )
        .env("CARGO_HOME", folder.path())
        .env("UNDERTONE_CALLED", &called)
        .output()
        .unwrap();
    let calls = fs::read_to_string(&called).unwrap_or_default();
    assert!(!calls.is_empty(), "{output:?}");
    for call in calls.lines() {
        let (_, behind) = call.split_once(" -- ").unwrap_or_default();
        assert!(behind.starts_with(host), "{call}");
    }
}
