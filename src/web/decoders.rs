//! The threads that classify, one a core, and the processes that decode for them.

use super::problem::{ClipError, Problem};
use super::upload::Upload;
use crate::audio::{Channel, DecoderPool, Pcm};
use crate::engine::{ClipClassifier, Settings};
use crate::error::Class;
use crate::model::{Model, ModelError};
use crate::protocol::{Report, StreamNames};
use crate::system::lock;
use std::sync::{Arc, Mutex};
use std::thread;
use tokio::sync::{mpsc, oneshot};

/// The line of `classify --json --timeline`, or the reason why there is none.
type Answer = Result<Vec<u8>, Problem>;

/// A recording, and who waits for its result.
struct Job {
    upload: Upload,
    answer: oneshot::Sender<Answer>,
}

/// Threads that take one recording after the other.
pub(super) struct Decoders {
    queue: mpsc::UnboundedSender<Job>,
}

/// One thread's tools.
struct Decoder {
    clips: ClipClassifier,
    names: StreamNames,
    /// Processes that decode, which are shared with the other threads.
    pool: Arc<DecoderPool>,
    /// Longest recording, in seconds.
    longest: u64,
}

impl Decoders {
    /// Starts so many threads, each with a classifier of its own. What waits for
    /// them is bounded by the memory that uploads may take.
    ///
    /// # Errors
    /// [`ModelError::Network`] when no session can be made.
    pub fn start(
        model: &Model,
        pool: DecoderPool,
        threads: usize,
        longest: u64,
    ) -> Result<Self, ModelError> {
        let pool = Arc::new(pool);
        let (queue, jobs) = mpsc::unbounded_channel();
        let jobs = Arc::new(Mutex::new(jobs));
        // That a session can be made is known before anybody asks for one.
        ClipClassifier::new(model, Settings::default())?;
        for _ in 0..threads {
            let (model, jobs, pool) = (model.clone(), Arc::clone(&jobs), Arc::clone(&pool));
            thread::spawn(move || {
                if let Ok(clips) = ClipClassifier::new(&model, Settings::default()) {
                    let names = StreamNames::new(model.manifest());
                    Decoder::work(
                        Decoder {
                            clips,
                            names,
                            pool,
                            longest,
                        },
                        &jobs,
                    );
                }
            });
        }
        Ok(Self { queue })
    }

    /// Classifies a recording as soon as a core is free for it. When the future
    /// is dropped, the recording is, too.
    ///
    /// # Errors
    /// The recording's, or the model's.
    pub async fn classify(&self, upload: Upload) -> Answer {
        let (answer, result) = oneshot::channel();
        let gone = || Problem {
            status: hyper::StatusCode::INTERNAL_SERVER_ERROR,
            detail: "the thread that classifies has ended; start the program again".into(),
            class: Some(Class::Internal),
            header: None,
        };
        self.queue
            .send(Job { upload, answer })
            .map_err(|_| gone())?;
        result.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Decoder {
    fn work(mut self, jobs: &Mutex<mpsc::UnboundedReceiver<Job>>) {
        loop {
            let mut queue = lock(jobs);
            let job = queue.blocking_recv();
            drop(queue);
            let Some(Job { upload, answer }) = job else {
                return;
            };
            let name = upload.name.clone();
            let result = self.classify(upload, || answer.is_closed());
            // Nobody may wait for it any more.
            let _ = answer.send(result.map_err(|error| Problem::of_clip(&name, &error)));
        }
    }

    /// The same steps as `undertone classify`, with a limit.
    fn classify(
        &mut self,
        upload: Upload,
        is_abandoned: impl Fn() -> bool,
    ) -> Result<Vec<u8>, ClipError> {
        let Upload { name, bytes, held } = upload;
        let rate = self.clips.sample_rate();
        let channel = Channel::default();
        let mut source = self.pool.open_memory(&bytes, rate, channel)?;
        drop(bytes);
        let most = self.longest * u64::from(rate);
        let mut heard = 0;
        let result = self.clips.classify(|chunk: &mut Vec<Pcm>| {
            if is_abandoned() {
                return Err(ClipError::Abandoned);
            }
            let before = chunk.len();
            let more = source.read(chunk)?;
            heard += (chunk.len() - before) as u64;
            if heard > most {
                return Err(ClipError::TooLong(self.longest));
            }
            Ok(more)
        })?;
        let damage = source.damage();
        drop((source, held));
        let result = self.names.file_result(name, &result, &damage, true);
        Ok(Report::Result(result).to_line().into_bytes())
    }
}
