//! Run-time dispatch to the processor's vector instructions.
//!
//! Compilers may assume of an x86-64 processor only the vectors of four 32-bit
//! numbers that the first ones had. What costs time is therefore compiled again
//! for AVX2, which has eight, and for AVX-512, which has sixteen and what the
//! integer path needs of 64-bit arithmetic; every call takes the best that the
//! processor has. On other processors the instructions that can be assumed are
//! those to use.
//!
//! All are the same Rust, and no compiler contracts or reorders its sums: the
//! results are the same bits.

#[cfg(target_arch = "x86_64")]
cpufeatures::new!(avx2, "avx2");
#[cfg(target_arch = "x86_64")]
cpufeatures::new!(
    avx512, "avx2", "fma", "bmi2", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"
);

/// A computation that is compiled for every set of vector instructions.
///
/// Functions that `run` calls are `#[inline(always)]`, as is `run`: a function
/// that is not inlined is compiled for the instructions that can be assumed.
pub(super) trait WithSimd: Sized {
    /// The result.
    type Output;

    /// Computes it with the instructions of the caller.
    fn run(self) -> Self::Output;

    /// Computes it with the best instructions of the processor.
    #[inline]
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code)]
    fn dispatch(self) -> Self::Output {
        if avx512::get() {
            // SAFETY: the processor has just been found to have AVX-512.
            unsafe { with_avx512(self) }
        } else if avx2::get() {
            // SAFETY: the processor has just been found to have AVX2.
            unsafe { with_avx2(self) }
        } else {
            self.run()
        }
    }

    /// Computes it with the only instructions that the target has.
    #[inline]
    #[cfg(not(target_arch = "x86_64"))]
    fn dispatch(self) -> Self::Output {
        self.run()
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<W: WithSimd>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi2,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
fn with_avx512<W: WithSimd>(work: W) -> W::Output {
    work.run()
}

/// Tells whether all the instructions that the processor has give the same bits.
#[cfg(test)]
pub(super) fn is_the_same_with_all<W: WithSimd>(work: impl Fn() -> W) -> bool
where
    W::Output: PartialEq,
{
    let common = work().run();
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code)]
    {
        // SAFETY: each is called only where the processor has been found to
        // have it.
        (!avx2::get() || unsafe { with_avx2(work()) } == common)
            && (!avx512::get() || unsafe { with_avx512(work()) } == common)
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        work().dispatch() == common
    }
}
