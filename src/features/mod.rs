//! Feature sets chosen at run time.
//!
//! The types of [`dsp`](crate::dsp) are generic over their sizes and work on
//! frames. Here a [`FeatureSpec`] chooses among the sizes that are compiled in,
//! and an [`Extractor`] carries a whole recording to a [`FeatureArray`]:
//!
//! ```
//! use undertone::features::{Extractor, FeatureSet, FeatureSpec};
//!
//! let mut spec = FeatureSpec::of(FeatureSet::Mfcc);
//! spec.bands = 13;
//! let mut extractor = Extractor::new(&spec)?;
//! extractor.push(&[0; 22_050]);
//! assert_eq!(extractor.finish().shape, [1 + 22_050 / 512, 13]);
//!
//! spec.fft = 300;
//! let refused = Extractor::new(&spec).err().map(|error| error.to_string());
//! let sentence = "fft is 300; this program has 256, 512, 1024, 2048, 4096";
//! assert_eq!(refused.as_deref(), Some(sentence));
//! # Ok::<(), undertone::features::SpecError>(())
//! ```

mod array;
mod axis;
mod check;
mod definition;
mod error;
mod extractor;
mod per_frame;
mod sets;
mod spec;

pub use array::FeatureArray;
use axis::mel_place;
pub use definition::{Axis, Colours, Definition, Parameter, Picture, Rows};
pub use error::SpecError;
pub use extractor::Extractor;
pub use sets::FeatureSet;
pub use spec::{FFT_SIZES, FeatureSpec, MAX_COEFFICIENTS, MEL_BANDS};
