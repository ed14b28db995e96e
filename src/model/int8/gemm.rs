//! Products of a matrix of weights with vectors of bytes: a GEMM whose left side is
//! packed once, ahead of all products.

use super::simd::{DotProduct, ROWS, STEP, Tile};

/// Vectors that are taken at once.
const VECTORS: usize = 2;

/// Weights packed into tiles of eight rows and sixteen columns, filled up with
/// zeros, so that each is read where the one before it ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PackedMatrix {
    rows: usize,
    /// Tiles from a row's first column to its last.
    tiles_per_row: usize,
    tiles: Vec<Tile>,
    /// Sum of each row's weights, for instructions that read vectors as unsigned.
    row_sums: Vec<[i32; ROWS]>,
}

impl PackedMatrix {
    /// Packs `rows` that stand one after the other.
    pub fn new(rows: usize, weights: &[i8]) -> Self {
        let columns = weights.len() / rows;
        let tiles_per_row = columns.div_ceil(STEP);
        let groups = rows.div_ceil(ROWS);
        let mut tiles = vec![[[0; STEP]; ROWS]; groups * tiles_per_row];
        let mut row_sums = vec![[0; ROWS]; groups];
        for (index, &weight) in weights.iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            let tile = row / ROWS * tiles_per_row + column / STEP;
            tiles[tile][row % ROWS][column % STEP] = weight;
            row_sums[row / ROWS][row % ROWS] += i32::from(weight);
        }
        Self {
            rows,
            tiles_per_row,
            tiles,
            row_sums,
        }
    }

    /// Length of a vector that it multiplies: its columns, filled up to whole tiles.
    pub fn width(&self) -> usize {
        self.tiles_per_row * STEP
    }

    /// Multiplies vectors of [`Self::width`] that stand one after the other;
    /// `products` are one a row, vector after vector.
    #[inline(always)]
    pub fn multiply<D: DotProduct>(&self, simd: D, vectors: &[i8], products: &mut [i32]) {
        let (vectors, _) = vectors.as_chunks::<STEP>();
        let groups = self.tiles.chunks_exact(self.tiles_per_row);
        let groups = groups.zip(&self.row_sums);
        if vectors.len() == self.tiles_per_row {
            for ((tiles, row_sums), result) in groups.zip(products.chunks_mut(ROWS)) {
                let [sums] = multiply_rows::<D, 1>(simd, tiles, row_sums, vectors);
                store(&sums, result);
            }
            return;
        }
        for ((tiles, row_sums), first) in groups.zip((0..).step_by(ROWS)) {
            let mut pairs = vectors.chunks_exact(VECTORS * self.tiles_per_row);
            let mut results = products.chunks_exact_mut(VECTORS * self.rows);
            for (pair, result) in pairs.by_ref().zip(results.by_ref()) {
                let sums = multiply_rows::<D, VECTORS>(simd, tiles, row_sums, pair);
                for (result, sums) in result.chunks_exact_mut(self.rows).zip(sums) {
                    store(&sums, &mut result[first..]);
                }
            }
            let (vector, result) = (pairs.remainder(), results.into_remainder());
            if result.len() == self.rows {
                let [sums] = multiply_rows::<D, 1>(simd, tiles, row_sums, vector);
                store(&sums, &mut result[first..]);
            }
        }
    }
}

/// Stores eight rows' sums, or as many as there are at the matrix's end.
#[inline(always)]
fn store(sums: &[i32; ROWS], result: &mut [i32]) {
    match result.first_chunk_mut::<ROWS>() {
        Some(result) => *result = *sums,
        None => result.copy_from_slice(&sums[..result.len()]),
    }
}

/// Multiplies eight rows with some vectors.
///
/// Loops by hand: a closure that the standard library calls would not be
/// compiled for the caller's instructions.
#[inline(always)]
fn multiply_rows<D: DotProduct, const N: usize>(
    simd: D,
    tiles: &[Tile],
    row_sums: &[i32; ROWS],
    vectors: &[[i8; STEP]],
) -> [[i32; ROWS]; N] {
    let length = tiles.len();
    let mut parts = [vectors; N];
    for (n, part) in parts.iter_mut().enumerate() {
        *part = &vectors[n * length..][..length];
    }
    let mut sums = [simd.zero(); N];
    for (step, tile) in tiles.iter().enumerate() {
        for (sums, part) in sums.iter_mut().zip(parts) {
            simd.add(sums, tile, &part[step]);
        }
    }
    let mut finished = [[0; ROWS]; N];
    for (finished, sums) in finished.iter_mut().zip(sums) {
        *finished = simd.finish(sums, row_sums);
    }
    finished
}

#[cfg(test)]
mod tests {
    use super::super::simd::{InstructionSet, SimdTask};
    use super::*;
    use proptest::prelude::*;

    struct MultiplyTask<'a> {
        matrix: &'a PackedMatrix,
        vectors: &'a [i8],
        products: usize,
    }

    impl SimdTask for MultiplyTask<'_> {
        type Output = Vec<i32>;

        #[inline(always)]
        fn run<D: DotProduct>(self, simd: D) -> Vec<i32> {
            let mut products = vec![0; self.products];
            self.matrix.multiply(simd, self.vectors, &mut products);
            products
        }
    }

    /// The products by their definition.
    fn by_definition(rows: usize, weights: &[i8], vectors: &[Vec<i8>]) -> Vec<i32> {
        let columns = weights.len() / rows;
        let product = |row: &[i8], vector: &[i8]| {
            let pairs = row.iter().zip(vector);
            pairs.map(|(&w, &x)| i32::from(w) * i32::from(x)).sum()
        };
        let vectors = vectors.iter();
        vectors
            .flat_map(|vector| {
                weights
                    .chunks_exact(columns)
                    .map(|row| product(row, vector))
            })
            .collect()
    }

    fn matrices() -> impl Strategy<Value = (usize, Vec<i8>, Vec<Vec<i8>>)> {
        (1..40_usize, 1..90_usize, 1..10_usize).prop_flat_map(|(rows, columns, count)| {
            let weights = prop::collection::vec(-127..=127_i8, rows * columns);
            let vector = prop::collection::vec(any::<i8>(), columns);
            (Just(rows), weights, prop::collection::vec(vector, count))
        })
    }

    fn check(rows: usize, weights: &[i8], vectors: &[Vec<i8>]) {
        let matrix = PackedMatrix::new(rows, weights);
        let mut laid_out = Vec::new();
        for (vector, n) in vectors.iter().zip(1..) {
            laid_out.extend(vector);
            laid_out.resize(n * matrix.width(), 0);
        }
        let known = by_definition(rows, weights, vectors);
        for instructions in InstructionSet::all() {
            let task = MultiplyTask {
                matrix: &matrix,
                vectors: &laid_out,
                products: known.len(),
            };
            assert_eq!(task.run_with(instructions), known, "{instructions:?}");
        }
    }

    proptest! {
        #[test]
        fn all_instructions_give_the_products((rows, weights, vectors) in matrices()) {
            check(rows, &weights, &vectors);
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        for weight in [-127, 127] {
            check(8, &[weight; 8 * 80], &vec![vec![-128; 80]; 5]);
        }
    }
}
