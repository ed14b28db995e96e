//! A picture in memory that plotters draws on, with letters of its own.
//!
//! plotters would have a font file read or linked in for the few words beside
//! an axis; a rasterised alphabet is smaller and looks the same everywhere.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use std::convert::Infallible;
use std::io::Write;

const WEIGHT: FontWeight = FontWeight::Regular;
const HEIGHT: RasterHeight = RasterHeight::Size16;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Rows of pixels, eight bits each of red, green and blue.
pub struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Canvas {
    /// A white picture.
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            pixels: vec![255; 3 * (width * height) as usize],
        }
    }

    /// Writes the picture as a PNG file.
    pub fn write_png(&self, writer: impl Write) -> anyhow::Result<()> {
        let mut encoder = png::Encoder::new(writer, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let image = encoder.write_header();
        let written = image.and_then(|mut image| image.write_image_data(&self.pixels));
        Ok(written.map_err(std::io::Error::from)?)
    }

    fn pixel(&mut self, (x, y): BackendCoord) -> Option<&mut [u8]> {
        let (x, y) = (u32::try_from(x).ok()?, u32::try_from(y).ok()?);
        let inside = x < self.width && y < self.height;
        let start = 3 * (y as usize * self.width as usize + x as usize);
        self.pixels.get_mut(start..start + 3).filter(|_| inside)
    }

    /// Lays a colour over a pixel; outside the picture there is none.
    fn blend(&mut self, point: BackendCoord, color: BackendColor) {
        let (red, green, blue) = color.rgb;
        if let Some(pixel) = self.pixel(point) {
            for (old, new) in pixel.iter_mut().zip([red, green, blue]) {
                let (below, above) = (f64::from(*old), f64::from(new));
                *old = (below + color.alpha * (above - below)).round() as u8;
            }
        }
    }

    /// Draws the letters of a line whose upper left corner is given.
    fn letters(&mut self, text: &str, (left, top): BackendCoord, color: BackendColor) {
        for (index, letter) in (0..).zip(text.chars()) {
            let Some(raster) = get_raster(letter, WEIGHT, HEIGHT) else {
                continue;
            };
            let start = left + index * letter_width();
            for (y, row) in (top..).zip(raster.rows()) {
                for (x, &ink) in (start..).zip(row) {
                    let alpha = color.alpha * f64::from(ink) / 255.0;
                    self.blend((x, y), BackendColor { alpha, ..color });
                }
            }
        }
    }
}

fn letter_width() -> i32 {
    get_raster_width(WEIGHT, HEIGHT) as i32
}

impl DrawingBackend for &mut Canvas {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.blend(point, color);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let (width, height) = self.estimate_text_size(text, style)?;
        let left = match style.anchor().h_pos {
            HPos::Left => 0,
            HPos::Center => width as i32 / 2,
            HPos::Right => width as i32,
        };
        let above = match style.anchor().v_pos {
            VPos::Top => 0,
            VPos::Center => height as i32 / 2,
            VPos::Bottom => height as i32,
        };
        self.letters(text, (at.0 - left, at.1 - above), style.color());
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        _: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let width = text.chars().count() as u32 * letter_width() as u32;
        Ok((width, HEIGHT.val() as u32))
    }
}
