//! The voice gate: noise is silence, speech is not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Noise, level, read, speech};
use undertone::audio::{FULL_SCALE, Pcm};
use undertone::engine::{Engine, Event, Settings};
use undertone::model::{Bundle, Model};

const RATE: usize = 16_000;

fn engine() -> Engine {
    let model = Model::load(&Bundle::embedded().unwrap()).unwrap();
    Engine::new(&model, Settings::default()).unwrap()
}

/// Emotions and all decisions that a signal brings.
fn decisions(engine: &mut Engine, samples: &[Pcm]) -> (usize, usize) {
    let (mut emotions, mut all) = (0, 0);
    let mut count = |event| match event {
        Event::Emotion(_) => {
            emotions += 1;
            all += 1;
        }
        Event::Silence(_) => all += 1,
        Event::Change(_) => (),
    };
    engine.push(samples, &mut count).unwrap();
    engine.finish(&mut count).unwrap();
    (emotions, all)
}

/// A signal, sample by sample.
type Sound = Box<dyn FnMut(usize) -> f64>;

/// Twelve kinds of sound that nobody speaks.
fn sounds() -> Vec<(&'static str, Sound)> {
    let tone =
        |hertz: f64| move |n: usize| (std::f64::consts::TAU * hertz * n as f64 / RATE as f64).sin();
    let coloured = |seed: u32, pole: f64| {
        let mut noise = Noise::new(seed);
        let mut last = 0.0;
        move |_: usize| {
            last = pole * last + noise.next();
            last
        }
    };
    let hum = move |n: usize| {
        (1..=9)
            .map(|k| tone(50.0 * f64::from(k))(n) / f64::from(k))
            .sum()
    };
    let mut clicks = Noise::new(7);
    let mut bursts = (Noise::new(8), Noise::new(9), 0_usize);
    let mut fan = coloured(11, 0.97);
    vec![
        ("white noise", Box::new(coloured(1, 0.0))),
        ("pinkish noise", Box::new(coloured(2, 0.9))),
        ("brown noise", Box::new(coloured(3, 0.995))),
        ("blue noise", Box::new(coloured(4, -0.9))),
        ("mains hum", Box::new(hum)),
        ("low tone", Box::new(tone(120.0))),
        ("tone", Box::new(tone(440.0))),
        ("high tone", Box::new(tone(3000.0))),
        (
            "sweep",
            Box::new(move |n| {
                let t = (n % (4 * RATE)) as f64 / RATE as f64;
                (std::f64::consts::TAU * (100.0 * t + 400.0 * t * t)).sin()
            }),
        ),
        (
            "clicks",
            Box::new(move |_| if clicks.next() > 0.9995 { 1.0 } else { 0.0 }),
        ),
        (
            "bursts of noise",
            Box::new(move |_| {
                if bursts.2 == 0 && bursts.0.next() > 0.9998 {
                    bursts.2 = RATE / 20;
                }
                bursts.2 = bursts.2.saturating_sub(1);
                if bursts.2 > 0 { bursts.1.next() } else { 0.0 }
            }),
        ),
        (
            "fan",
            Box::new(move |n| fan(n) * (1.0 + 0.3 * tone(24.0)(n)) + 0.5 * tone(96.0)(n)),
        ),
    ]
}

/// One hour: five minutes of each sound, fifty seconds at each level.
#[test]
fn an_hour_of_noise_is_no_emotion() {
    let mut engine = engine();
    let mut report = Vec::new();
    let mut total = 0;
    for (name, mut sound) in sounds() {
        for dbfs in [-60.0, -50.0, -40.0, -30.0, -20.0, -10.0] {
            let raw: Vec<f64> = (0..50 * RATE).map(&mut sound).collect();
            let samples = level(&raw, dbfs);
            let (emotions, all) = decisions(&mut engine, &samples);
            assert!(all >= 46, "{name}: {all} decisions");
            total += emotions;
            if emotions > 0 {
                report.push(format!("{name} at {dbfs} dBFS: {emotions} of {all}"));
            }
        }
    }
    assert!(
        total <= 1,
        "{total} emotions in an hour of noise:\n{}",
        report.join("\n")
    );
}

/// At 10 dB above white and pinkish noise, 95 % of the windows with speech
/// must open. RAVDESS's real voices are used where the corpus is present.
#[test]
fn speech_in_noise_opens_it() {
    let mut engine = engine();
    let (mut open, mut all) = (0, 0);
    for (index, file) in speech().iter().enumerate() {
        let voice: Vec<f64> = read(file)
            .iter()
            .map(|&s| f64::from(s) / f64::from(FULL_SCALE))
            .collect();
        let mut noise = Noise::new(index as u32 + 1);
        let pole = if index % 2 == 0 { 0.0 } else { 0.9 };
        let mut last = 0.0;
        let raw: Vec<f64> = voice
            .iter()
            .map(|_| {
                last = pole * last + noise.next();
                last
            })
            .collect();
        let rms = |x: &[f64]| (x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64).sqrt();
        let gain = rms(&voice) / rms(&raw) * 10_f64.powf(-10.0 / 20.0);
        let samples: Vec<Pcm> = voice
            .iter()
            .zip(&raw)
            .map(|(v, n)| ((v + n * gain).clamp(-1.0, 0.999_999) * f64::from(FULL_SCALE)) as Pcm)
            .collect();
        let (emotions, windows) = decisions(&mut engine, &samples);
        open += emotions;
        all += windows;
    }
    println!("{open} of {all} windows with speech at 10 dB open");
    assert!(
        open as f64 >= 0.95 * all as f64,
        "{open} of {all} windows open"
    );
}
