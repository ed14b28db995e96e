//! The choice of instructions at run time.
//!
//! Compilers may assume of an x86-64 processor only the vectors of four floats
//! that the first ones had. What costs time is therefore compiled a second time
//! for AVX2, which has eight, and every call takes what the processor has. On
//! other processors the instructions that can be assumed are those to use.
//!
//! Both are the same Rust, and no compiler contracts or reorders its sums: the
//! results are the same bits.

#[cfg(target_arch = "x86_64")]
cpufeatures::new!(avx2, "avx2");

/// Something to compute with the best instructions there are.
///
/// What `run` calls must be inlined always, as itself: a function apart would
/// be compiled for the instructions that can be assumed.
pub(super) trait Vectorised: Sized {
    /// What comes out.
    type Output;

    /// Computes it with the instructions of the caller.
    fn run(self) -> Self::Output;

    /// Computes it with AVX2 where there is.
    #[inline]
    fn vectorised(self) -> Self::Output {
        #[cfg(target_arch = "x86_64")]
        if avx2::get() {
            #[allow(unsafe_code)]
            // SAFETY: the processor has just been found to have AVX2.
            return unsafe { with_avx2(self) };
        }
        self.run()
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<V: Vectorised>(work: V) -> V::Output {
    work.run()
}
