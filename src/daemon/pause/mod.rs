//! The privacy switch: it closes the microphone, and outlives a restart.

mod memory;
mod resume_policy;
mod switch;

pub use memory::PauseMemory;
pub use resume_policy::Principal;
pub use switch::PauseSwitch;
