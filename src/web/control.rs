//! Control of the service: pause, resume and its figures, asked on its socket.

use super::problem::Problem;
use crate::protocol::{Message, Request, Status};
use hyper::StatusCode;
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// Time for an answer; the service gives it at once.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes that are read of a connection at most, to find the answer among the
/// events.
const MAX_READ: u64 = 1 << 20;

/// Sends a request on a connection of its own, and returns the service's answer.
///
/// # Errors
/// [`Problem`] when the service refuses, in its own words, or is not there.
pub(super) async fn ask(socket: &Path, request: Request) -> Result<Vec<u8>, Problem> {
    let answer = timeout(ANSWER_TIMEOUT, exchange(socket, request)).await;
    match answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(Message::Error { error }) => Err(Problem::new(StatusCode::CONFLICT, error)),
        Ok(accepted) => Ok(sorted_json(&accepted)),
        Err(_) => Err(absent()),
    }
}

/// Returns the service's figures.
///
/// # Errors
/// [`Problem`] when the service is not there.
pub(super) async fn status(socket: &Path) -> Result<Status, Problem> {
    let answer = timeout(ANSWER_TIMEOUT, exchange(socket, Request::Status)).await;
    match answer {
        Ok(Ok(Message::Status(status))) => Ok(status),
        _ => Err(absent()),
    }
}

fn absent() -> Problem {
    let detail = "the service is not there or does not answer; start undertone.service";
    Problem::new(StatusCode::BAD_GATEWAY, detail)
}

/// Returns an answer's JSON with its keys in alphabetical order, as clients of
/// this API have always been given it.
fn sorted_json(answer: &Message) -> Vec<u8> {
    let value = serde_json::to_value(answer).unwrap_or_default();
    value.to_string().into_bytes()
}

async fn exchange(socket: &Path, request: Request) -> io::Result<Message> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(request.to_line().as_bytes()).await?;
    let mut lines = BufReader::new(stream.take(MAX_READ)).lines();
    while let Some(line) = lines.next_line().await? {
        if let Ok(answer) = serde_json::from_str::<Message>(&line)
            && answer.is_answer()
        {
            return Ok(answer);
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}
