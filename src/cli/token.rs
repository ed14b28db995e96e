//! The token that whoever is not on this machine must know.

use crate::cli::exit::CliError;
use anyhow::{Context, anyhow};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use undertone::error::Class;
use undertone::system::{hex, read_text, replace};

/// Name of the credential, as systemd's `LoadCredential=` is to give it.
const CREDENTIAL: &str = "undertone-token";

/// Characters that a token must have: it is all that keeps strangers out.
const SHORTEST: usize = 16;

/// Returns the token of a file, which is made if it is not there; that of systemd's
/// credential, if there is one; or one for this run alone.
pub fn token(file: Option<&Path>) -> anyhow::Result<String> {
    let given = file.map(PathBuf::from).or_else(credential);
    let Some(file) = given else {
        return random();
    };
    let name = || file.display().to_string();
    match read_text(&file) {
        Ok(text) => check(text.trim()).with_context(name),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let token = random()?;
            replace(&file, format!("{token}\n").as_bytes(), 0o600).with_context(name)?;
            Ok(token)
        }
        Err(error) => Err(error).with_context(name),
    }
}

fn credential() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?);
    Some(folder.join(CREDENTIAL)).filter(|file| file.exists())
}

fn check(token: &str) -> anyhow::Result<String> {
    let plain = token
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    if plain && token.len() >= SHORTEST {
        return Ok(token.into());
    }
    let why = format!("a token has at least {SHORTEST} letters, digits, or characters of -._~");
    Err(CliError::new(Class::Configuration, why).into())
}

/// 128 bits that nobody can guess.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("there is no randomness for a token: {error}"))?;
    Ok(hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_token_that_is_kept_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let first = token(Some(&file)).unwrap();
        assert_eq!(token(Some(&file)).unwrap(), first);
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!((first.len(), mode & 0o777), (32, 0o600));
        for wrong in ["", "short", "0123456789 abcdef", "0123456789abcde\u{e9}"] {
            std::fs::write(&file, wrong).unwrap();
            assert!(token(Some(&file)).is_err(), "{wrong}");
        }
        assert!(token(Some(Path::new("/nonexistent/token"))).is_err());
    }
}
