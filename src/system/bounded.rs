//! Files of text that are read whole.

use nix::libc::O_NONBLOCK;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// The most bytes of a text that is read whole.
const MOST: u64 = 1 << 20;

/// Reads a text that somebody wrote by hand, or this program. It is not waited for: a
/// pipe is refused.
///
/// # Errors
/// The system's, and one for what is no text of at most 1 MiB.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(O_NONBLOCK).open(path)?;
    if file.metadata()?.file_type().is_fifo() {
        let why = "it is a pipe, which could be waited for without end; name a file";
        return Err(io::Error::new(ErrorKind::InvalidInput, why));
    }
    let mut text = String::new();
    if file.take(MOST + 1).read_to_string(&mut text)? as u64 > MOST {
        let why = "it is larger than the 1 MiB that are read of such a file";
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::make_fifo;
    use std::fs;

    #[test]
    fn texts_are_read_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("text"), "text").unwrap();
        assert_eq!(read_text(&path("text")).unwrap(), "text");
        assert_eq!(read_text(Path::new("/dev/null")).unwrap(), "");
        make_fifo(&path("fifo"));
        fs::write(path("long"), vec![b' '; 1 + MOST as usize]).unwrap();
        fs::write(path("bytes"), [0xff]).unwrap();
        let absent = path("absent");
        for (path, kind) in [
            (path("fifo"), ErrorKind::InvalidInput),
            (path("long"), ErrorKind::FileTooLarge),
            (path("bytes"), ErrorKind::InvalidData),
            ("/dev/zero".into(), ErrorKind::FileTooLarge),
            (folder.path().to_owned(), ErrorKind::IsADirectory),
            (absent, ErrorKind::NotFound),
        ] {
            let error = read_text(&path).unwrap_err();
            assert_eq!(error.kind(), kind, "{}", path.display());
        }
    }
}
