//! The recurrence: one step after the other, in each direction.

use super::super::simd::{DotProduct, SimdTask};
use super::{Direction, Lstm, TABLE};
use std::ops::Range;

/// A recurrence over one sequence, (steps, inputs).
pub(super) struct RecurrenceTask<'a> {
    pub lstm: &'a Lstm,
    pub x: &'a [i8],
}

impl SimdTask for RecurrenceTask<'_> {
    type Output = Vec<i8>;

    #[inline(always)]
    fn run<D: DotProduct>(self, simd: D) -> Vec<i8> {
        let Lstm {
            inputs,
            hidden,
            directions,
            sigmoid,
        } = self.lstm;
        let steps = self.x.len() / inputs;
        let x = widen(self.x, *inputs, directions[0].input.width());
        let rows = 4 * hidden;
        let row_stride = directions.len() * hidden;
        let mut y = vec![0; steps * row_stride];
        let mut input_sums = vec![0; steps * rows];
        let mut state_sums = vec![0; rows];
        let mut indices = vec![0; rows];
        for (number, direction) in directions.iter().enumerate() {
            direction.input.multiply(simd, &x, &mut input_sums);
            let mut state = vec![0; direction.state.width()];
            let mut cell = vec![0; *hidden];
            for step in 0..steps {
                let step = if number == 0 { step } else { steps - 1 - step };
                direction.state.multiply(simd, &state, &mut state_sums);
                let input_sums = &input_sums[step * rows..][..rows];
                direction.table_indices(input_sums, &state_sums, &mut indices);
                let out = &mut state[..*hidden];
                advance(sigmoid, &indices, &mut cell, out);
                y[step * row_stride + number * hidden..][..*hidden].copy_from_slice(out);
            }
        }
        y
    }
}

/// Returns vectors of `length` filled up with zeros to `width`.
fn widen(vectors: &[i8], length: usize, width: usize) -> Vec<i8> {
    let mut wide = vec![0; vectors.len() / length * width];
    for (wide, narrow) in wide
        .chunks_exact_mut(width)
        .zip(vectors.chunks_exact(length))
    {
        wide[..length].copy_from_slice(narrow);
    }
    wide
}

impl Direction {
    /// Computes each gate's index in the table, from its sums of products.
    #[inline(always)]
    fn table_indices(&self, input_sums: &[i32], state_sums: &[i32], indices: &mut [i32]) {
        let rows = indices.len();
        let cell_gate = rows / 4 * 3;
        self.indices_of_rows::<12>(0..cell_gate, input_sums, state_sums, indices);
        // A tanh is a sigmoid of twice as much.
        self.indices_of_rows::<11>(cell_gate..rows, input_sums, state_sums, indices);
    }

    #[inline(always)]
    #[allow(clippy::needless_range_loop, reason = "of six slices")]
    fn indices_of_rows<const SHIFT: u32>(
        &self,
        rows: Range<usize>,
        input_sums: &[i32],
        state_sums: &[i32],
        indices: &mut [i32],
    ) {
        let of_input = &self.input_multipliers[rows.clone()];
        let of_state = &self.state_multipliers[rows.clone()];
        let (x, h) = (&input_sums[rows.clone()], &state_sums[rows.clone()]);
        let (bias, indices) = (&self.bias[rows.clone()], &mut indices[rows]);
        let n = indices.len();
        // As many of each, so that no index is checked below.
        let (of_input, of_state, bias) = (&of_input[..n], &of_state[..n], &bias[..n]);
        let (x, h) = (&x[..n], &h[..n]);
        for row in 0..n {
            let sum = bias[row] + x[row] * of_input[row] + h[row] * of_state[row];
            indices[row] = table_index::<SHIFT>(sum);
        }
    }
}

/// Computes one step of all units, from their gates' indices in the table.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "of six slices")]
fn advance(sigmoid: &[i16; TABLE], indices: &[i32], cell: &mut [i16], out: &mut [i8]) {
    let n = cell.len();
    let (input, output) = (&indices[..n], &indices[n..][..n]);
    let (forget, candidate) = (&indices[2 * n..][..n], &indices[3 * n..][..n]);
    let out = &mut out[..n];
    for unit in 0..n {
        let i = look_up(sigmoid, input[unit]);
        let o = look_up(sigmoid, output[unit]);
        let f = look_up(sigmoid, forget[unit]);
        let g = 2 * look_up(sigmoid, candidate[unit]) - 32768;
        let c = (f * i32::from(cell[unit]) + ((i * g) >> 4) + (1 << 14)) >> 15;
        let c = c.clamp(i16::MIN.into(), i16::MAX.into());
        cell[unit] = c as i16;
        let tanh = 2 * look_up(sigmoid, table_index::<2>(c)) - 32768;
        out[unit] = ((o * tanh + (1 << 22)) >> 23).min(i8::MAX.into()) as i8;
    }
}

/// Returns the index of `z / 2^SHIFT`, rounded: the table's middle is 0, and its ends
/// stand for all beyond.
#[inline(always)]
fn table_index<const SHIFT: u32>(z: i32) -> i32 {
    let index = ((z + (1 << (SHIFT - 1))) >> SHIFT) + TABLE as i32 / 2;
    index.clamp(0, TABLE as i32 - 1)
}

#[inline(always)]
fn look_up(table: &[i16; TABLE], index: i32) -> i32 {
    // All indices are in the table; this says so to the compiler.
    table[index as usize % TABLE].into()
}
