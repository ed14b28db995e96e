//! Integer networks: convolutions, a recurrence, attention pooling, and a linear
//! classifier of functionals.
//!
//! `docs/quantization.md` defines all exactly. They compute in integers alone,
//! with the best instructions that the processor has ([`simd`]), and give the
//! same bits with all of them.

mod attention_pool;
mod conv;
mod functionals;
mod gemm;
mod lstm;
mod ops;
mod simd;

pub(super) use ops::register;
