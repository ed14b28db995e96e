//! Dot products on 64-bit ARM: NEON, and SDOT of ARMv8.2.

#![allow(
    unsafe_code,
    reason = "intrinsics of instruction sets that a token proves"
)]

use super::{DotProduct, ROWS, STEP, Tile};
use std::arch::aarch64::{
    int8x16_t, int32x4_t, vdupq_n_s32, vget_low_s8, vld1q_s8, vmlal_high_s8, vmull_s8, vpadalq_s16,
    vpaddq_s32,
};
use std::arch::asm;

/// NEON: two products in 16 bits, for 2 x 127 x 128 fits.
#[derive(Clone, Copy, Debug)]
pub struct Neon(());

impl Neon {
    /// The token: NEON is part of every aarch64 target of Rust's with a standard library.
    pub const BASELINE: Self = Self(());

    #[inline(always)]
    fn load(self, bytes: &[i8; STEP]) -> int8x16_t {
        // SAFETY: a reference to sixteen bytes; `self` proves NEON.
        unsafe { vld1q_s8(bytes.as_ptr()) }
    }

    #[inline(always)]
    fn zeros(self) -> [int32x4_t; ROWS] {
        // SAFETY: `self` proves NEON.
        [unsafe { vdupq_n_s32(0) }; ROWS]
    }

    /// Adds up the four lanes of each row.
    #[inline(always)]
    fn add_lanes(self, [a, b, c, d, e, f, g, h]: [int32x4_t; ROWS]) -> [i32; ROWS] {
        // SAFETY: `self` proves NEON; two registers and eight integers are 32 bytes
        // of which any value is valid.
        unsafe {
            let four = |a, b, c, d| vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
            std::mem::transmute::<[int32x4_t; 2], [i32; ROWS]>([four(a, b, c, d), four(e, f, g, h)])
        }
    }
}

impl DotProduct for Neon {
    type Sums = [int32x4_t; ROWS];

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        self.zeros()
    }

    #[inline(always)]
    fn add(self, sums: &mut Self::Sums, tile: &Tile, vector: &[i8; STEP]) {
        let x = self.load(vector);
        for (sum, weights) in sums.iter_mut().zip(tile) {
            let w = self.load(weights);
            // SAFETY: `self` proves NEON.
            *sum = unsafe {
                let low = vmull_s8(vget_low_s8(w), vget_low_s8(x));
                vpadalq_s16(*sum, vmlal_high_s8(low, w, x))
            };
        }
    }

    #[inline(always)]
    fn finish(self, sums: Self::Sums, _: &[i32; ROWS]) -> [i32; ROWS] {
        self.add_lanes(sums)
    }
}

/// SDOT: four products a lane in one instruction.
#[derive(Clone, Copy, Debug)]
pub struct Sdot(Neon);

impl Sdot {
    /// Returns the token where the processor has SDOT.
    pub fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("dotprod").then_some(Self(Neon::BASELINE))
    }
}

impl DotProduct for Sdot {
    type Sums = [int32x4_t; ROWS];

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        self.0.zeros()
    }

    #[inline(always)]
    fn add(self, sums: &mut Self::Sums, tile: &Tile, vector: &[i8; STEP]) {
        let x = self.0.load(vector);
        for (sum, weights) in sums.iter_mut().zip(tile) {
            // SAFETY: registers only; `self` is made by `detect` alone, so the
            // processor has SDOT. (The intrinsic is not stable.)
            unsafe {
                asm!(
                    ".arch_extension dotprod",
                    "sdot {sum:v}.4s, {w:v}.16b, {x:v}.16b",
                    sum = inout(vreg) *sum,
                    w = in(vreg) self.0.load(weights),
                    x = in(vreg) x,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
        }
    }

    #[inline(always)]
    fn finish(self, sums: Self::Sums, _: &[i32; ROWS]) -> [i32; ROWS] {
        self.0.add_lanes(sums)
    }
}
