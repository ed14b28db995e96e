//! The processor's own count of instructions.

/// Instructions of this thread, outside of the kernel, while a task runs; `None`
/// where the system has no such counter or does not lend it.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "aarch64", target_arch = "x86_64")
))]
pub fn instructions(task: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Option<u64>> {
    let counter = perf_event::Builder::new(perf_event::events::Hardware::INSTRUCTIONS).build();
    let Ok(mut counter) = counter else {
        return Ok(None);
    };
    let begun = counter.enable();
    task()?;
    Ok(begun.and_then(|()| counter.read()).ok())
}

/// Nobody to ask.
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "aarch64", target_arch = "x86_64")
)))]
pub fn instructions(_: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Option<u64>> {
    Ok(None)
}
