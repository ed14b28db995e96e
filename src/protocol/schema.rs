//! The contract's JSON Schema and its examples, held to the types.

use super::request::RequestLine;
use super::{Message, Report};
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Deserializer, Value, json};
use std::collections::BTreeSet;
use std::fs;

/// The folder with the documentation.
const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");

/// The environment variable that makes the test write the schema anew.
const UPDATE: &str = "UNDERTONE_UPDATE_SCHEMA";

/// Returns the JSON Schema of every line of the contract.
fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let lines = [
        generator.subschema_for::<Message>(),
        generator.subschema_for::<RequestLine>(),
        generator.subschema_for::<Report>(),
    ];
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Undertone's protocol, version 1",
        "description": "A line of the event stream or of the socket (Message), a reader's \
                        request (RequestLine), or an object that a command prints (Report). \
                        Types and keys that are not here are to be ignored: docs/protocol.md.",
        "anyOf": lines,
        "$defs": generator.take_definitions(true),
    })
}

/// Returns the JSON values among the examples of `docs/protocol.md`: those in
/// blocks of code, and objects with a type within the text.
fn examples() -> Vec<Value> {
    let text = fs::read_to_string(format!("{DOCS}/protocol.md")).unwrap();
    let mut examples = Vec::new();
    for block in text.split("```json\n").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        for value in Deserializer::from_str(block).into_iter() {
            examples.push(value.unwrap_or_else(|error| panic!("{error} in {block}")));
        }
    }
    for span in text
        .split('`')
        .filter(|span| span.starts_with(r#"{"type":"#))
    {
        examples.push(serde_json::from_str(span).unwrap_or_else(|_| panic!("{span}")));
    }
    examples
}

/// Returns true when a type reads a value and writes the same one.
fn gives_back<T: Serialize + DeserializeOwned>(value: &Value) -> bool {
    let read: Result<T, _> = serde_json::from_str(&value.to_string());
    // By way of text: a float of 32 bits is another number in 64.
    let text = read.map(|read| serde_json::to_string(&read).unwrap());
    text.is_ok_and(|text| serde_json::from_str::<Value>(&text).unwrap() == *value)
}

/// Returns the constants that `type` has anywhere in a schema.
fn types(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(name) = fields.get("type").and_then(|field| field["const"].as_str()) {
                found.insert(name.into());
            }
            fields.values().for_each(|value| types(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| types(value, found)),
        _ => (),
    }
}

#[test]
fn every_example_is_read_and_written_as_it_stands() {
    for example in examples() {
        assert!(
            gives_back::<Message>(&example)
                || gives_back::<RequestLine>(&example)
                || gives_back::<Report>(&example),
            "{example}"
        );
    }
}

#[test]
fn every_type_has_an_example() {
    let mut known = BTreeSet::new();
    types(&schema(), &mut known);
    assert!(known.len() > 10, "{known:?}");
    let shown: BTreeSet<String> = examples()
        .iter()
        .filter_map(|example| Some(example["type"].as_str()?.to_owned()))
        .collect();
    let missing: Vec<_> = known.difference(&shown).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_schema_is_that_of_the_types() {
    let path = format!("{DOCS}/protocol.schema.json");
    let schema = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &schema).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == schema,
        "docs/protocol.schema.json is not what the types say; run {UPDATE}=1 cargo test --lib \
         protocol::schema"
    );
}
