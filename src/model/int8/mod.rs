//! Integer networks: convolutions, a recurrence, attention pooling, and a linear
//! classifier of functionals.
//!
//! `docs/quantization.md` defines all exactly. They compute in integers alone,
//! with the best instructions that the processor has ([`simd`]), and give the
//! same bits with all of them.

mod attention_pool;
mod conv;
mod functionals;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod gemm;
mod lstm;
mod ops;
mod simd;

#[cfg(fuzzing)]
pub use fuzz::fuzz_operators;
pub(super) use ops::register;
