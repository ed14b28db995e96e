//! Answers to what readers of the socket ask.

use super::metrics::Metrics;
use super::pause::PauseSwitch;
use super::voice::ForgetSwitch;
use crate::protocol::{Reply, Request};
use crate::publish::Answer;
use std::sync::Arc;

/// Returns what answers readers of a microphone's stream.
pub fn answer(
    switch: &Arc<PauseSwitch>,
    forget: &Arc<ForgetSwitch>,
    metrics: &Arc<Metrics>,
) -> Answer {
    let (switch, metrics) = (Arc::clone(switch), Arc::clone(metrics));
    let forget = Arc::clone(forget);
    Box::new(move |request, peer| match request {
        Request::Status => Reply::Status(metrics.status()),
        Request::Pause => {
            switch.pause();
            Reply::Ok(Request::Pause)
        }
        Request::Resume if switch.resume(peer) => Reply::Ok(Request::Resume),
        Request::Resume => {
            Reply::Error("the configuration (privacy.may_resume) does not let you resume".into())
        }
        Request::Forget if forget.ask() => Reply::Ok(Request::Forget),
        Request::Forget => Reply::Error("no voice is being learned here".into()),
    })
}

/// Returns what answers readers of a stream that no microphone feeds.
pub fn answer_without_switch(metrics: &Arc<Metrics>) -> Answer {
    let metrics = Arc::clone(metrics);
    Box::new(move |request, _| match request {
        Request::Status => Reply::Status(metrics.status()),
        Request::Pause | Request::Resume => {
            Reply::Error("there is no microphone here to pause".into())
        }
        Request::Forget => {
            Reply::Error("of a pipe no voice is kept that could be forgotten".into())
        }
    })
}
