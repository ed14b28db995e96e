//! Pictures of features: one panel a set.

use super::axis::BandAxis;
use crate::cli::canvas::Canvas;
use crate::cli::output::OutputFile;
use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::borrow::Cow;
use std::error::Error;
use undertone::dsp::fixed::F0_MIN;
use undertone::dsp::float::{TOP_DB, decibels};
use undertone::features::{Colours, FeatureArray, FeatureSpec};

const WIDTH: u32 = 1200;
const PANEL_HEIGHT: u32 = 260;
/// The colour bar with its labels.
const BAR_WIDTH: u32 = 120;
const MARGIN: u32 = 10;
const FONT: (&str, u32) = ("monospace", 16);

type Area<'a> = DrawingArea<&'a mut Canvas, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

/// Draws the panels of one recording into a PNG file.
pub fn draw(
    output: OutputFile,
    specs: &[FeatureSpec],
    arrays: &[FeatureArray],
) -> anyhow::Result<()> {
    let mut canvas = Canvas::new(WIDTH, PANEL_HEIGHT * specs.len() as u32);
    let whole = (&mut canvas).into_drawing_area();
    let areas = whole.split_evenly((specs.len(), 1));
    for ((area, spec), array) in areas.iter().zip(specs).zip(arrays) {
        panel(area, spec, array).map_err(|error| anyhow!("{}: {error}", spec.set.name()))?;
    }
    drop((areas, whole));
    output.write(|writer| canvas.write_png(writer))
}

fn panel(area: &Area, spec: &FeatureSpec, array: &FeatureArray) -> Drawn {
    let colours = spec.set.definition().picture.colours;
    let values = match colours {
        Colours::DecibelsAndPitch => return levels_and_pitch(area, spec, &array.values),
        Colours::Power => array.values.iter().copied().map(decibels).collect(),
        Colours::Linear | Colours::AllButFirst | Colours::Decibels => {
            Cow::Borrowed(array.values.as_slice())
        }
    };
    if values.is_empty() {
        return Ok(area
            .titled("too short for a single frame", FONT)
            .map(drop)?);
    }
    // Averages are a curve; of examples, the frames follow each other.
    let width = match array.shape.as_slice() {
        [_, .., width] => *width,
        _ => 1,
    };
    let rows = values.len() / width;
    let seconds = match spec.step() {
        Some(_) if array.shape.len() > 2 => {
            Some(rows as f64 * spec.hop as f64 / f64::from(spec.sample_rate))
        }
        step => step.map(|step| rows as f64 * step),
    };
    let (left, right) = area.split_horizontally(WIDTH - BAR_WIDTH);
    if width == 1 {
        return curve(&left, spec, &values, seconds);
    }
    let range = range(&values, width, colours);
    let image = Image {
        values: &values,
        width,
        range,
    };
    image.draw(&left, spec, seconds.unwrap_or(rows as f64), &[])?;
    bar(&right, range)
}

/// The values between which colours are told apart.
fn range(values: &[f32], width: usize, colours: Colours) -> [f32; 2] {
    let first = match colours {
        Colours::AllButFirst => usize::from(width > 1),
        Colours::Linear | Colours::Decibels | Colours::Power | Colours::DecibelsAndPitch => 0,
    };
    let rows = values.chunks_exact(width);
    let [lowest, highest] = extremes(rows.flat_map(|row| &row[first..]));
    match colours {
        Colours::Linear | Colours::AllButFirst => [lowest, highest],
        Colours::Decibels | Colours::Power | Colours::DecibelsAndPitch => {
            [lowest.max(highest - TOP_DB), highest]
        }
    }
}

/// The levels, and over them the pitch of the frames whose pitch stands out.
fn levels_and_pitch(area: &Area, spec: &FeatureSpec, values: &[f32]) -> Drawn {
    let width = spec.bands - 2;
    let rows: Vec<(&[f32], &[f32])> = values
        .chunks_exact(spec.bands)
        .map(|row| row.split_at(width))
        .collect();
    let step = spec.step().unwrap_or_default();
    let pitch = rows.iter().enumerate().filter_map(|(row, (_, pitch))| {
        let hz = F0_MIN * f64::from(pitch[0] / 12.0).exp2();
        let place = spec.place_of(hz).filter(|_| pitch[1] > 0.5);
        place.map(|place| (row as f64 * step, place))
    });
    let pitch: Vec<(f64, f64)> = pitch.collect();
    let values: Vec<f32> = rows
        .iter()
        .flat_map(|(levels, _)| *levels)
        .copied()
        .collect();
    let image = Image {
        values: &values,
        width,
        range: range(&values, width, Colours::DecibelsAndPitch),
    };
    let (left, right) = area.split_horizontally(WIDTH - BAR_WIDTH);
    image.draw(&left, spec, rows.len() as f64 * step, &pitch)?;
    bar(&right, image.range)
}

