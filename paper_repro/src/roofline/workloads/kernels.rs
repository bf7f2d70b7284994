//! Matrix products and elementwise functions: serial kernels, so that each thread does a step of its own.

use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

use eigennet::container::Element;
use eigennet::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use eigennet::kernels::vmath::{Unary, unary};
use eigennet::{Scalar, Seed};

use super::{Kind, Problem};
use crate::failure::Failure;
use crate::roofline::flops;
use crate::roofline::measure::Steps;

/// A copy for each thread; a step is one of each, at the same time.
struct OnEveryThread<S>(Vec<Mutex<S>>);

impl<S: Steps + Send + 'static> OnEveryThread<S> {
    /// On the threads of the current pool.
    fn boxed(make: impl Fn() -> S) -> Box<dyn Steps> {
        Box::new(OnEveryThread((0..rayon::current_num_threads()).map(|_| Mutex::new(make())).collect()))
    }
}

impl<S: Steps + Send> Steps for OnEveryThread<S> {
    fn run(&mut self, steps: usize) -> Result<(), Failure> {
        let own = &self.0;
        let ended = rayon::broadcast(|thread| {
            let own = own.get(thread.index()).map(|own| own.lock().unwrap_or_else(PoisonError::into_inner));
            own.map_or(Ok(()), |mut own| own.run(steps))
        });
        ended.into_iter().collect()
    }
}

/// Numbers in an interval, in no order.
fn spread<T: Scalar>(count: usize, low: f64, high: f64) -> Vec<T> {
    (0..count).map(|i| T::of(low + (high - low) * ((i * 389) % 1021) as f64 / 1021.0)).collect()
}

/// The product `[m, k] [k, n]` of matrices that lie row by row.
#[derive(Debug, Clone, Copy)]
pub struct Product {
    /// Rows of the product.
    pub m: usize,
    /// Length of its sums.
    pub k: usize,
    /// Columns of the product.
    pub n: usize,
}

impl Product {
    /// Cubes, the layers of the hydrogen networks on 512 points, and thin ones of the smaller networks.
    pub const SHAPES: [Product; 10] = [
        Product { m: 64, k: 64, n: 64 },
        Product { m: 128, k: 128, n: 128 },
        Product { m: 256, k: 256, n: 256 },
        Product { m: 512, k: 512, n: 512 },
        Product { m: 1024, k: 1024, n: 1024 },
        Product { m: 512, k: 128, n: 128 },
        Product { m: 512, k: 2, n: 128 },
        Product { m: 512, k: 128, n: 1 },
        Product { m: 400, k: 2, n: 50 },
        Product { m: 100, k: 6, n: 100 },
    ];

    /// `gemm_MxKxN`.
    pub fn name(&self) -> String {
        format!("gemm_{}x{}x{}", self.m, self.k, self.n)
    }
}

impl Problem for Product {
    const KIND: Kind = Kind::Product;

    fn work(&self) -> f64 {
        flops::product(self.m, self.k, self.n)
    }

    fn build<T: Scalar + Element>(&self, _: Seed) -> Result<Box<dyn Steps>, Failure> {
        let &shape = self;
        Ok(OnEveryThread::boxed(|| Operands::<T> {
            shape,
            a: spread(shape.m * shape.k, -0.5, 0.5),
            b: spread(shape.k * shape.n, -0.5, 0.5),
            c: vec![T::zero(); shape.m * shape.n],
            packing: Packing::new(),
        }))
    }
}

struct Operands<T> {
    shape: Product,
    a: Vec<T>,
    b: Vec<T>,
    c: Vec<T>,
    packing: Packing<T>,
}

impl<T: Scalar> Steps for Operands<T> {
    fn run(&mut self, steps: usize) -> Result<(), Failure> {
        let Product { m, k, n } = self.shape;
        for _ in 0..steps {
            let a = MatRef::row_major(black_box(&self.a), m, k);
            let b = MatRef::row_major(black_box(&self.b), k, n);
            gemm(T::one(), a, b, T::zero(), &mut MatMut::row_major(&mut self.c, m, n), &mut self.packing);
        }
        black_box(&self.c);
        Ok(())
    }
}

/// A function of all entries of a slice.
#[derive(Debug, Clone, Copy)]
pub struct Elementwise {
    /// Name of the function.
    pub name: &'static str,
    function: Unary,
    /// Arguments lie in [−range, range].
    range: f64,
}

impl Elementwise {
    /// Entries of the slice: in the second-level cache, as the layers of a training step are.
    pub const LEN: usize = 16 << 10;

    /// The functions that networks are made of.
    pub const ALL: [Elementwise; 4] = [
        Elementwise { name: "exp", function: Unary::Exp, range: 10.0 },
        Elementwise { name: "tanh", function: Unary::Tanh, range: 4.0 },
        Elementwise { name: "sigmoid", function: Unary::Sigmoid, range: 10.0 },
        Elementwise { name: "softplus", function: Unary::Softplus, range: 10.0 },
    ];
}

impl Problem for Elementwise {
    const KIND: Kind = Kind::Elementwise;

    fn work(&self) -> f64 {
        Elementwise::LEN as f64
    }

    fn build<T: Scalar + Element>(&self, _: Seed) -> Result<Box<dyn Steps>, Failure> {
        let &Elementwise { function, range, .. } = self;
        Ok(OnEveryThread::boxed(|| Slices::<T> {
            function,
            x: spread(Elementwise::LEN, -range, range),
            out: vec![T::zero(); Elementwise::LEN],
        }))
    }
}

struct Slices<T> {
    function: Unary,
    x: Vec<T>,
    out: Vec<T>,
}

impl<T: Scalar> Steps for Slices<T> {
    fn run(&mut self, steps: usize) -> Result<(), Failure> {
        for _ in 0..steps {
            unary(self.function, black_box(&self.x), black_box(&mut self.out));
        }
        Ok(())
    }
}
