//! Scores by label, as one JSON object in the model's order.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// The calibrated probability of every label, in the model's order.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(
    test,
    schemars(with = "std::collections::BTreeMap<String, f32>", inline)
)]
pub struct Scores(Vec<(String, f32)>);

impl Scores {
    /// Returns a label's score.
    pub fn get(&self, label: &str) -> Option<f32> {
        let found = self.0.iter().find(|(name, _)| name == label);
        found.map(|(_, score)| *score)
    }

    /// Returns the largest score; 0 if there is none.
    pub fn largest(&self) -> f32 {
        let scores = self.0.iter().map(|(_, score)| *score);
        scores.fold(0.0, f32::max)
    }
}

impl FromIterator<(String, f32)> for Scores {
    fn from_iter<I: IntoIterator<Item = (String, f32)>>(scores: I) -> Self {
        Self(scores.into_iter().collect())
    }
}

impl Serialize for Scores {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(label, score)| (label, score)))
    }
}

impl<'de> Deserialize<'de> for Scores {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ScoresVisitor)
    }
}

struct ScoresVisitor;

impl<'de> Visitor<'de> for ScoresVisitor {
    type Value = Scores;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with a score for each label")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scores, A::Error> {
        let mut scores = Vec::new();
        while let Some(entry) = map.next_entry()? {
            scores.push(entry);
        }
        Ok(Scores(scores))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_stays() {
        let text = r#"{"sad":0.75,"happy":0.25}"#;
        let scores: Scores = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&scores).unwrap(), text);
        assert_eq!(scores.get("happy"), Some(0.25));
        assert_eq!(scores.get("calm"), None);
    }
}