/// A single value over time, or averages over their index.
fn curve(area: &Area, spec: &FeatureSpec, values: &[f32], seconds: Option<f64>) -> Drawn {
    let [lowest, highest] = extremes(values).map(f64::from);
    let margin = 0.05 * (highest - lowest).max(1e-6);
    let end = seconds.unwrap_or(values.len() as f64);
    let mut chart = ChartBuilder::on(area)
        .caption(spec.set.definition().picture.title, FONT)
        .margin(MARGIN)
        .x_label_area_size(40)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..end, lowest - margin..highest + margin)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(FONT)
        .x_desc(if seconds.is_some() {
            "seconds"
        } else {
            "feature"
        })
        .x_labels(16)
        .draw()?;
    let points = values.iter().enumerate().map(|(row, value)| {
        let time = end * row as f64 / values.len() as f64;
        (time, f64::from(*value))
    });
    chart.draw_series([PathElement::new(points.collect::<Vec<_>>(), BLUE)])?;
    Ok(())
}

/// Rows of values as columns of colours.
struct Image<'a> {
    values: &'a [f32],
    /// Values in a row.
    width: usize,
    range: [f32; 2],
}

impl Image<'_> {
    /// Draws it, with points marked at times and places among the bands.
    fn draw(&self, area: &Area, spec: &FeatureSpec, seconds: f64, marks: &[(f64, f64)]) -> Drawn {
        let mut chart = ChartBuilder::on(area)
            .caption(spec.set.definition().picture.title, FONT)
            .margin(MARGIN)
            .x_label_area_size(40)
            .y_label_area_size(80)
            .build_cartesian_2d(0.0..seconds, BandAxis::new(spec, self.width))?;
        chart
            .configure_mesh()
            .disable_mesh()
            .label_style(FONT)
            .x_desc("seconds")
            .x_labels(16)
            .draw()?;
        paint(&chart.plotting_area().strip_coord_spec(), |x, y| {
            let row = (x * (self.values.len() / self.width) as f64) as usize;
            let value = self.values[row * self.width + (y * self.width as f64) as usize];
            colour(value, self.range)
        })?;
        let mark = |&place| Circle::new(place, 2, WHITE.filled());
        chart.draw_series(marks.iter().map(mark))?;
        Ok(())
    }
}

/// The colours between the extremes.
fn bar(area: &Area, [low, high]: [f32; 2]) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .caption(" ", FONT)
        .margin(MARGIN)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..1.0, f64::from(low)..f64::from(high))?;
    chart
        .configure_mesh()
        .disable_mesh()
        .disable_x_axis()
        .label_style(FONT)
        .y_labels(6)
        .draw()?;
    paint(&chart.plotting_area().strip_coord_spec(), |_, y| {
        colour(y as f32, [0.0, 1.0])
    })
}

/// Fills an area with the colours at shares of its width and height, from its
/// lower left corner.
fn paint(area: &Area, colour: impl Fn(f64, f64) -> RGBColor) -> Drawn {
    let (width, height) = area.dim_in_pixel();
    for x in 0..width {
        for y in 0..height {
            let share = |pixel, size| f64::from(pixel) / f64::from(size);
            let place = (x as i32, (height - 1 - y) as i32);
            area.draw_pixel(place, &colour(share(x, width), share(y, height)))?;
        }
    }
    Ok(())
}

fn colour(value: f32, [low, high]: [f32; 2]) -> RGBColor {
    let share = (value - low) / (high - low).max(f32::MIN_POSITIVE);
    ViridisRGB::get_color(share.clamp(0.0, 1.0))
}

fn extremes<'a>(values: impl IntoIterator<Item = &'a f32>) -> [f32; 2] {
    let (low, high) = values
        .into_iter()
        .fold((f32::MAX, f32::MIN), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
    [low, high]
}
