//! What a task costs in instructions, by the processor's own count.

/// Instructions of this thread, outside of the kernel, while a task runs; `None`
/// where the system has no such counter or does not lend it.
#[cfg(target_os = "linux")]
pub fn of(task: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Option<u64>> {
    let counter = perf_event::Builder::new(perf_event::events::Hardware::INSTRUCTIONS).build();
    let Ok(mut counter) = counter else {
        return Ok(None);
    };
    let begun = counter.enable();
    task()?;
    Ok(begun.and_then(|()| counter.read()).ok())
}

/// Nobody to ask.
#[cfg(not(target_os = "linux"))]
pub fn of(_: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Option<u64>> {
    Ok(None)
}
