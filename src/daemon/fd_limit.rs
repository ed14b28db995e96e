//! The limit of open files, and the readers that it has room for.

use crate::publish::Limits;
use crate::system::{Level, log};
use nix::sys::resource::{Resource, getrlimit};

/// Descriptors that are not for readers: the microphone's, also of those that
/// hang, the socket's, and of files that are read and written.
const RESERVED: u64 = 64;

/// Returns the limits, with no more readers than there may be open files: with all of
/// them there, a microphone that was lost must still find room to come back.
pub fn limits_that_fit(limits: Limits) -> Limits {
    // Where the system does not say, it has no limit.
    #[allow(clippy::useless_conversion, reason = "32-bit systems count in 32 bits")]
    let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(soft, _)| soft.into());
    let fitted = fit(limits, files);
    if fitted != limits {
        let Limits { readers, .. } = fitted;
        let wanted = limits.readers;
        log(
            Level::Warning,
            format!(
                "socket.readers is {wanted}, and {files} files may be open: there is room for \
                 {readers}; raise LimitNOFILE= of the unit (`ulimit -n` in a shell) to {}",
                wanted as u64 + RESERVED
            ),
        );
    }
    fitted
}

fn fit(limits: Limits, files: u64) -> Limits {
    let room = usize::try_from(files.saturating_sub(RESERVED)).unwrap_or(usize::MAX);
    Limits {
        readers: limits.readers.min(room.max(1)),
        ..limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::Config;

    #[test]
    fn readers_leave_room_for_the_microphone() {
        let limits = Config::default().socket.limits();
        let rows = [(0, 1), (65, 1), (100, 36), (320, 256), (u64::MAX, 256)];
        for (files, readers) in rows {
            assert_eq!(fit(limits, files).readers, readers, "{files}");
        }
    }

    #[test]
    fn the_unit_has_files_for_the_readers_of_the_example() {
        let unit = include_str!("../../packaging/undertone.service");
        let limit = unit
            .lines()
            .find_map(|line| line.strip_prefix("LimitNOFILE="));
        let limits = Config::default().socket.limits();
        assert_eq!(fit(limits, limit.unwrap().parse().unwrap()), limits);
    }
}
