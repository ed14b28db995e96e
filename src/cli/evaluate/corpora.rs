//! Recordings of well-known corpora, whose names say label and speaker as they are
//! downloaded.

/// What a recording's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// `None` for an emotion that no label stands for.
    pub label: Option<&'static str>,
    pub speaker: &'a str,
}

/// Reads a name without its ending, by the corpus whose pattern it has; `None` if it
/// has none. The patterns exclude each other.
pub fn read(stem: &str) -> Option<Named<'_>> {
    ravdess(stem)
        .or_else(|| crema_d(stem))
        .or_else(|| emo_db(stem))
        .or_else(|| tess(stem))
}

/// The label of a corpus's own code.
#[allow(
    clippy::option_option,
    reason = "a code, and whether a label stands for it"
)]
fn label(codes: &[(&str, Option<&'static str>)], code: &str) -> Option<Option<&'static str>> {
    let found = codes.iter().find(|(known, _)| *known == code);
    found.map(|(_, label)| *label)
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// MODALITY-CHANNEL-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR (Livingstone and
/// Russo, 2018).
fn ravdess(stem: &str) -> Option<Named<'_>> {
    const CODES: [(&str, Option<&str>); 8] = [
        ("01", Some("neutral")),
        ("02", Some("calm")),
        ("03", Some("happy")),
        ("04", Some("sad")),
        ("05", Some("angry")),
        ("06", Some("fearful")),
        ("07", Some("disgust")),
        ("08", Some("surprised")),
    ];
    let parts: Vec<&str> = stem.split('-').collect();
    let [_, _, emotion, _, _, _, speaker] = parts[..] else {
        return None;
    };
    let fits = parts.iter().all(|part| is_number(part, 2));
    let label = label(&CODES, emotion).filter(|_| fits)?;
    Some(Named { label, speaker })
}

/// `ACTOR_SENTENCE_EMOTION_LEVEL` (Cao et al., 2014).
fn crema_d(stem: &str) -> Option<Named<'_>> {
    const CODES: [(&str, Option<&str>); 6] = [
        ("ANG", Some("angry")),
        ("DIS", Some("disgust")),
        ("FEA", Some("fearful")),
        ("HAP", Some("happy")),
        ("NEU", Some("neutral")),
        ("SAD", Some("sad")),
    ];
    let parts: Vec<&str> = stem.split('_').collect();
    let [speaker, sentence, emotion, level] = parts[..] else {
        return None;
    };
    let fits = is_number(speaker, 4) && sentence.len() == 3 && !level.is_empty();
    let label = label(&CODES, emotion).filter(|_| fits)?;
    Some(Named { label, speaker })
}

/// Speaker, sentence, emotion and version in seven letters (Burkhardt et al., 2005).
fn emo_db(stem: &str) -> Option<Named<'_>> {
    const CODES: [(&str, Option<&str>); 7] = [
        ("W", Some("angry")),
        ("E", Some("disgust")),
        ("A", Some("fearful")),
        ("F", Some("happy")),
        ("T", Some("sad")),
        ("N", Some("neutral")),
        ("L", None),
    ];
    if stem.len() != 7 || !stem.is_ascii() {
        return None;
    }
    let (speaker, sentence) = (&stem[..2], &stem[2..5]);
    let fits = is_number(speaker, 2)
        && sentence.starts_with(['a', 'b'])
        && is_number(&sentence[1..], 2)
        && stem.ends_with(|last: char| last.is_ascii_lowercase());
    let label = label(&CODES, &stem[5..6]).filter(|_| fits)?;
    Some(Named { label, speaker })
}

/// `ACTRESS_WORD_EMOTION` (Pichora-Fuller and Dupuis, 2020). One recording says OA for OAF.
fn tess(stem: &str) -> Option<Named<'_>> {
    const CODES: [(&str, Option<&str>); 7] = [
        ("angry", Some("angry")),
        ("disgust", Some("disgust")),
        ("fear", Some("fearful")),
        ("happy", Some("happy")),
        ("neutral", Some("neutral")),
        ("ps", Some("surprised")),
        ("sad", Some("sad")),
    ];
    let (speaker, rest) = stem.split_once('_')?;
    let (word, emotion) = rest.split_once('_')?;
    let speaker = match speaker {
        "OA" | "OAF" => "OAF",
        "YAF" => "YAF",
        _ => return None,
    };
    let label = label(&CODES, &emotion.to_ascii_lowercase()).filter(|_| !word.is_empty())?;
    Some(Named { label, speaker })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_understood_as_they_are_downloaded() {
        let rows = [
            ("03-01-05-02-01-02-07", Some(("angry", "07"))),
            ("01-02-08-01-02-01-24", Some(("surprised", "24"))),
            ("1001_DFA_ANG_XX", Some(("angry", "1001"))),
            ("03a01Fa", Some(("happy", "03"))),
            ("16b10Wb", Some(("angry", "16"))),
            ("OAF_back_fear", Some(("fearful", "OAF"))),
            ("YAF_dog_ps", Some(("surprised", "YAF"))),
            ("OA_bite_neutral", Some(("neutral", "OAF"))),
            ("03-01-09-02-01-02-07", None),
            ("2024-01-05-02-01-02-07", None),
            ("1001_DFA_XYZ_XX", None),
            ("99c01Fa", None),
            ("ann_back_fear", None),
        ];
        for (stem, expected) in rows {
            let found = read(stem).map(|named| (named.label.unwrap(), named.speaker));
            assert_eq!(found, expected, "{stem}");
        }
        assert_eq!(read("03a01Lb").unwrap().label, None);
    }
}
