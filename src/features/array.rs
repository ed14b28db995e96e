//! Features of a recording.

/// An array in C order: rows of values, or a single row of averages.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureArray {
    /// Its size along each axis, rows first.
    pub shape: Vec<usize>,
    /// Its values.
    pub values: Vec<f32>,
}

impl FeatureArray {
    /// Rows of so many values each.
    pub(super) fn of_frames(width: usize, values: Vec<f32>) -> Self {
        Self {
            shape: vec![values.len() / width, width],
            values,
        }
    }

    /// Its rows, each flattened.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        let length = match self.shape.as_slice() {
            [_, row @ ..] if !row.is_empty() => row.iter().product(),
            _ => self.values.len(),
        };
        self.values.chunks_exact(length.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::FeatureArray;

    #[test]
    fn rows_lie_along_the_first_axis() {
        let rows = |shape: &[usize]| {
            let values = (0_u8..12).map(f32::from).collect();
            let shape = shape.to_vec();
            FeatureArray { shape, values }
                .rows()
                .map(<[_]>::len)
                .collect::<Vec<_>>()
        };
        assert_eq!(rows(&[3, 4]), [4, 4, 4]);
        assert_eq!(rows(&[2, 3, 2]), [6, 6]);
        assert_eq!(rows(&[12]), [12]);
    }
}
