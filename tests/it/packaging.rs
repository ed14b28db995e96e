//! What packages take from the program.

use std::fs;
use std::process::Command;

fn undertone() -> Command {
    Command::new(env!("CARGO_BIN_EXE_undertone"))
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");
    let output = undertone().args(["man", "--into"]).arg(&pages).output();
    assert!(output.unwrap().status.success());
    let program = fs::read_to_string(pages.join("undertone.1")).unwrap();
    // It refers to each as `undertone\-classify(1)`.
    let referred = program.lines().filter_map(|line| line.strip_suffix("(1)"));
    let referred: Vec<String> = referred.map(|name| name.replace("\\-", "-")).collect();
    assert!(referred.len() > 8, "{referred:?}");
    for name in &referred {
        let page = fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(
            page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"),
            "{name}"
        );
    }
}

#[test]
fn a_folder_for_manual_pages_that_cannot_be_made_is_one_sentence() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let place = file.path().join("man");
    let output = undertone().args(["man", "--into"]).arg(&place).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(74), "{said}");
    assert!(said.contains(place.to_str().unwrap()), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
