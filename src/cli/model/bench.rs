//! `undertone model bench`: the cost of a decision on this machine.

use super::load;
use super::perf_counter;
use crate::cli::output::{bold, is_human, print};
use anyhow::bail;
use clap::Args;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use undertone::model::{Model, Session};
use undertone::protocol::{BenchReport, NodeTime, Report};
use undertone::quantile::percentile;
use undertone::system::{Memory, memory};

/// Time a network on this machine: one thread, one window after the other
#[derive(Args)]
pub struct Bench {
    /// The bundle's folder; the one inside the program by default
    folder: Option<PathBuf>,
    /// Runs that are timed, after a tenth as many that are not
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    runs: u32,
    /// Also time each node by itself
    #[arg(long)]
    profile: bool,
    /// Print JSON also on a terminal
    #[arg(long)]
    json: bool,
}

/// The figures of one run.
struct Measured {
    load: Duration,
    /// From the shortest to the longest.
    runs: Vec<Duration>,
    /// Of each node, the median, if asked for.
    nodes: Vec<(String, Duration)>,
    /// Resident and at most so far, in kilobytes, where the system says it.
    memory: Option<Memory>,
    /// Of a window, where the system counts them.
    instructions: Option<u64>,
}

impl Bench {
    pub fn run(self) -> anyhow::Result<()> {
        let start = Instant::now();
        let model = load(self.folder.as_deref())?;
        let mut session = model.session()?;
        let load = start.elapsed();
        let mut runs = timed(self.runs, || once(&mut session))?;
        runs.sort_unstable();
        let instructions = perf_counter::instructions(|| once(&mut session))?;
        let nodes = if self.profile {
            profile(&model, &mut session, self.runs)?
        } else {
            Vec::new()
        };
        let measured = Measured {
            load,
            runs,
            nodes,
            memory: memory(),
            instructions,
        };
        let text = if is_human(self.json) {
            measured.text()?
        } else {
            format!("{}\n", measured.json()?)
        };
        print(text.as_bytes())
    }
}

/// Runs a tenth as often first, which fills caches.
fn timed(runs: u32, mut run: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Vec<Duration>> {
    for _ in 0..runs.div_ceil(10) {
        run()?;
    }
    let times = (0..runs).map(|_| {
        let start = Instant::now();
        run()?;
        Ok(start.elapsed())
    });
    times.collect()
}

fn once(session: &mut Session) -> anyhow::Result<()> {
    let manifest = session.model().manifest();
    let bands = manifest.features.bands;
    match manifest.window {
        Some(window) => session.logits(&vec![100; window.frames * bands])?,
        None => session.logits_of_averages(&vec![0.0; bands])?,
    };
    Ok(())
}

/// Each node's name and its median time.
fn profile(
    model: &Model,
    session: &mut Session,
    runs: u32,
) -> anyhow::Result<Vec<(String, Duration)>> {
    let nodes = model.nodes()?;
    let mut times = vec![Vec::new(); nodes.len()];
    for _ in 0..runs {
        let run = session.node_times()?;
        if run.len() != nodes.len() {
            bail!("nodes and times differ");
        }
        for (times, time) in times.iter_mut().zip(run) {
            times.push(time);
        }
    }
    let medians = times.into_iter().map(|mut times| {
        times.sort_unstable();
        percentile(&times, 50)
    });
    let names = nodes
        .into_iter()
        .map(|node| format!("{} ({})", node.name, node.operator));
    Ok(names.zip(medians).collect())
}

fn microseconds(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}

const PERCENT: [usize; 5] = [0, 50, 90, 99, 100];

impl Measured {
    /// By way of a value, whose keys are sorted.
    fn json(&self) -> anyhow::Result<serde_json::Value> {
        let [min_us, median_us, p90_us, p99_us, max_us] =
            PERCENT.map(|percent| microseconds(percentile(&self.runs, percent)));
        let node = |(name, time): &(String, Duration)| NodeTime {
            node: name.clone(),
            median_us: microseconds(*time),
        };
        let report = BenchReport {
            load_ms: microseconds(self.load) / 1000.0,
            runs: self.runs.len(),
            min_us,
            median_us,
            p90_us,
            p99_us,
            max_us,
            rss_kb: self.memory.map(|memory| memory.resident / 1024),
            peak_rss_kb: self.memory.map(|memory| memory.peak / 1024),
            instructions: self.instructions,
            nodes: self.nodes.iter().map(node).collect(),
        };
        Ok(serde_json::to_value(Report::Bench(report))?)
    }

    fn text(&self) -> Result<String, std::fmt::Error> {
        let [min, median, p90, p99, max] =
            PERCENT.map(|percent| microseconds(percentile(&self.runs, percent)));
        let mut text = format!(
            "loading   {:.1} ms\na window  {median:.0} µs (median of {} runs; shortest {min:.0}, \
             90 % below {p90:.0}, 99 % below {p99:.0}, longest {max:.0})\n",
            microseconds(self.load) / 1000.0,
            self.runs.len(),
        );
        if let Some(memory) = self.memory {
            let (resident, peak) = (memory.resident / 1024, memory.peak / 1024);
            writeln!(text, "memory    {resident} kB resident, {peak} kB at most")?;
        }
        match self.instructions {
            Some(count) => writeln!(text, "          {:.2} M instructions", count as f64 / 1e6)?,
            None => text += "          instructions are not counted here\n",
        }
        let all: f64 = self.nodes.iter().map(|(_, time)| microseconds(*time)).sum();
        if !self.nodes.is_empty() {
            text += &bold(&format!("\n{:>8} {:>5}  node\n", "µs", "%"));
        }
        for (name, time) in &self.nodes {
            let time = microseconds(*time);
            writeln!(
                text,
                "{time:8.1} {:5.1}  {name}",
                100.0 * time / all.max(1e-9)
            )?;
        }
        Ok(text)
    }
}
