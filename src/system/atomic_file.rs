//! Files that are never half written, and files that outlive a loss of power.

use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file that is being written, to take the place of another when it is whole. It lies
/// beside that, under a name that nobody can guess: whoever owns the folder must not have
/// another file written by it. One that is dropped leaves nothing.
pub struct Draft {
    /// The file whose place it takes.
    file: PathBuf,
    /// Where it lies.
    place: PathBuf,
    is_kept: bool,
}

impl Draft {
    /// Creates the draft of a file, which gets this mode less the process's umask, to be
    /// written to what is returned beside it.
    ///
    /// # Errors
    /// The system's.
    pub fn create(file: &Path, mode: u32) -> io::Result<(Self, File)> {
        let number = RandomState::new().hash_one(std::process::id());
        let place = file.with_extension(format!("new{number:016x}"));
        let new = create_new(&place, mode)?;
        let file = file.to_owned();
        let is_kept = false;
        Ok((
            Self {
                file,
                place,
                is_kept,
            },
            new,
        ))
    }

    /// Puts it in the file's place.
    ///
    /// # Errors
    /// The system's. The old file stays, and no draft.
    pub fn keep(mut self) -> io::Result<()> {
        fs::rename(&self.place, &self.file)?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_kept {
            // It may not be there, which is right, too.
            let _ = fs::remove_file(&self.place);
        }
    }
}

/// Creates a file that must not be there yet, neither as a link.
fn create_new(file: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode).open(file)
}

/// Replaces a file, which gets this mode: readers find the old one or the new,
/// and never half of one.
///
/// # Errors
/// The system's. The old file stays, and no draft.
pub fn replace(file: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    let (draft, mut new) = Draft::create(file, 0o600)?;
    new.write_all(contents)?;
    new.set_permissions(Permissions::from_mode(mode))?;
    draft.keep()
}

/// Creates an empty file that a loss of power does not undo.
///
/// # Errors
/// The system's.
pub fn create_durably(file: &Path) -> io::Result<()> {
    File::create(file)?.sync_all()?;
    sync_folder_of(file)
}

/// Removes a file, if it is there, so that a loss of power does not undo it.
///
/// # Errors
/// The system's.
pub fn remove_durably(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => (),
    }
    sync_folder_of(file)
}

/// Without this, a loss of power may undo that a file was made or removed.
fn sync_folder_of(file: &Path) -> io::Result<()> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match File::open(folder.unwrap_or(Path::new(".")))?.sync_all() {
        // A file system that does this for files alone has done what it can.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_at_once_and_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("figures.prom");
        for text in ["old", "new"] {
            replace(&file, text.as_bytes(), 0o640).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        // Onto a folder nothing can be renamed.
        assert!(replace(folder.path(), b"", 0o644).is_err());
        assert!(replace(Path::new("/nonexistent/a.prom"), b"", 0o644).is_err());
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let secret = path("secret");
        fs::write(&secret, "mine").unwrap();
        fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
        let guessed = path(&format!("figures.new{}", std::process::id()));
        std::os::unix::fs::symlink(&secret, guessed).unwrap();
        // It may be made or not, but not there.
        let _ = replace(&path("figures.prom"), b"figures", 0o644);
        assert!(create_new(&path("figures.prom"), 0o644).is_err());
        assert_eq!(fs::read_to_string(&secret).unwrap(), "mine");
        let mode = fs::metadata(&secret).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_is_made_and_removed_as_often_as_asked() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("paused");
        for is_there in [true, true, false, false] {
            let change = if is_there {
                create_durably
            } else {
                remove_durably
            };
            change(&file).unwrap();
            assert_eq!(file.exists(), is_there);
        }
        assert!(create_durably(Path::new("/nonexistent/paused")).is_err());
    }
}
