//! The list of microphones: one entry a card's input, out of the many names that ALSA
//! has for each.

/// A name of the sound system's under which sound may be captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The name.
    pub id: String,
    /// What it is, in words.
    pub description: String,
    /// Whether it can capture, as far as opening it says.
    pub capture: Capture,
}

/// What opening a device to capture says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    /// It can.
    Yes,
    /// Another program holds it, or it does not answer.
    Busy,
    /// It cannot.
    No,
}

/// A microphone of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Id, as `--device` takes it.
    pub id: String,
    /// Its name in words.
    pub name: String,
    /// Set for the one that is opened when none is named.
    pub default: bool,
    /// Set while another program holds it alone, or it does not answer.
    pub busy: bool,
}

/// Id of the system's default, here and in ALSA.
pub(super) const DEFAULT: &str = "default";

/// Names of plugins and sound servers that ALSA lists on any machine, whether or not
/// there is a microphone behind them: what they lead to has a name of its own.
const PSEUDO: [&str; 14] = [
    "null",
    "pipewire",
    "pulse",
    "jack",
    "oss",
    "sysdefault",
    "lavrate",
    "samplerate",
    "speexrate",
    "speex",
    "upmix",
    "vdownmix",
    "plug",
    "usbstream",
];

/// Returns the place of a name among those of one input: the hardware's own first.
fn rank(kind: &str) -> usize {
    ["hw", "plughw", "sysdefault", "front", "dsnoop"]
        .iter()
        .position(|&known| known == kind)
        .unwrap_or(usize::MAX)
}

/// The input that a name leads to, as card and device, or the name itself.
fn input_of(id: &str) -> String {
    let device = id.split_once("DEV=").map_or("0", |(_, device)| device);
    card(id).map_or_else(|| id.into(), |card| format!("{card},{device}"))
}

/// The card that a name names, if it names one.
fn card(id: &str) -> Option<&str> {
    let (_, arguments) = id.split_once(':')?;
    let mut pairs = arguments.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(name, _)| *name == "CARD")
        .map(|(_, card)| card)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a name may be a microphone's, so that it pays to open it.
pub(super) fn is_worth_opening(id: &str) -> bool {
    !PSEUDO.contains(&id)
}

/// Returns the microphones among names: the default where it captures, and each input
/// of a card once. One of them is marked as the one that is opened when none is named.
pub(super) fn microphones(names: &[Name]) -> Vec<Device> {
    let mut found: Vec<(String, usize, Device)> = Vec::new();
    // Cards have a number, too; the name is the same after the next start.
    let named = names
        .iter()
        .any(|name| card(&name.id).is_some_and(|card| !is_number(card)));
    let is_second_name = |id: &str| named && card(id).is_some_and(is_number);
    for name in names {
        if name.capture == Capture::No || !is_worth_opening(&name.id) || is_second_name(&name.id) {
            continue;
        }
        let kind = name.id.split(':').next().unwrap_or_default();
        let device = Device {
            id: name.id.clone(),
            name: name.description.clone(),
            default: name.id == DEFAULT,
            busy: name.capture == Capture::Busy,
        };
        let (input, rank) = (input_of(&name.id), rank(kind));
        match found.iter_mut().find(|(known, ..)| *known == input) {
            Some(known) if rank < known.1 => *known = (input, rank, device),
            Some(_) => (),
            None => found.push((input, rank, device)),
        }
    }
    let mut devices: Vec<Device> = found.into_iter().map(|(.., device)| device).collect();
    devices.sort_by_key(|device| !device.default);
    if let [only] = devices.as_mut_slice() {
        only.default = true;
    }
    devices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(rows: &[(&str, Capture)]) -> Vec<Name> {
        let name = |&(id, capture): &(&str, Capture)| Name {
            id: id.into(),
            description: format!("{id} in words"),
            capture,
        };
        rows.iter().map(name).collect()
    }

    fn ids(rows: &[(&str, Capture)]) -> Vec<(String, bool)> {
        let devices = microphones(&names(rows)).into_iter();
        devices.map(|device| (device.id, device.default)).collect()
    }

    #[test]
    fn each_input_is_listed_once_and_what_is_none_is_not() {
        use Capture::{Busy, No, Yes};
        let raspberry_pi_os = [
            ("null", Yes),
            ("default", No),
            ("sysdefault", No),
            ("hw:CARD=Headphones,DEV=0", No),
            ("sysdefault:CARD=Device", Yes),
            ("hw:CARD=Device,DEV=0", Yes),
            ("plughw:CARD=Device,DEV=0", Yes),
            ("front:CARD=Device,DEV=0", Yes),
            ("dsnoop:CARD=Device,DEV=0", Yes),
            ("hw:CARD=1,DEV=0", Yes),
        ];
        let usb = || "hw:CARD=Device,DEV=0".to_owned();
        assert_eq!(ids(&raspberry_pi_os), [(usb(), true)]);

        let with_pipewire = [
            ("pipewire", Yes),
            ("hw:CARD=Device,DEV=0", Busy),
            ("default", Yes),
        ];
        assert_eq!(
            ids(&with_pipewire),
            [("default".into(), true), (usb(), false)]
        );

        let two = [
            ("default", No),
            ("hw:CARD=Device,DEV=0", Yes),
            ("hw:CARD=Device_1,DEV=0", Yes),
            ("plughw:CARD=Device,DEV=0", Yes),
        ];
        let second = "hw:CARD=Device_1,DEV=0".to_owned();
        assert_eq!(ids(&two), [(usb(), false), (second, false)]);

        assert_eq!(ids(&[("hw:CARD=0,DEV=0", Yes)]).len(), 1);
        assert_eq!(ids(&[("mymic", Yes)]), [("mymic".into(), true)]);
        assert_eq!(ids(&[("null", Yes), ("pulse", Yes)]), []);
    }
}
