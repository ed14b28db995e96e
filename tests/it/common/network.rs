//! Networks of a few bytes: the part of ONNX's `onnx.proto` that they need.

/// `TensorProto.DataType.FLOAT`, `INT8`, `INT32` and `INT64`.
const FLOAT: u64 = 1;
const INT8: u64 = 3;
const INT32: u64 = 6;
const INT64: u64 = 7;

/// A network of one operator over inputs of one shape.
pub fn network(operator: &str, inputs: &[&str], shape: &[u64]) -> Vec<u8> {
    let mut graph = node(operator, inputs);
    for input in inputs {
        graph.extend(bytes(11, &value(input, FLOAT, shape)));
    }
    graph.extend(bytes(12, &value("out", FLOAT, shape)));
    model(&graph)
}

/// A network from 8-bit to 32-bit integers with a float between.
pub fn through_float(shape: &[u64]) -> Vec<u8> {
    let cast = |from: &str, to: &str, kind: u64| {
        let attribute = [bytes(1, b"to"), number(3, kind), number(20, 2)].concat();
        let names = [(1, from), (2, to), (3, to), (4, "Cast")];
        let names = names.map(|(field, name)| bytes(field, name.as_bytes()));
        bytes(1, &[names.concat(), bytes(5, &attribute)].concat())
    };
    let graph = [
        cast("in", "floats", FLOAT),
        cast("floats", "out", INT32),
        bytes(11, &value("in", INT8, shape)),
        bytes(12, &value("out", INT32, shape)),
    ];
    model(&graph.concat())
}

/// A network that multiplies a vector by a matrix, given row by row.
pub fn linear<const OUT: usize>(matrix: &[[f32; OUT]]) -> Vec<u8> {
    let (rows, columns) = (matrix.len() as u64, OUT as u64);
    let raw = matrix.as_flattened().iter().flat_map(|x| x.to_le_bytes());
    let weights = tensor("weights", FLOAT, &[rows, columns], &raw.collect::<Vec<_>>());
    let graph = [
        node("MatMul", &["in", "weights"]),
        bytes(5, &weights),
        bytes(11, &value("in", FLOAT, &[1, rows])),
        bytes(12, &value("out", FLOAT, &[1, columns])),
    ];
    model(&graph.concat())
}

/// A network that takes the rows of those indices from the middle axis of three.
pub fn gather(shape: [u64; 3], indices: &[i64]) -> Vec<u8> {
    let rows = indices.len() as u64;
    let raw: Vec<u8> = indices.iter().flat_map(|x| x.to_le_bytes()).collect();
    let axis = [bytes(1, b"axis"), number(3, 1), number(20, 2)].concat();
    let names = [(1, "in"), (1, "indices"), (2, "out"), (4, "Gather")];
    let names = names.map(|(field, name)| bytes(field, name.as_bytes()));
    let graph = [
        bytes(1, &[names.concat(), bytes(5, &axis)].concat()),
        bytes(5, &tensor("indices", INT64, &[rows], &raw)),
        bytes(11, &value("in", FLOAT, &shape)),
        bytes(12, &value("out", FLOAT, &[shape[0], rows, shape[2]])),
    ];
    model(&graph.concat())
}

/// A network that multiplies a vector by a matrix of zeros, whose size it states and
/// which it does not bring.
pub fn sized(rows: u64, columns: u64) -> Vec<u8> {
    let raw: Vec<u8> = [rows, columns]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let node = |names: &[(u64, &str)]| {
        let names = names
            .iter()
            .map(|&(field, name)| bytes(field, name.as_bytes()));
        bytes(1, &names.collect::<Vec<_>>().concat())
    };
    let graph = [
        node(&[(1, "sizes"), (2, "weights"), (4, "ConstantOfShape")]),
        node(&[(1, "in"), (1, "weights"), (2, "out"), (4, "MatMul")]),
        bytes(5, &tensor("sizes", INT64, &[2], &raw)),
        bytes(11, &value("in", FLOAT, &[1, rows])),
        bytes(12, &value("out", FLOAT, &[1, columns])),
    ];
    model(&graph.concat())
}

/// A `TensorProto`.
fn tensor(name: &str, kind: u64, shape: &[u64], raw: &[u8]) -> Vec<u8> {
    let dimensions = shape.iter().flat_map(|&size| number(1, size));
    [
        dimensions.collect(),
        number(2, kind),
        bytes(8, name.as_bytes()),
        bytes(9, raw),
    ]
    .concat()
}

/// A `ModelProto` of a graph.
fn model(graph: &[u8]) -> Vec<u8> {
    let opset = [bytes(1, b""), number(2, 13)].concat();
    let graph = [graph, &bytes(2, b"tiny")].concat();
    [number(1, 8), bytes(7, &graph), bytes(8, &opset)].concat()
}

/// A graph's only node.
fn node(operator: &str, inputs: &[&str]) -> Vec<u8> {
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
    bytes(1, &node.concat())
}

/// A `ValueInfoProto`.
fn value(name: &str, kind: u64, shape: &[u64]) -> Vec<u8> {
    let dimensions = shape.iter().flat_map(|&size| bytes(1, &number(1, size)));
    let shape = bytes(2, &dimensions.collect::<Vec<_>>());
    let tensor = [number(1, kind), shape].concat();
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
