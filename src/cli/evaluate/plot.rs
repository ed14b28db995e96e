//! The confusion matrix as a picture.

use crate::cli::canvas::Canvas;
use crate::cli::exit::CliError;
use anyhow::{anyhow, bail};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::error::Error;
use std::io::Write;
use undertone::evaluation::Evaluation;

/// Pixels of a cell's side.
const CELL: i32 = 84;
/// Pixels of a letter's width.
const LETTER: i32 = 9;
const MARGIN: i32 = 12;
const TITLE: i32 = 56;
/// Pixels that the title takes.
const NARROWEST: i32 = 560;
/// More labels than anybody would look at.
const MOST: usize = 64;

type Area<'a> = DrawingArea<&'a mut Canvas, Shift>;

/// Draws counts, with each row's shares as colours, and writes a PNG file.
pub fn draw(evaluation: &Evaluation, writer: impl Write) -> anyhow::Result<()> {
    let labels = &evaluation.labels;
    if labels.len() > MOST {
        let sentence = format!(
            "a picture has room for {MOST} labels, not for {}",
            labels.len()
        );
        bail!(CliError::usage(sentence));
    }
    let longest = labels
        .iter()
        .map(|label| label.chars().count())
        .max()
        .unwrap_or(0) as i32;
    let left = 2 * MARGIN + longest.clamp(5, 24) * LETTER;
    let rows = labels.len() as i32;
    let width = (left + (rows + 1) * CELL + MARGIN).max(NARROWEST);
    let height = TITLE + rows * CELL + MARGIN;
    let mut canvas = Canvas::new(width as u32, height as u32);
    let area = (&mut canvas).into_drawing_area();
    matrix(&area, evaluation, left).map_err(|error| anyhow!("{error}"))?;
    drop(area);
    canvas.write_png(writer)
}

fn matrix(area: &Area, evaluation: &Evaluation, left: i32) -> Result<(), Box<dyn Error>> {
    let title = format!(
        "UAR {:.3} ({:.3} to {:.3}), {} recordings; rows: truth",
        evaluation.uar, evaluation.interval.low, evaluation.interval.high, evaluation.recordings
    );
    write(area, &title, (MARGIN, MARGIN), HPos::Left, BLACK)?;
    let columns = evaluation
        .labels
        .iter()
        .map(String::as_str)
        .chain(["silence"]);
    for (column, label) in (0..).zip(columns) {
        let middle = left + column * CELL + CELL / 2;
        write(
            area,
            &short(label, CELL),
            (middle, TITLE - 12),
            HPos::Center,
            BLACK,
        )?;
    }
    let rows = evaluation.labels.iter().zip(evaluation.confusion.rows());
    for (row, (label, counts)) in (0..).zip(rows) {
        let top = TITLE + row * CELL;
        let beside = (left - MARGIN, top + CELL / 2);
        write(
            area,
            &short(label, left - 2 * MARGIN),
            beside,
            HPos::Right,
            BLACK,
        )?;
        cells(area, counts, (left, top))?;
    }
    Ok(())
}

/// One row's counts on their colours.
fn cells(area: &Area, counts: &[u64], (left, top): (i32, i32)) -> Result<(), Box<dyn Error>> {
    let total = counts.iter().sum::<u64>().max(1);
    for (column, &count) in (0..).zip(counts) {
        let share = count as f64 / total as f64;
        let corner = (left + column * CELL, top);
        let opposite = (corner.0 + CELL - 2, top + CELL - 2);
        let colour = ViridisRGB::get_color(share);
        area.draw(&Rectangle::new([corner, opposite], colour.filled()))?;
        let middle = (corner.0 + CELL / 2, top + CELL / 2);
        // The upper colours are bright.
        let ink = if share > 0.6 { BLACK } else { WHITE };
        write(area, &count.to_string(), middle, HPos::Center, ink)?;
    }
    Ok(())
}

fn write(
    area: &Area,
    text: &str,
    place: (i32, i32),
    anchor: HPos,
    colour: RGBColor,
) -> Result<(), Box<dyn Error>> {
    let style = ("monospace", 16).into_font().color(&colour);
    let vertical = match anchor {
        HPos::Left => VPos::Top,
        _ => VPos::Center,
    };
    area.draw_text(text, &style.pos(Pos::new(anchor, vertical)), place)?;
    Ok(())
}

/// As much of a label as fits so many pixels.
fn short(label: &str, width: i32) -> String {
    label
        .chars()
        .take((width / LETTER).max(0) as usize)
        .collect()
}
