//! Sums of products of bytes, with the instructions that a processor has.
//!
//! Compilers do not find these by themselves: that two products of bytes fit
//! into 16 bits together, for one, follows from the weights' range, which they
//! do not know. Hence a few lines for each set of instructions, which
//! [`Work::dispatch`] chooses at run time; all give the same integers.

/// Columns that are taken at once.
pub(super) const STEP: usize = 16;
/// Rows that are taken at once.
pub(super) const ROWS: usize = 8;

/// Eight rows' next sixteen columns.
pub(super) type Tile = [[i8; STEP]; ROWS];

/// Partial sums of eight rows' products with a vector.
pub(super) trait Lanes: Copy {
    /// Nothing summed yet.
    fn zero() -> Self;

    /// Adds the products of a tile. No weight is -128.
    fn add(&mut self, tile: &Tile, vector: &[i8; STEP]);

    /// The sums; `weights` are those of each row's weights.
    fn sums(self, weights: &[i32; ROWS]) -> [i32; ROWS];
}

/// Something to compute with the lanes that a processor has.
///
/// What `run` calls must be inlined always, as itself: a function apart would
/// be compiled for the instructions that can be assumed.
pub(super) trait Work: Sized {
    /// What comes out.
    type Output;

    /// Computes it with the instructions of the caller.
    fn run<L: Lanes>(self) -> Self::Output;

    /// Computes it with the best instructions.
    fn dispatch(self) -> Self::Output {
        self.with(Instructions::best())
    }

