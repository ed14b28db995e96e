//! A matrix of bytes, laid out for products with vectors of bytes.

use super::simd::{Lanes, ROWS, STEP, Tile};

/// Vectors that are taken at once.
const VECTORS: usize = 2;

/// Rows of weights, eight by eight, sixteen columns after sixteen columns, filled
/// up with zeros.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Matrix {
    rows: usize,
    /// Tiles of as many columns.
    depth: usize,
    tiles: Vec<Tile>,
    /// The sums of each row's weights.
    weights: Vec<[i32; ROWS]>,
}

impl Matrix {
    /// Lays out `rows` that stand one after the other.
    pub fn new(rows: usize, weights: &[i8]) -> Self {
        let columns = weights.len() / rows;
        let depth = columns.div_ceil(STEP);
        let groups = rows.div_ceil(ROWS);
        let mut tiles = vec![[[0; STEP]; ROWS]; groups * depth];
        let mut sums = vec![[0; ROWS]; groups];
        for (place, &weight) in weights.iter().enumerate() {
            let (row, column) = (place / columns, place % columns);
            tiles[row / ROWS * depth + column / STEP][row % ROWS][column % STEP] = weight;
            sums[row / ROWS][row % ROWS] += i32::from(weight);
        }
        Self {
            rows,
            depth,
            tiles,
            weights: sums,
        }
    }

    /// Bytes of a vector that it multiplies: its columns, filled up.
    pub fn width(&self) -> usize {
        self.depth * STEP
    }

    /// Multiplies vectors of [`Self::width`] that stand one after the other:
    /// `sums` are one a row, vector after vector.
    #[inline(always)]
    pub fn times<L: Lanes>(&self, vectors: &[i8], sums: &mut [i32]) {
        let (vectors, _) = vectors.as_chunks::<STEP>();
        let groups = self.tiles.chunks_exact(self.depth).zip(&self.weights);
        if vectors.len() == self.depth {
            for ((tiles, weights), result) in groups.zip(sums.chunks_mut(ROWS)) {
                let [products] = products::<L, 1>(tiles, weights, vectors);
                put(&products, result);
            }
            return;
        }
        for ((tiles, weights), first) in groups.zip((0..).step_by(ROWS)) {
            let mut pairs = vectors.chunks_exact(VECTORS * self.depth);
            let mut results = sums.chunks_exact_mut(VECTORS * self.rows);
            for (pair, result) in pairs.by_ref().zip(results.by_ref()) {
                let products = products::<L, VECTORS>(tiles, weights, pair);
                for (result, products) in result.chunks_exact_mut(self.rows).zip(products) {
                    put(&products, &mut result[first..]);
                }
            }
            let (vector, result) = (pairs.remainder(), results.into_remainder());
            if result.len() == self.rows {
                let [products] = products::<L, 1>(tiles, weights, vector);
                put(&products, &mut result[first..]);
            }
        }
    }
}

/// Writes eight rows' sums, or those that there are at the matrix's end.
#[inline(always)]
fn put(sums: &[i32; ROWS], result: &mut [i32]) {
    match result.first_chunk_mut::<ROWS>() {
        Some(result) => *result = *sums,
        None => result.copy_from_slice(&sums[..result.len()]),
    }
}

/// Eight rows' products with some vectors.
///
/// Loops by hand: a closure that the standard library calls would not be
/// compiled for the caller's instructions.
#[inline(always)]
fn products<L: Lanes, const N: usize>(
    tiles: &[Tile],
    weights: &[i32; ROWS],
    vectors: &[[i8; STEP]],
) -> [[i32; ROWS]; N] {
    let depth = tiles.len();
    let mut parts = [vectors; N];
    for (n, part) in parts.iter_mut().enumerate() {
        *part = &vectors[n * depth..][..depth];
    }
    let mut lanes = [L::zero(); N];
    for (step, tile) in tiles.iter().enumerate() {
        for (lanes, part) in lanes.iter_mut().zip(parts) {
            lanes.add(tile, &part[step]);
        }
    }
    let mut sums = [[0; ROWS]; N];
    for (sums, lanes) in sums.iter_mut().zip(lanes) {
        *sums = lanes.sums(weights);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::super::simd::{Instructions, Work};
    use super::*;
    use proptest::prelude::*;

    struct Times<'a>(&'a Matrix, &'a [i8], usize);

    impl Work for Times<'_> {
        type Output = Vec<i32>;

        #[inline(always)]
        fn run<L: Lanes>(self) -> Vec<i32> {
            let mut sums = vec![0; self.2];
            self.0.times::<L>(self.1, &mut sums);
            sums
        }
    }

    /// What the product is by its definition.
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
        let matrix = Matrix::new(rows, weights);
        let mut laid_out = Vec::new();
        for (vector, n) in vectors.iter().zip(1..) {
            laid_out.extend(vector);
            laid_out.resize(n * matrix.width(), 0);
        }
        let known = by_definition(rows, weights, vectors);
        for instructions in Instructions::all() {
            let sums = Times(&matrix, &laid_out, known.len()).with(instructions);
            assert_eq!(sums, known, "{instructions:?}");
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
