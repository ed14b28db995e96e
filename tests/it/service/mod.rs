//! The service against real parts: a microphone that stalls, vanishes and comes
//! back, readers, full disks, signals, systemd's sockets.

mod site;

mod control;
mod devices;
mod files;
mod manager;
mod pause;
mod readers;
mod reload;
mod socket;
