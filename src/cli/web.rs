//! `undertone web`: the page and its API.

use super::control::ServiceSocket;
use super::token::token;
use super::{model, output};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use undertone::audio::DecoderPool;
use undertone::system::{Level, keep_memory_private, log, set_level};
use undertone::web::{Options, hosts, own_names, parse_address, serve};

/// Serve a page that shows how something is said
///
/// On the page one drops a recording, records one or tries a sample, and sees
/// the emotion over time; and one watches what the service hears, live. The
/// page's address is printed on stdout. Nothing that is uploaded is written
/// anywhere.
#[derive(Args)]
pub struct Web {
    /// Address, port, or both. With any but a loopback address others can reach it:
    /// they then need the token in the address that is printed
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8707", value_parser = parse_address)]
    listen: SocketAddr,
    /// File with the token, which is made if it is not there, so that an address stays
    /// good when the program is started again. systemd's credential `undertone-token` is
    /// used like it; there is another token at each start otherwise
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Further name by which browsers may ask, `house.example` for one; can be given
    /// several times. Whoever asks then needs the token, too. The machine's own names are
    /// known
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
    #[command(flatten)]
    service: ServiceSocket,
    /// Largest recording that is accepted, in MiB. Twice that is what all of
    /// them together may take
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_size: u32,
    /// Longest recording that is accepted, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    max_duration: u64,
    /// Seconds that a client may be silent in the middle of a request
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience: u64,
    #[command(flatten)]
    model: model::ModelArgs,
}

impl Web {
    pub fn run(self) -> anyhow::Result<()> {
        set_level(Level::Info);
        keep_memory_private();
        let model = self.model.load()?;
        // Behind a proxy, too, others can reach it.
        let exposed = !self.listen.ip().is_loopback() || !self.name.is_empty();
        let token = exposed.then(|| token(self.token_file.as_deref()));
        let token = token.transpose()?;
        let own_names = exposed.then(own_names).unwrap_or_default();
        let options = Options {
            listen: self.listen,
            names: self.name.into_iter().chain(own_names).collect(),
            token: token.clone(),
            socket: self.service.path(),
            largest: (self.max_size as usize) << 20,
            longest: self.max_duration,
            patience: Duration::from_secs(self.patience),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            decoders: DecoderPool::of_this_program(),
        };
        let announce = |address: SocketAddr| {
            if exposed {
                log(
                    Level::Warning,
                    "whoever can reach this address and has its token may send recordings, see \
                     which emotions are heard and pause the microphone; nothing is encrypted, so \
                     put a proxy with TLS before it in a network that is not yours alone",
                );
            }
            let token = token.map_or(String::new(), |token| format!("#token={token}"));
            for host in hosts(address.ip()) {
                let line = format!("http://{host}:{}/{token}\n", address.port());
                // That nobody reads it stops nobody.
                let _ = output::print(line.as_bytes());
            }
        };
        Ok(serve(&model, options, announce)?)
    }
}
