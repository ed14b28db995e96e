//! im2col: the fields of a row of results, laid side by side as a matrix's columns.

use super::super::simd::STEP;

/// Where the fields of a convolution are in its padded input, channels last. All
/// lengths are in bytes.
pub(super) struct Fields {
    /// Rows of a field.
    pub rows: usize,
    /// Length of a row of a field.
    pub row_length: usize,
    /// From a row of the input to the next.
    pub row_stride: usize,
    /// From a field to the next.
    pub step: usize,
    /// From a column of the matrix to the next.
    pub column_stride: usize,
}

/// Lays `count` fields from the start of `x` side by side, by copies of whole steps.
/// What is copied too much is overwritten by what comes behind it, or multiplied by
/// weights of 0.
///
/// Not inlined, because its caller's registers are all in use.
#[inline(never)]
pub(super) fn im2col(x: &[i8], fields: &Fields, count: usize, columns: &mut [i8]) {
    for field in 0..count {
        for row in 0..fields.rows {
            let from = &x[field * fields.step + row * fields.row_stride..];
            let to = &mut columns[field * fields.column_stride + row * fields.row_length..];
            let mut done = 0;
            while done < fields.row_length {
                to[done..][..STEP].copy_from_slice(&from[done..][..STEP]);
                done += STEP;
            }
        }
    }
}
