//! The files of a model, on disk or inside the binary.

use super::ModelError;
use crate::system::read_text;
use std::borrow::Cow;
use std::path::Path;

/// The bytes of a bundle's files, not yet checked.
pub struct Bundle {
    /// Text of `model.toml`.
    pub manifest: Cow<'static, str>,
    /// Bytes of the ONNX file that the manifest names.
    pub network: Cow<'static, [u8]>,
    /// Text of `golden.json`, if the bundle has one.
    pub golden: Option<Cow<'static, str>>,
}

impl Bundle {
    /// Reads the bundle in a folder.
    ///
    /// # Errors
    /// [`ModelError::File`] for a file that cannot be read, and
    /// [`Manifest::parse`](super::Manifest::parse)'s, which finds the network.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let manifest = text(folder, "model.toml")?;
        let network = super::Manifest::parse(&manifest)?.network.file;
        if Path::new(&network).components().count() != 1 {
            return Err(ModelError::Field {
                field: "network.file",
                reason: format!("is {network:?}; it must be a file in the bundle's folder"),
            });
        }
        let bytes = std::fs::read(folder.join(&network)).map_err(|source| ModelError::File {
            file: network,
            source,
        })?;
        let golden = match text(folder, "golden.json") {
            Ok(golden) => Some(golden.into()),
            Err(ModelError::File { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            manifest: manifest.into(),
            network: bytes.into(),
            golden,
        })
    }

    /// Returns the bundle that this binary carries.
    ///
    /// # Errors
    /// [`ModelError::NoneEmbedded`] in builds without the feature
    /// `embedded-model`.
    pub fn embedded() -> Result<Self, ModelError> {
        #[cfg(feature = "embedded-model")]
        return Ok(Self {
            manifest: include_str!("../../models/ravdess/model.toml").into(),
            network: include_bytes!("../../models/ravdess/model.onnx")
                .as_slice()
                .into(),
            golden: Some(include_str!("../../models/ravdess/golden.json").into()),
        });
        #[cfg(not(feature = "embedded-model"))]
        return Err(ModelError::NoneEmbedded);
    }
}

fn text(folder: &Path, file: &str) -> Result<String, ModelError> {
    read_text(&folder.join(file)).map_err(|source| ModelError::File {
        file: file.into(),
        source,
    })
}
