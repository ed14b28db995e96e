//! Integer networks: convolutions, a recurrence, attention's mean, and a judge of
//! statistics.
//!
//! `docs/quantization.md` defines all exactly. They compute in integers alone,
//! with the best instructions that the processor has ([`lanes`]), and give the
//! same bits with all of them.

mod attention;
mod convolution;
mod judge;
mod lanes;
mod lstm;
mod matrix;
mod operators;

pub(super) use operators::register;
