//! Networks of a few bytes: the part of ONNX's `onnx.proto` that they need.

/// `TensorProto.DataType.FLOAT`.
const FLOAT: u64 = 1;

/// A network of one operator over inputs of one shape.
pub fn network(operator: &str, inputs: &[&str], shape: &[u64]) -> Vec<u8> {
    let strings = |field, names: &[&str]| -> Vec<u8> {
        let names = names.iter();
        names
            .flat_map(|name| bytes(field, name.as_bytes()))
            .collect()
    };
    let node = [
        strings(1, inputs),
        strings(2, &["out"]),
        strings(3, &["only"]),
        strings(4, &[operator]),
    ];
    let mut graph = [bytes(1, &node.concat()), strings(2, &["tiny"])].concat();
    for input in inputs {
        graph.extend(bytes(11, &value(input, shape)));
    }
    graph.extend(bytes(12, &value("out", shape)));
    let opset = [bytes(1, b""), number(2, 13)].concat();
    [number(1, 8), bytes(7, &graph), bytes(8, &opset)].concat()
}

/// A `ValueInfoProto`.
fn value(name: &str, shape: &[u64]) -> Vec<u8> {
    let dimensions = shape.iter().flat_map(|&size| bytes(1, &number(1, size)));
    let shape = bytes(2, &dimensions.collect::<Vec<_>>());
    let tensor = [number(1, FLOAT), shape].concat();
    [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat()
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    let header = [varint(field << 3 | 2), varint(content.len() as u64)].concat();
    [&header, content].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 127 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
