//! The voice gate: noise is silence, speech is not.

use crate::common::{level, read, rms, speech};
use crate::testing;
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

/// White noise, sample by sample.
fn noise(seed: u32) -> impl FnMut() -> f64 {
    let mut noise = testing::noise(seed);
    move || noise.next().unwrap()
}

/// Noise through one pole: the nearer to 1, the lower.
fn coloured(seed: u32, pole: f64) -> impl FnMut(usize) -> f64 {
    let mut noise = noise(seed);
    let mut last = 0.0;
    move |_| {
        last = pole * last + noise();
        last
    }
}

/// Twelve kinds of sound that nobody speaks.
fn sounds() -> Vec<(&'static str, Sound)> {
    let tone =
        |hertz: f64| move |n: usize| (std::f64::consts::TAU * hertz * n as f64 / RATE as f64).sin();
    let hum = move |n: usize| {
        (1..=9)
            .map(|k| tone(50.0 * f64::from(k))(n) / f64::from(k))
            .sum()
    };
    let mut clicks = noise(7);
    let mut bursts = (noise(8), noise(9), 0_usize);
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
            Box::new(move |_| if clicks() > 0.9995 { 1.0 } else { 0.0 }),
        ),
        (
            "bursts of noise",
            Box::new(move |_| {
                if bursts.2 == 0 && (bursts.0)() > 0.9998 {
                    bursts.2 = RATE / 20;
                }
                bursts.2 = bursts.2.saturating_sub(1);
                if bursts.2 > 0 { (bursts.1)() } else { 0.0 }
            }),
        ),
        (
            "fan",
            Box::new(move |n| fan(n) * (1.0 + 0.3 * tone(24.0)(n)) + 0.5 * tone(96.0)(n)),
        ),
    ]
}

/// Six kinds of sound that swell and fall as syllables do, or slower.
fn swelling_sounds() -> Vec<(&'static str, Sound)> {
    // Gains that wander between random ones, so many of them a second.
    let wander = |seed: u32, hertz: f64, decibels: f64| {
        let mut noise = noise(seed);
        let step = (RATE as f64 / hertz) as usize;
        let (mut from, mut to) = (0.0, 0.0);
        move |n: usize| {
            if n.is_multiple_of(step) {
                (from, to) = (to, noise());
            }
            let way = (n % step) as f64 / step as f64;
            10_f64.powf(decibels * (from + (to - from) * way) / 20.0)
        }
    };
    let swell = |n: usize| 1.0 + (std::f64::consts::TAU * 4.0 * n as f64 / RATE as f64).sin();
    // Seconds since somebody struck, who waits `least` and up to `more`.
    let struck = |seed: u32, least: f64, more: f64| {
        let mut noise = noise(seed);
        let (mut last, mut next) = (0, 0);
        move |n: usize| {
            // Each level begins anew.
            if n < last || n >= next {
                let wait = least + more * noise().abs();
                (last, next) = (n, n + (wait * RATE as f64) as usize);
            }
            (n - last) as f64 / RATE as f64
        }
    };
    let (mut air, mut gusts) = (coloured(21, 0.98), wander(22, 0.7, 20.0));
    let (mut tyres, mut cars) = (coloured(23, 0.9), wander(24, 0.2, 20.0));
    let (mut cloth, mut hands) = (coloured(25, 0.9), wander(26, 3.0, 15.0));
    let mut surf = coloured(28, 0.9);
    let (mut knock, mut wood) = (struck(29, 0.3, 0.7), noise(30));
    let (mut key, mut plastic) = (struck(31, 0.08, 0.15), noise(32));
    vec![
        ("wind", Box::new(move |n| air(n) * gusts(n))),
        ("traffic", Box::new(move |n| tyres(n) * cars(n))),
        ("rustling", Box::new(move |n| cloth(n) * hands(n))),
        ("surf", Box::new(move |n| surf(n) * swell(n))),
        (
            "knocks",
            Box::new(move |n| {
                let t = knock(n);
                let ring = (-27.0 * t).exp() * (std::f64::consts::TAU * 160.0 * t).sin();
                ring + 0.2 * (-160.0 * t).exp() * wood()
            }),
        ),
        (
            "keys",
            Box::new(move |n| (-270.0 * key(n)).exp() * plastic()),
        ),
    ]
}

/// How many emotions so many seconds of each sound at each level bring, and which.
fn emotions(sounds: Vec<(&str, Sound)>, seconds: usize, levels: &[f64]) -> (usize, String) {
    let mut engine = engine();
    let mut report = Vec::new();
    let mut total = 0;
    for (name, mut sound) in sounds {
        for &dbfs in levels {
            let raw: Vec<f64> = (0..seconds * RATE).map(&mut sound).collect();
            let (emotions, all) = decisions(&mut engine, &level(&raw, dbfs));
            assert!(all >= seconds - 4, "{name}: {all} decisions");
            total += emotions;
            if emotions > 0 {
                report.push(format!("{name} at {dbfs} dBFS: {emotions} of {all}"));
            }
        }
    }
    (total, report.join("\n"))
}

/// One hour: five minutes of each sound, fifty seconds at each level.
#[test]
fn an_hour_of_noise_is_no_emotion() {
    let levels = [-60.0, -50.0, -40.0, -30.0, -20.0, -10.0];
    let (total, report) = emotions(sounds(), 50, &levels);
    assert!(
        total <= 1,
        "{total} emotions in an hour of noise:\n{report}"
    );
}

/// Half an hour: five minutes of each sound, one at each level.
#[test]
fn noise_that_swells_is_no_emotion() {
    let levels = [-80.0, -60.0, -45.0, -30.0, -15.0];
    let (total, report) = emotions(swelling_sounds(), 60, &levels);
    assert_eq!(total, 0, "{total} emotions in half an hour:\n{report}");
}

/// 95 % of the windows with speech must open, at 10 dB above white and pinkish
/// noise, and however little the microphone delivers. RAVDESS's real voices are used
/// where the corpus is present.
#[test]
fn speech_opens_it() {
    let mut engine = engine();
    // Each voice, and as much noise.
    let pairs: Vec<[Vec<f64>; 2]> = (1..)
        .zip(speech())
        .map(|(seed, file)| {
            let voice: Vec<f64> = read(&file).into_iter().map(f64::from).collect();
            let pole = if seed % 2 == 1 { 0.0 } else { 0.9 };
            let raw: Vec<f64> = (0..voice.len()).map(coloured(seed, pole)).collect();
            let share = rms(&voice) / rms(&raw);
            let noise = raw.iter().map(|n| n * share).collect();
            [voice, noise]
        })
        .collect();
    let most = f64::from(FULL_SCALE - 1);
    for (decibels, snr) in [
        (0.0, f64::INFINITY),
        (-20.0, f64::INFINITY),
        (-40.0, f64::INFINITY),
        (0.0, 10.0),
        (-40.0, 10.0),
    ] {
        let [gain, share] = [decibels, -snr].map(|db| 10_f64.powf(db / 20.0));
        let (mut open, mut all) = (0, 0);
        for [voice, noise] in &pairs {
            let samples: Vec<Pcm> = voice
                .iter()
                .zip(noise)
                .map(|(v, n)| (gain * (v + n * share)).clamp(-most, most) as Pcm)
                .collect();
            let (emotions, windows) = decisions(&mut engine, &samples);
            open += emotions;
            all += windows;
        }
        println!("{decibels} dB, {snr} dB over noise: {open} of {all} windows with speech open");
        assert!(
            open as f64 >= 0.95 * all as f64,
            "{decibels} dB, {snr} dB over noise: {open} of {all} windows open"
        );
    }
}