    /// Computes it with these instructions, which the processor must have been
    /// found to have.
    #[allow(unsafe_code)]
    fn with(self, instructions: Instructions) -> Self::Output {
        match instructions.0 {
            Set::Portable => self.run::<[i32; ROWS]>(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Instructions` are made where the processor has them.
            Set::Avx2 => unsafe { x86::with_avx2(self) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Set::Vnni => unsafe { x86::with_vnni(self) },
            #[cfg(target_arch = "aarch64")]
            Set::Neon => self.run::<arm::Neon>(),
            #[cfg(target_arch = "aarch64")]
            Set::Dot => self.run::<arm::Dot>(),
        }
    }
}

/// Instructions that this processor has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instructions(Set);

#[derive(Clone, Copy, Debug)]
enum Set {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Vnni,
    #[cfg(target_arch = "aarch64")]
    Neon,
    #[cfg(target_arch = "aarch64")]
    Dot,
}

impl Instructions {
    fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if has_vnni() {
            return Self(Set::Vnni);
        } else if is_x86_feature_detected!("avx2") {
            return Self(Set::Avx2);
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("dotprod") {
            return Self(Set::Dot);
        } else {
            return Self(Set::Neon);
        }
        #[allow(unreachable_code, reason = "not on every processor")]
        Self(Set::Portable)
    }

    /// All that this processor has, the portable ones first.
    #[cfg(test)]
    pub fn all() -> Vec<Self> {
        let mut sets = vec![Self(Set::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") {
                sets.push(Self(Set::Avx2));
            }
            if has_vnni() {
                sets.push(Self(Set::Vnni));
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            sets.push(Self(Set::Neon));
            if std::arch::is_aarch64_feature_detected!("dotprod") {
                sets.push(Self(Set::Dot));
            }
        }
        sets
    }
}

#[cfg(target_arch = "x86_64")]
fn has_vnni() -> bool {
    is_x86_feature_detected!("avx512vnni")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
}

/// One product after the other.
impl Lanes for [i32; ROWS] {
    #[inline(always)]
    fn zero() -> Self {
        [0; ROWS]
    }

    #[inline(always)]
    fn add(&mut self, tile: &Tile, vector: &[i8; STEP]) {
        for (sum, weights) in self.iter_mut().zip(tile) {
            for (&weight, &value) in weights.iter().zip(vector) {
                *sum += i32::from(weight) * i32::from(value);
            }
        }
    }

    #[inline(always)]
    fn sums(self, _: &[i32; ROWS]) -> [i32; ROWS] {
        self
    }
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86 {
    use super::{Lanes, ROWS, STEP, Tile, Work};
    use std::arch::x86_64::{
        __m128i, __m256i, __m512i, _mm_add_epi32, _mm_loadu_si128, _mm_set1_epi8, _mm_xor_si128,
        _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_extracti128_si256,
        _mm256_hadd_epi32, _mm256_madd_epi16, _mm256_setzero_si256, _mm512_broadcast_i32x4,
        _mm512_castsi512_si256, _mm512_dpbusd_epi32, _mm512_extracti64x4_epi64, _mm512_loadu_si512,
        _mm512_setzero_si512,
    };

    #[target_feature(enable = "avx2")]
    pub fn with_avx2<W: Work>(work: W) -> W::Output {
        work.run::<Avx2>()
    }

    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
    pub fn with_vnni<W: Work>(work: W) -> W::Output {
        work.run::<Vnni>()
    }

    #[inline(always)]
    fn loaded(bytes: &[i8; STEP]) -> __m128i {
        // SAFETY: sixteen bytes are there to be read.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    /// Pairs of products, of sixteen columns a row.
    #[derive(Clone, Copy)]
    pub struct Avx2([__m256i; ROWS]);

    impl Lanes for Avx2 {
        #[inline(always)]
        fn zero() -> Self {
            // SAFETY: only `with_avx2` comes here.
            Self([unsafe { _mm256_setzero_si256() }; ROWS])
        }

        #[inline(always)]
        fn add(&mut self, tile: &Tile, vector: &[i8; STEP]) {
            // SAFETY: only `with_avx2` comes here.
            unsafe {
                let vector = _mm256_cvtepi8_epi16(loaded(vector));
                for (sum, weights) in self.0.iter_mut().zip(tile) {
                    let weights = _mm256_cvtepi8_epi16(loaded(weights));
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(weights, vector));
                }
            }
        }

        #[inline(always)]
        fn sums(self, _: &[i32; ROWS]) -> [i32; ROWS] {
            let [a, b, c, d, e, f, g, h] = self.0;
            // SAFETY: only `with_avx2` comes here; 32 bytes are 32 bytes.
            unsafe {
                let four = |a, b, c, d| {
                    let both = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
                    let upper = _mm256_extracti128_si256::<1>(both);
                    _mm_add_epi32(_mm256_castsi256_si128(both), upper)
                };
                std::mem::transmute::<[__m128i; 2], [i32; ROWS]>([
                    four(a, b, c, d),
                    four(e, f, g, h),
                ])
            }
        }
    }

    /// Four products a lane, and four rows a register. The instruction takes the
    /// vector's bytes as unsigned: they are 128 more.
    #[derive(Clone, Copy)]
    pub struct Vnni([__m512i; 2]);

    impl Lanes for Vnni {
        #[inline(always)]
        fn zero() -> Self {
            // SAFETY: only `with_vnni` comes here.
            Self([unsafe { _mm512_setzero_si512() }; 2])
        }

        #[inline(always)]
        fn add(&mut self, tile: &Tile, vector: &[i8; STEP]) {
            let (halves, _) = tile.as_chunks::<4>();
            // SAFETY: only `with_vnni` comes here; each half of a tile has 64
            // bytes to be read.
            unsafe {
                let shifted = _mm_xor_si128(loaded(vector), _mm_set1_epi8(i8::MIN));
                let vector = _mm512_broadcast_i32x4(shifted);
                for (sum, weights) in self.0.iter_mut().zip(halves) {
                    let weights = _mm512_loadu_si512(weights.as_ptr().cast());
                    *sum = _mm512_dpbusd_epi32(*sum, vector, weights);
                }
            }
        }

        #[inline(always)]
        fn sums(self, weights: &[i32; ROWS]) -> [i32; ROWS] {
            // SAFETY: only `with_vnni` comes here; 32 bytes are 32 bytes.
            let mut sums = unsafe {
                // Of two rows a register, the sums of both.
                let halves = |x| (_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64::<1>(x));
                let ((a, b), (c, d)) = (halves(self.0[0]), halves(self.0[1]));
                let pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
                std::mem::transmute::<__m256i, [i32; ROWS]>(pairs)
            };
            // Rows 0, 2, 4, 6 are in the lower half, the others in the upper.
            sums = [
                sums[0], sums[4], sums[1], sums[5], sums[2], sums[6], sums[3], sums[7],
            ];
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = sum.wrapping_sub(weights.wrapping_mul(128));
            }
            sums
        }
    }
}

#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)]
mod arm {
    use super::{Lanes, ROWS, STEP, Tile};
    use std::arch::aarch64::{
        int8x16_t, int32x4_t, vdupq_n_s32, vget_low_s8, vld1q_s8, vmlal_high_s8, vmull_s8,
        vpadalq_s16, vpaddq_s32,
    };
    use std::arch::asm;

    #[inline(always)]
    fn loaded(bytes: &[i8; STEP]) -> int8x16_t {
        // SAFETY: sixteen bytes are there to be read.
        unsafe { vld1q_s8(bytes.as_ptr()) }
    }

    #[inline(always)]
    fn nothing() -> [int32x4_t; ROWS] {
        // SAFETY: every aarch64 target of ours has NEON.
        [unsafe { vdupq_n_s32(0) }; ROWS]
    }

    #[inline(always)]
    fn sums_of([a, b, c, d, e, f, g, h]: [int32x4_t; ROWS]) -> [i32; ROWS] {
        // SAFETY: every aarch64 target of ours has NEON; 32 bytes are 32 bytes.
        unsafe {
            let four = |a, b, c, d| vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
            std::mem::transmute::<[int32x4_t; 2], [i32; ROWS]>([four(a, b, c, d), four(e, f, g, h)])
        }
    }

    /// Two products in 16 bits: 2 x 127 x 128 fits.
    #[derive(Clone, Copy)]
    pub struct Neon([int32x4_t; ROWS]);

    impl Lanes for Neon {
        #[inline(always)]
        fn zero() -> Self {
            Self(nothing())
        }

        #[inline(always)]
        fn add(&mut self, tile: &Tile, vector: &[i8; STEP]) {
            let x = loaded(vector);
            for (sum, weights) in self.0.iter_mut().zip(tile) {
                let w = loaded(weights);
                // SAFETY: every aarch64 target of ours has NEON.
                *sum = unsafe {
                    let low = vmull_s8(vget_low_s8(w), vget_low_s8(x));
                    vpadalq_s16(*sum, vmlal_high_s8(low, w, x))
                };
            }
        }

        #[inline(always)]
        fn sums(self, _: &[i32; ROWS]) -> [i32; ROWS] {
            sums_of(self.0)
        }
    }

    /// Four products a lane in one instruction.
    #[derive(Clone, Copy)]
    pub struct Dot([int32x4_t; ROWS]);

    impl Lanes for Dot {
        #[inline(always)]
        fn zero() -> Self {
            Self(nothing())
        }

        #[inline(always)]
        fn add(&mut self, tile: &Tile, vector: &[i8; STEP]) {
            let x = loaded(vector);
            for (sum, weights) in self.0.iter_mut().zip(tile) {
                // SAFETY: registers only; `Instructions` has found SDOT. (The
                // function for it is not stable.)
                unsafe {
                    asm!(
                        ".arch_extension dotprod",
                        "sdot {sum:v}.4s, {w:v}.16b, {x:v}.16b",
                        sum = inout(vreg) *sum,
                        w = in(vreg) loaded(weights),
                        x = in(vreg) x,
                        options(pure, nomem, nostack, preserves_flags),
                    );
                }
            }
        }

        #[inline(always)]
        fn sums(self, _: &[i32; ROWS]) -> [i32; ROWS] {
            sums_of(self.0)
        }
    }
}
