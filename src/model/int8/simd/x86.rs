//! Dot products on x86-64: AVX2, and AVX-512 with VNNI.

#![allow(
    unsafe_code,
    reason = "intrinsics of instruction sets that a token proves"
)]

use super::{DotProduct, ROWS, STEP, SimdTask, Tile};
use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_add_epi32, _mm_loadu_si128, _mm_set1_epi8, _mm_xor_si128,
    _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_extracti128_si256,
    _mm256_hadd_epi32, _mm256_madd_epi16, _mm256_setzero_si256, _mm512_broadcast_i32x4,
    _mm512_castsi512_si256, _mm512_dpbusd_epi32, _mm512_extracti64x4_epi64, _mm512_loadu_si512,
    _mm512_setzero_si512,
};

#[inline(always)]
fn load(bytes: &[i8; STEP]) -> __m128i {
    // SAFETY: a reference to sixteen bytes; SSE2 is part of x86-64.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// AVX2: pairs of products in 32 bits, of sixteen columns a row.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// Returns the token where the processor has AVX2.
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// Runs a task that is compiled for AVX2.
    pub fn run<T: SimdTask>(self, task: T) -> T::Output {
        #[target_feature(enable = "avx2")]
        fn compiled<T: SimdTask>(task: T, simd: Avx2) -> T::Output {
            task.run(simd)
        }
        // SAFETY: `self` is made by `detect` alone, so the processor has AVX2.
        unsafe { compiled(task, self) }
    }
}

impl DotProduct for Avx2 {
    type Sums = [__m256i; ROWS];

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        // SAFETY: `self` is made by `detect` alone, so the processor has AVX2.
        [unsafe { _mm256_setzero_si256() }; ROWS]
    }

    #[inline(always)]
    fn add(self, sums: &mut Self::Sums, tile: &Tile, vector: &[i8; STEP]) {
        // SAFETY: `self` is made by `detect` alone, so the processor has AVX2.
        unsafe {
            let vector = _mm256_cvtepi8_epi16(load(vector));
            for (sum, weights) in sums.iter_mut().zip(tile) {
                let weights = _mm256_cvtepi8_epi16(load(weights));
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(weights, vector));
            }
        }
    }

    #[inline(always)]
    fn finish(self, sums: Self::Sums, _: &[i32; ROWS]) -> [i32; ROWS] {
        let [a, b, c, d, e, f, g, h] = sums;
        // SAFETY: `self` is made by `detect` alone, so the processor has AVX2; two
        // registers and eight integers are 32 bytes of which any value is valid.
        unsafe {
            let four = |a, b, c, d| {
                let both = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
                let upper = _mm256_extracti128_si256::<1>(both);
                _mm_add_epi32(_mm256_castsi256_si128(both), upper)
            };
            std::mem::transmute::<[__m128i; 2], [i32; ROWS]>([four(a, b, c, d), four(e, f, g, h)])
        }
    }
}

/// AVX-512 VNNI: four products a lane, and four rows a register. The instruction
/// takes the vector's bytes as unsigned: they are 128 more.
#[derive(Clone, Copy, Debug)]
pub struct Vnni(());

impl Vnni {
    /// Returns the token where the processor has all parts of AVX-512 that are used.
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx2");
        found.then_some(Self(()))
    }

    /// Runs a task that is compiled for AVX-512 VNNI.
    pub fn run<T: SimdTask>(self, task: T) -> T::Output {
        #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
        fn compiled<T: SimdTask>(task: T, simd: Vnni) -> T::Output {
            task.run(simd)
        }
        // SAFETY: `self` is made by `detect` alone, so the processor has all of these.
        unsafe { compiled(task, self) }
    }
}

impl DotProduct for Vnni {
    type Sums = [__m512i; 2];

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        // SAFETY: `self` is made by `detect` alone, so the processor has AVX-512.
        [unsafe { _mm512_setzero_si512() }; 2]
    }

    #[inline(always)]
    fn add(self, sums: &mut Self::Sums, tile: &Tile, vector: &[i8; STEP]) {
        let (halves, _) = tile.as_chunks::<4>();
        // SAFETY: `self` is made by `detect` alone, so the processor has AVX-512
        // VNNI; half a tile is 64 bytes to be read.
        unsafe {
            let shifted = _mm_xor_si128(load(vector), _mm_set1_epi8(i8::MIN));
            let vector = _mm512_broadcast_i32x4(shifted);
            for (sum, weights) in sums.iter_mut().zip(halves) {
                let weights = _mm512_loadu_si512(weights.as_ptr().cast());
                *sum = _mm512_dpbusd_epi32(*sum, vector, weights);
            }
        }
    }

    #[inline(always)]
    fn finish(self, sums: Self::Sums, row_sums: &[i32; ROWS]) -> [i32; ROWS] {
        // SAFETY: `self` is made by `detect` alone, so the processor has AVX-512 and
        // AVX2; a register and eight integers are 32 bytes of which any value is valid.
        let rows = unsafe {
            // Of two rows a register, the sums of both.
            let halves = |x| (_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64::<1>(x));
            let ((a, b), (c, d)) = (halves(sums[0]), halves(sums[1]));
            let pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
            std::mem::transmute::<__m256i, [i32; ROWS]>(pairs)
        };
        // Rows 0, 2, 4, 6 are in the lower half, the others in the upper.
        let mut rows = [
            rows[0], rows[4], rows[1], rows[5], rows[2], rows[6], rows[3], rows[7],
        ];
        for (row, weights) in rows.iter_mut().zip(row_sums) {
            *row = row.wrapping_sub(weights.wrapping_mul(128));
        }
        rows
    }
}
