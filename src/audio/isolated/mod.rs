//! Decoding in a process of its own, which may die.
//!
//! A decoder trusts what it reads: a codebook, a table or a tag of some hundred bytes
//! can ask for gigabytes or hours. Whatever it does then, it does in a child process
//! with a limit of memory and of processor time, and the child's end is an error of
//! that recording. A child decodes one recording after the other, for as long as it
//! stays small.

mod pool;
mod wire;
mod worker;

pub use pool::{DecoderPool, IsolatedSource};
pub use worker::decode_requests;

/// The argument with which the program decodes for another process of its own.
pub const DECODER_ARGUMENT: &str = "decode-for-parent";

/// Bytes that decoding may take beside a recording that is held in memory itself:
/// tags, tables, codebooks, a packet and its samples.
const MEMORY: u64 = 64 << 20;

/// Processor time that any recording may take, in seconds.
const CPU_SECONDS: u64 = 3;

/// Bytes of a recording for which there is another second.
const BYTES_A_SECOND: u64 = 16 << 20;

/// Seconds of decoded sound for which there is another second. On the slowest board
/// all codecs are several times faster.
const SOUND_A_SECOND: u64 = 8;
