//! Sizes of a convolution over a plane.

/// Height and width, or along them.
pub(super) type Plane = [usize; 2];

/// Returns the plane of one size or two: a line is a plane of a height that changes
/// nothing.
pub(super) fn plane(sizes: &[usize], height: usize) -> Plane {
    match *sizes {
        [height, width] => [height, width],
        _ => [height, sizes[0]],
    }
}

/// Kernel, strides and padding of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Geometry {
    /// Size of the kernel.
    pub kernel: Plane,
    /// Steps from a field to the next.
    pub strides: Plane,
    /// Padding before and, as much, behind.
    pub pads: Plane,
}

impl Geometry {
    /// Checks sizes that a file has.
    ///
    /// # Errors
    /// A sentence about what does not fit.
    pub fn new(kernel: Plane, strides: Plane, pads: Plane) -> Result<Self, &'static str> {
        if strides.contains(&0) {
            return Err("a stride of the convolution is 0");
        }
        if kernel.iter().zip(pads).any(|(&kernel, pad)| pad >= kernel) {
            return Err("the convolution's padding is as large as its kernel, or larger");
        }
        Ok(Self {
            kernel,
            strides,
            pads,
        })
    }

    /// Returns the size of the result; `None` where the kernel does not fit in.
    pub fn output_size(&self, size: Plane) -> Option<Plane> {
        let along = |axis: usize| {
            let padded = size[axis].checked_add(2 * self.pads[axis])?;
            let spare = padded.checked_sub(self.kernel[axis])?;
            Some(spare / self.strides[axis] + 1)
        };
        Some([along(0)?, along(1)?])
    }
}
