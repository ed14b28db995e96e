//! NumPy's array file, version 1.0 (`numpy.lib.format`).

use std::io::{self, Write};

/// Writes `values` as a float32 array of `shape`, in C order.
///
/// # Errors
/// [`io::Error`] when writing fails.
pub fn write_npy(mut writer: impl Write, shape: &[usize], values: &[f32]) -> Result<(), io::Error> {
    debug_assert_eq!(shape.iter().product::<usize>(), values.len());
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let sizes = sizes.join(", ");
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sizes},), }}");
    // Magic, version, length and header together fill whole blocks of 64.
    let unpadded = 10 + header.len() + 1;
    header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    writer.write_all(b"\x93NUMPY\x01\x00")?;
    writer.write_all(&(header.len() as u16).to_le_bytes())?;
    writer.write_all(header.as_bytes())?;
    for value in values {
        writer.write_all(&value.to_le_bytes())?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::write_npy;

    #[test]
    fn header_is_aligned_and_data_follow() {
        let mut bytes = Vec::new();
        write_npy(&mut bytes, &[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!((10 + header) % 64, 0);
        assert!(bytes[10..10 + header].starts_with(b"{'descr': '<f4'"));
        assert_eq!(bytes[9 + header], b'\n');
        assert_eq!(bytes.len(), 10 + header + 24);
        assert_eq!(bytes[bytes.len() - 4..], 5.0_f32.to_le_bytes());
    }
}
