//! The order that nested losses impose on their functions.

/// How the ordered structure is imposed (Ryu, Xu, Erol, Bu, Zheng and Wornell, 2024).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// One loss, the mean of the losses of the first ℓ functions.
    Joint,
    /// Each function takes those before it as constants.
    Sequential,
}

impl Nesting {
    /// m_ℓ: the share of the losses that function ℓ of so many is part of.
    pub(super) fn mask(self, functions: usize, function: usize) -> f64 {
        match self {
            Nesting::Joint => (functions - function) as f64 / functions as f64,
            Nesting::Sequential => 1.0,
        }
    }

    /// M_ℓℓ′: how much of the pair counts in the gradient of ℓ.
    pub(super) fn mask_pair(self, functions: usize, function: usize, other: usize) -> f64 {
        match self {
            Nesting::Joint => self.mask(functions, function.max(other)),
            Nesting::Sequential if other <= function => 1.0,
            Nesting::Sequential => 0.0,
        }
    }
}
