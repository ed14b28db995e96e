//! The threads that classify, one a core, and the processes that decode for them.

use super::problem::{ClipError, Problem};
use super::upload::Upload;
use crate::audio::{Channel, Channels, DecoderPool, IsolatedSource, Pcm};
use crate::engine::{ClipClassifier, ClipResult, Settings};
use crate::error::Class;
use crate::model::{Model, ModelError};
use crate::protocol::{Report, StreamNames};
use crate::system::lock;
use std::sync::{Arc, Mutex};
use std::thread;
use tokio::sync::{mpsc, oneshot};

/// The lines of `classify --json --timeline`, or the reason why there are none.
type Answer = Result<Vec<u8>, Problem>;

/// A recording, and who waits for its result.
struct Job {
    upload: Upload,
    channels: Channels,
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
    /// Longest recording, or all channels that are heard of one, in seconds.
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
    pub async fn classify(&self, upload: Upload, channels: Channels) -> Answer {
        let (answer, result) = oneshot::channel();
        let gone = || Problem {
            status: hyper::StatusCode::INTERNAL_SERVER_ERROR,
            detail: "the thread that classifies has ended; start the program again".into(),
            class: Some(Class::Internal),
            header: None,
        };
        self.queue
            .send(Job {
                upload,
                channels,
                answer,
            })
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
            let Some(Job {
                upload,
                channels,
                answer,
            }) = job
            else {
                return;
            };
            let name = upload.name.clone();
            let result = self.classify(upload, channels, || answer.is_closed());
            // Nobody may wait for it any more.
            let _ = answer.send(result.map_err(|error| Problem::of_clip(&name, &error)));
        }
    }

    /// The same steps as `undertone classify`, with limits.
    fn classify(
        &mut self,
        upload: Upload,
        channels: Channels,
        is_abandoned: impl Fn() -> bool,
    ) -> Result<Vec<u8>, ClipError> {
        let pool = Arc::clone(&self.pool);
        let rate = self.clips.sample_rate();
        let Upload { name, bytes, held } = upload;
        let mut heard = 0;
        let mut lines = String::new();
        match channels {
            Channels::One(channel) => {
                let mut source = pool.open_memory(&bytes, rate, channel)?;
                // From here on the decoding process has them.
                drop(bytes);
                let result = self.hear(&mut source, &mut heard, &is_abandoned)?;
                lines += &self.line(name, &result, &source, None);
            }
            Channels::Each => {
                let (mut number, mut count) = (1, 1);
                while number <= count {
                    let channel = Channel::Number(number);
                    let mut source = pool.open_memory(&bytes, rate, channel)?;
                    let result = self.hear(&mut source, &mut heard, &is_abandoned)?;
                    lines += &self.line(name.clone(), &result, &source, Some(number));
                    count = u16::try_from(source.channels()?).unwrap_or(u16::MAX);
                    number += 1;
                }
            }
        }
        drop(held);
        Ok(lines.into_bytes())
    }

    /// Classifies what a source has to give; `heard` counts the samples of all channels.
    fn hear(
        &mut self,
        source: &mut IsolatedSource,
        heard: &mut u64,
        is_abandoned: impl Fn() -> bool,
    ) -> Result<ClipResult, ClipError> {
        let most = self.longest * u64::from(self.clips.sample_rate());
        self.clips.classify(|chunk: &mut Vec<Pcm>| {
            if is_abandoned() {
                return Err(ClipError::Abandoned);
            }
            let before = chunk.len();
            let more = source.read(chunk)?;
            *heard += (chunk.len() - before) as u64;
            if *heard > most {
                return Err(ClipError::TooLong(self.longest));
            }
            Ok(more)
        })
    }

    fn line(
        &self,
        name: String,
        result: &ClipResult,
        source: &IsolatedSource,
        channel: Option<u16>,
    ) -> String {
        let mut result = self.names.file_result(name, result, &source.damage(), true);
        result.channel = channel;
        Report::Result(result).to_line()
    }
}
