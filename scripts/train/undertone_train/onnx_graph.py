"""A builder of ONNX graphs, node by node."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET, IR_VERSION = 17, 8
TensorSpec = tuple[str, int, Sequence[int | str | None]]
"""A tensor's name, its element type (of onnx.TensorProto) and its shape."""


class GraphBuilder:
    """A graph under construction: nodes stand in the order in which they were added.

    `prefix` begins the names that are made up, for graphs inside of others.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: np.ndarray, name: str = "") -> str:
        """Adds a constant and returns its name, by default its kind and number."""
        name = name or f"{self.prefix}constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(
        self, operator: str, inputs: Sequence[str], name: str = "", **attributes: object
    ) -> str:
        """Adds a node of one output and returns that output's name: the node's own, or by default
        the operator and the node's number.
        """
        if not name:
            return self.outputs(operator, inputs, 1, **attributes)[0]
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def outputs(
        self, operator: str, inputs: Sequence[str], count: int, **attributes: object
    ) -> list[str]:
        """Adds a node of several outputs and returns their names."""
        names = [f"{self.prefix}{operator}{len(self.nodes)}.{n}" for n in range(count)]
        self.nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names

    def model(
        self,
        name: str,
        source: TensorSpec,
        result: TensorSpec,
        domains: dict[str, int] | None = None,
    ) -> onnx.ModelProto:
        """Returns the network from one input to one output; `domains` are the versions of operator
        sets besides ONNX's own.
        """
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info(*source)],
            [helper.make_tensor_value_info(*result)],
            self.constants,
        )
        opsets = [helper.make_opsetid(*pair) for pair in {"": OPSET, **(domains or {})}.items()]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
