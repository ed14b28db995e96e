//! Places of frequencies among the bands of a spectrogram.

use super::FeatureSpec;
use super::definition::Axis;

impl FeatureSpec {
    /// The place of a frequency on the axis of a frame's bands, of which band
    /// `b` reaches from `b` to `b + 1`. `None` off that axis, and for sets
    /// whose values are no bands of a spectrum.
    pub fn place_of(&self, hz: f64) -> Option<f64> {
        let Axis::Frequencies(place) = self.set.definition().picture.axis else {
            return None;
        };
        place(self, hz).filter(|place| (0.0..=self.bands as f64).contains(place))
    }
}

/// The place among so many bands of a share of the mel range that they cover.
pub(super) fn mel_place(bands: usize, share: f64) -> f64 {
    // A band's peak is half a band above its lower end.
    share * (bands as f64 + 1.0) - 0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::{hz_to_mel, mel_to_hz};
    use crate::features::FeatureSet;

    #[test]
    fn a_peak_lies_in_the_middle_of_its_band() {
        // Slaney mels are linear up to 1000 Hz, which is mel 15.
        let mel = FeatureSpec::of(FeatureSet::Mel);
        let step = hz_to_mel(11_025.0) / 129.0;
        let peak_of_band_7 = 8.0 * step * 1000.0 / 15.0;
        assert!((mel.place_of(peak_of_band_7).unwrap() - 7.5).abs() < 1e-9);
        let htk = FeatureSpec {
            htk: true,
            ..FeatureSpec::of(FeatureSet::Mel)
        };
        let middle = 700.0 * ((1.0 + 11_025.0 / 700.0_f64).sqrt() - 1.0);
        assert!((htk.place_of(middle).unwrap() - 64.0).abs() < 1e-9);
        let network = FeatureSpec::of(FeatureSet::LogMel);
        let halfway = mel_to_hz(hz_to_mel(8000.0) / 2.0);
        assert!((network.place_of(halfway).unwrap() - 32.0).abs() < 1e-9);
        let vggish = FeatureSpec::of(FeatureSet::Vggish);
        assert_eq!(vggish.place_of(100.0), None);
        assert!(vggish.place_of(7300.0).unwrap() > 63.0);
        assert_eq!(FeatureSpec::of(FeatureSet::Chroma).place_of(440.0), None);
    }
}
