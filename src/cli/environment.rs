//! Flags by the environment: `UNDERTONE_` and the flag's name in capitals.

use clap::{Arg, Command};

/// Flags that mean something only beside another one of the same command line.
const ONLY_BESIDE_OTHERS: [&str; 8] = [
    "channel", "channels", "exec", "format", "level", "raw", "realtime", "seconds",
];

/// Returns the variable that stands for a flag.
fn variable(long: &str) -> String {
    format!("UNDERTONE_{}", long.to_uppercase().replace('-', "_"))
}

/// Returns the command with flags that may also come from the environment. A flag on the
/// command line has precedence, also over a variable that contradicts it.
pub fn with_environment(command: Command, given: &[String]) -> Command {
    let names: Vec<String> = command
        .get_subcommands()
        .map(|subcommand| subcommand.get_name().to_owned())
        .collect();
    let flags: Vec<String> = command
        .get_arguments()
        .filter(|arg| is_open(&command, arg, given))
        .map(|arg| arg.get_id().to_string())
        .collect();
    let command = flags.into_iter().fold(command, |command, flag| {
        command.mut_arg(flag, |arg| match arg.get_long().map(variable) {
            Some(name) => arg.env(name).hide_env(true),
            None => arg,
        })
    });
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |subcommand| with_environment(subcommand, given))
    })
}

/// Whether a flag may come from the environment, on a command line with such words.
fn is_open(command: &Command, arg: &Arg, given: &[String]) -> bool {
    let Some(long) = arg.get_long() else {
        return false;
    };
    let is_given = |other: &&Arg| {
        let flag = other.get_long().map(|long| format!("--{long}"));
        flag.is_some_and(|flag| {
            let assigned = format!("{flag}=");
            given
                .iter()
                .any(|word| *word == flag || word.starts_with(&assigned))
        })
    };
    // Either may have been declared to contradict the other.
    let contradicts = |other: &&Arg| {
        let listed = |one: &Arg, other: &Arg| {
            let conflicts = command.get_arg_conflicts_with(one);
            conflicts.iter().any(|it| it.get_id() == other.get_id())
        };
        listed(arg, other) || listed(other, arg)
    };
    // The list of microphones is of all of them.
    let is_meters = command.get_name() == "devices" && long == "device";
    !is_meters
        && !ONLY_BESIDE_OTHERS.contains(&long)
        && !["help", "version"].contains(&long)
        && !command
            .get_arguments()
            .any(|other| is_given(&other) && contradicts(&other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::arg;

    #[test]
    fn flags_have_variables_and_give_way_to_what_contradicts_them() {
        let command = || {
            let device = arg!(--device <ID>).conflicts_with("input").required(false);
            let listen = Command::new("listen")
                .arg(device)
                .arg(arg!(--input <PATH>).required(false))
                .arg(arg!(--"no-stdout"))
                .arg(arg!(--raw <RATE>).required(false));
            Command::new("program").subcommand(listen)
        };
        let variables = |given: &[&str]| {
            let given: Vec<String> = given.iter().map(|&word| word.into()).collect();
            let command = with_environment(command(), &given);
            let listen = command.find_subcommand("listen").unwrap();
            let mut names: Vec<String> = listen
                .get_arguments()
                .filter_map(|arg| Some(arg.get_env()?.to_string_lossy().into_owned()))
                .collect();
            names.sort();
            names
        };
        let all = ["UNDERTONE_DEVICE", "UNDERTONE_INPUT", "UNDERTONE_NO_STDOUT"];
        assert_eq!(variables(&[]), all);
        assert_eq!(variables(&["--input=a.wav"]), all[1..]);
        assert_eq!(variables(&["--device", "hw"]), [all[0], all[2]]);
    }
}
