//! The convolution against its definition, with all instructions.

use super::reference::Case;
use super::*;
use proptest::prelude::*;

fn cases() -> impl Strategy<Value = Case> {
    let small = || [1..6_usize, 1..6_usize];
    let sizes = (small(), small(), small(), [1..12_usize, 1..12_usize]);
    let channels = (1..20_usize, 1..20_usize);
    let scales = (any::<i8>(), 1..1000_i32);
    (sizes, channels, scales).prop_flat_map(
        |((kernel, strides, pads, size), (inputs, outputs), (zero, factor))| {
            let pads = [pads[0].min(kernel[0]) - 1, pads[1].min(kernel[1]) - 1];
            let geometry = Geometry {
                kernel,
                strides,
                pads,
            };
            let depth = inputs * kernel[0] * kernel[1];
            (
                prop::collection::vec(-127..=127_i8, outputs * depth),
                prop::collection::vec(-99_999..99_999, outputs),
                prop::collection::vec(any::<i8>(), inputs * size[0] * size[1]),
            )
                .prop_map(move |(weights, bias, x)| Case {
                    geometry,
                    inputs,
                    outputs,
                    zero,
                    factor,
                    size,
                    weights,
                    bias,
                    x,
                })
        },
    )
}

proptest! {
    #[test]
    fn is_what_its_definition_says_with_all_instructions(case in cases()) {
        case.check();
    }
}

#[test]
fn halves_become_even_and_extremes_saturate() {
    for (bias, factor, known) in [
        (1, 1 << 15, -128),
        (3, 1 << 15, -126),
        (5, 1 << 15, -126),
        (-1, 1 << 15, -128),
        (510, 1 << 14, 0),
        (514, 1 << 14, 0),
        (i32::MAX - 200, 32_767, 127),
        (i32::MIN + 200, 32_767, -128),
    ] {
        let mut y = [0];
        requantize(&[0], &[bias], factor, &mut y);
        assert_eq!(y, [known], "{bias} * {factor}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let geometry = Geometry::new([1, 1], [1, 1], [0, 0]).unwrap();
    let good = Constants {
        weights: &[1, 2],
        bias: &[0],
        inputs: 2,
        geometry,
        zero: -128,
        factor: 9,
    };
    assert!(Conv::new(2, &good).is_ok());
    for bad in [
        Constants {
            weights: &[1, 2, 3],
            ..good
        },
        Constants {
            weights: &[-128, 2],
            ..good
        },
        Constants { bias: &[], ..good },
        Constants {
            bias: &[i32::MAX],
            ..good
        },
        Constants { inputs: 0, ..good },
        Constants { factor: 0, ..good },
        Constants {
            factor: 1 << 15,
            ..good
        },
    ] {
        assert!(Conv::new(2, &bad).is_err());
    }
    assert!(Geometry::new([1, 3], [1, 0], [0, 1]).is_err());
    assert!(Geometry::new([1, 3], [1, 1], [1, 1]).is_err());
    assert_eq!(geometry.output_size([0, 5]), None);
}
