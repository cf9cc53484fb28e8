#pragma once

#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// Moves scales per channel to where a linear layer takes them, across skip connections too. Each value v may be kept
/// as g v, with one factor g per channel: a linear layer before or behind it takes the factor into its weights, a
/// Square squares it, and the summands and the result of an Add share one. The factors are solved from the end to the
/// start so that Affines become shifts, which cost no level: g of a Square's operand is the root of the Square's, so
/// factors tend to 1 along a chain of blocks. Where two demands on a value differ, one Affine with a scale remains,
/// which is right and costs a level. An Affine that only linear layers read moves in front of each.
///
/// A value of which one channel would need a factor below 2^-8 of another's, such as 0, keeps the factor 1 for all:
/// that channel would drown in noise. So do values at inputs, outputs, products and other operators.
[[nodiscard]] base::Result<graph::Graph> balance_scales(graph::Graph graph, Notes& notes);

}  // namespace obscura::compiler::passes
