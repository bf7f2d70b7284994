//! Reverse-mode automatic differentiation over tensors, with input derivatives up to second order.
