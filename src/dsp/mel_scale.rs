//! Slaney's mel scale: Malcolm Slaney, "Auditory Toolbox", Interval Research,
//! technical report 1998-010; librosa's `htk=False`.
//!
//! `build.rs` includes this file for the integer filter bank's tables.

const HZ_PER_MEL: f64 = 200.0 / 3.0;
const LOG_START_HZ: f64 = 1000.0;
const LOG_START_MEL: f64 = LOG_START_HZ / HZ_PER_MEL;
/// ln(6.4) / 27: above 1 kHz, 27 mels span a factor of 6.4.
const LOG_STEP: f64 = 0.068_751_777_420_949_12;

/// Converts hertz to Slaney mels: linear below 1 kHz, logarithmic above.
pub fn hz_to_mel(hz: f64) -> f64 {
    if hz < LOG_START_HZ {
        hz / HZ_PER_MEL
    } else {
        LOG_START_MEL + libm::log(hz / LOG_START_HZ) / LOG_STEP
    }
}

/// Converts Slaney mels to hertz, the inverse of [`hz_to_mel`].
pub fn mel_to_hz(mel: f64) -> f64 {
    if mel < LOG_START_MEL {
        mel * HZ_PER_MEL
    } else {
        LOG_START_HZ * libm::exp((mel - LOG_START_MEL) * LOG_STEP)
    }
}
