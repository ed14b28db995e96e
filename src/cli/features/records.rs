//! Features as text: JSON objects and CSV tables.

use serde::ser::{Serialize, SerializeSeq, Serializer};
use std::io::{self, Write};
use undertone::features::{FeatureArray, FeatureSpec};

/// One recording's features of one set, as a JSON object.
#[derive(serde::Serialize)]
#[serde(tag = "type", rename = "features")]
pub struct FeatureRecord<'a> {
    /// The recording.
    pub file: &'a str,
    /// The set and its parameters.
    pub spec: &'a FeatureSpec,
    /// Seconds from one row to the next, unless it is a single one.
    pub step: Option<f64>,
    /// Size along each axis.
    pub shape: &'a [usize],
    /// Lists in lists, the rows outermost.
    pub values: Nested<'a>,
}

/// An array that is written as lists in lists.
pub struct Nested<'a> {
    shape: &'a [usize],
    values: &'a [f32],
}

impl<'a> FeatureRecord<'a> {
    /// The object for an array.
    pub fn new(file: &'a str, spec: &'a FeatureSpec, array: &'a FeatureArray) -> Self {
        let FeatureArray { shape, values } = array;
        Self {
            file,
            spec,
            step: spec.step(),
            shape,
            values: Nested { shape, values },
        }
    }
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [length, shape @ ..] = self.shape else {
            return self.values.serialize(serializer);
        };
        if shape.is_empty() {
            return self.values.serialize(serializer);
        }
        let part: usize = shape.iter().product();
        let mut list = serializer.serialize_seq(Some(*length))?;
        for values in self.values.chunks_exact(part.max(1)) {
            list.serialize_element(&Nested { shape, values })?;
        }
        list.end()
    }
}

/// Writes the line that names the columns of [`write_csv`].
///
/// # Errors
/// [`io::Error`] when writing fails.
pub fn write_csv_header(writer: impl Write, columns: &[String]) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(writer);
    let columns = columns.iter().map(String::as_str);
    table.write_record(["file", "time"].into_iter().chain(columns))?;
    table.flush()
}

/// Writes a line for each row of an array: the file, the row's time in seconds
/// (empty for averages) and its values.
///
/// # Errors
/// [`io::Error`] when writing fails.
pub fn write_csv(
    writer: impl Write,
    file: &str,
    step: Option<f64>,
    array: &FeatureArray,
) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(writer);
    for (index, row) in array.rows().enumerate() {
        let time = step.map_or(String::new(), |step| format!("{:.6}", step * index as f64));
        table.write_field(file)?;
        table.write_field(time)?;
        for value in row {
            table.write_field(value.to_string())?;
        }
        table.write_record(None::<&[u8]>)?;
    }
    table.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone::features::FeatureSet;

    fn array(shape: &[usize]) -> FeatureArray {
        let values = (0_u8..4).map(|value| 0.1 * f32::from(value)).collect();
        let shape = shape.to_vec();
        FeatureArray { shape, values }
    }

    #[test]
    fn json_nests_as_the_shape_says() {
        let spec = FeatureSpec::of(FeatureSet::Tonnetz);
        let json = |shape: &[usize]| {
            let array = array(shape);
            let record = FeatureRecord::new("a.wav", &spec, &array);
            serde_json::to_string(&record).unwrap()
        };
        assert!(json(&[2, 2]).ends_with(r#""shape":[2,2],"values":[[0.0,0.1],[0.2,0.3]]}"#));
        assert!(json(&[4]).ends_with(r#""values":[0.0,0.1,0.2,0.3]}"#));
        assert!(json(&[1, 2, 2]).ends_with(r#""values":[[[0.0,0.1],[0.2,0.3]]]}"#));
        let start = r#"{"type":"features","file":"a.wav","spec":{"set":"tonnetz","version":1,"#;
        assert!(json(&[4]).starts_with(start));
    }

    #[test]
    fn csv_has_a_line_a_row() {
        let csv = |step, shape: &[usize]| {
            let mut bytes = Vec::new();
            write_csv(&mut bytes, "a,b.wav", step, &array(shape)).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let rows = "\"a,b.wav\",0.000000,0,0.1\n\"a,b.wav\",0.500000,0.2,0.3\n";
        assert_eq!(csv(Some(0.5), &[2, 2]), rows);
        assert_eq!(csv(None, &[4]), "\"a,b.wav\",,0,0.1,0.2,0.3\n");
    }
}
