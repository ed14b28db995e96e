//! Asks the service to close its microphone, or to open it.

use super::problem::Problem;
use crate::publish::Request;
use hyper::StatusCode;
use serde_json::Value;
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// The service answers at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is read of a connection at most, to find the answer among the events.
const MOST: u64 = 1 << 20;

/// Asks on a connection of its own, and gives the service's answer back.
///
/// # Errors
/// Why the service does not do it, in its own words, or that it is not there.
pub(super) async fn ask(socket: &Path, request: Request) -> Result<Vec<u8>, Problem> {
    let answer = timeout(PATIENCE, exchange(socket, request)).await;
    let answer = answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let answer = answer.map_err(|_| {
        let detail = "the service is not there or does not answer; start undertone.service";
        Problem::new(StatusCode::BAD_GATEWAY, detail)
    })?;
    match answer["error"].as_str() {
        Some(error) => Err(Problem::new(StatusCode::CONFLICT, error)),
        None => Ok(answer.to_string().into_bytes()),
    }
}

async fn exchange(socket: &Path, request: Request) -> io::Result<Value> {
    let mut stream = UnixStream::connect(socket).await?;
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut lines = BufReader::new(stream.take(MOST)).lines();
    while let Some(line) = lines.next_line().await? {
        let answer: Value = serde_json::from_str(&line)?;
        if answer["type"] == "ok" || answer["type"] == "error" {
            return Ok(answer);
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}
