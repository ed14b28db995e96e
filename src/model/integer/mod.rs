//! Integer networks: convolutions, a recurrence, and attention's mean.
//!
//! `docs/quantization.md` defines all exactly. They compute in integers alone,
//! with the best instructions that the processor has ([`lanes`]), and give the
//! same bits with all of them.

mod attention;
mod convolution;
mod lanes;
mod lstm;
mod matrix;
mod operators;

pub(super) use operators::register;
