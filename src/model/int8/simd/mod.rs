//! Dot products of bytes, with the instructions that a processor has.
//!
//! Compilers do not find these by themselves: that two products of bytes fit into
//! 16 bits together, for one, follows from the weights' range, which they do not
//! know. Hence a few lines for each instruction set, all of which give the same
//! integers, and [`SimdTask::dispatch`], which chooses at run time.
//!
//! A set of instructions is a token: a type of no size whose values are made only
//! after the processor was found to have them. Whoever holds one may use them.

#[cfg(target_arch = "aarch64")]
mod arm;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::fmt::Debug;

/// Columns that are taken at once.
pub(super) const STEP: usize = 16;
/// Rows that are taken at once.
pub(super) const ROWS: usize = 8;

/// Eight rows' next sixteen weights.
pub(super) type Tile = [[i8; STEP]; ROWS];

/// Dot products of eight rows with a vector: the token of an instruction set.
pub(super) trait DotProduct: Copy + Debug {
    /// Partial sums, in registers.
    type Sums: Copy;

    /// Returns sums of nothing.
    fn zero(self) -> Self::Sums;

    /// Adds the products of a tile, in which no weight is -128.
    fn add(self, sums: &mut Self::Sums, tile: &Tile, vector: &[i8; STEP]);

    /// Returns the eight sums; `row_sums` are those of each row's weights.
    fn finish(self, sums: Self::Sums, row_sums: &[i32; ROWS]) -> [i32; ROWS];
}

/// A computation on dot products, compiled once for each instruction set.
///
/// All that `run` calls must be `#[inline(always)]`, as `run` itself: a function
/// that is called would be compiled for the instructions that can be assumed.
pub(super) trait SimdTask: Sized {
    /// Result of the computation.
    type Output;

    /// Computes it with the instructions that the token stands for.
    fn run<D: DotProduct>(self, simd: D) -> Self::Output;

    /// Computes it with the best instructions of this processor.
    fn dispatch(self) -> Self::Output {
        self.run_with(InstructionSet::best())
    }

    /// Computes it with these instructions.
    fn run_with(self, instructions: InstructionSet) -> Self::Output {
        match instructions {
            InstructionSet::Portable(simd) => self.run(simd),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2(simd) => simd.run(self),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Vnni(simd) => simd.run(self),
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon(simd) => self.run(simd),
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Sdot(simd) => self.run(simd),
        }
    }
}

/// An instruction set that this processor has.
#[derive(Clone, Copy, Debug)]
pub(super) enum InstructionSet {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(x86::Avx2),
    #[cfg(target_arch = "x86_64")]
    Vnni(x86::Vnni),
    #[cfg(target_arch = "aarch64")]
    Neon(arm::Neon),
    #[cfg(target_arch = "aarch64")]
    Sdot(arm::Sdot),
}

impl InstructionSet {
    /// Returns the fastest that this processor has.
    #[cfg(target_arch = "x86_64")]
    fn best() -> Self {
        let vnni = x86::Vnni::detect().map(Self::Vnni);
        vnni.or_else(|| x86::Avx2::detect().map(Self::Avx2))
            .unwrap_or(Self::Portable(Portable))
    }

    /// Returns the fastest that this processor has.
    #[cfg(target_arch = "aarch64")]
    fn best() -> Self {
        arm::Sdot::detect().map_or(Self::Neon(arm::Neon::BASELINE), Self::Sdot)
    }

    /// Returns the only one that there is.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn best() -> Self {
        Self::Portable(Portable)
    }

    /// Returns all that this processor has, the portable one first.
    #[cfg(any(test, fuzzing))]
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Portable(Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(x86::Avx2::detect().map(Self::Avx2));
            all.extend(x86::Vnni::detect().map(Self::Vnni));
        }
        #[cfg(target_arch = "aarch64")]
        {
            all.push(Self::Neon(arm::Neon::BASELINE));
            all.extend(arm::Sdot::detect().map(Self::Sdot));
        }
        all
    }
}

/// One product after the other, as the target's compiler makes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable;

impl DotProduct for Portable {
    type Sums = [i32; ROWS];

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        [0; ROWS]
    }

    #[inline(always)]
    fn add(self, sums: &mut Self::Sums, tile: &Tile, vector: &[i8; STEP]) {
        for (sum, weights) in sums.iter_mut().zip(tile) {
            for (&weight, &value) in weights.iter().zip(vector) {
                *sum += i32::from(weight) * i32::from(value);
            }
        }
    }

    #[inline(always)]
    fn finish(self, sums: Self::Sums, _: &[i32; ROWS]) -> [i32; ROWS] {
        sums
    }
}
