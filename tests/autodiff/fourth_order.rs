//! Derivatives of fourth order and what follows from them, through the library and through four levels of dual
//! numbers (five where parameters move).

use eigennet::autodiff::{Program, Var, record};

use super::comparison::{Place, bind, deviation, entries, places};
use super::dual::{Dual, Number};
use super::expression::{Expression, Formula, POINT, Row};

type Fourth<N> = Dual<Dual<Dual<Dual<N>>>>;

/// A number that moves with the infinitesimals of some levels.
fn lifted<N: Number>(value: N, moves: [bool; 4]) -> Fourth<N> {
    let [a, b, c, d] = moves.map(|m| f64::from(u8::from(m)));
    let first = Dual { re: value, du: N::of(a) };
    let second = Dual { re: first, du: Dual::of(b) };
    let third = Dual { re: second, du: Dual::of(c) };
    Dual { re: third, du: Dual::of(d) }
}

/// The part of `x` that some levels have differentiated.
fn part<N: Number>(x: Fourth<N>, [a, b, c, d]: [bool; 4]) -> N {
    let x = if d { x.du } else { x.re };
    let x = if c { x.du } else { x.re };
    let x = if b { x.du } else { x.re };
    if a { x.du } else { x.re }
}

const ALL: [bool; 4] = [true; 4];
const THREE: [bool; 4] = [true, true, true, false];

/// The expression at a place, its four levels along these coordinates.
fn along<N: Number>(e: &Expression, place: &Place, parameters: &[N], directions: [usize; 4]) -> Vec<Fourth<N>> {
    let parameters: Vec<Fourth<N>> = parameters.iter().map(|&p| lifted(p, [false; 4])).collect();
    let point: [Fourth<N>; POINT] =
        std::array::from_fn(|k| lifted(N::of(place.point[k]), directions.map(|direction| direction == k)));
    e.eval(&Row::new(point, place.data, &parameters)).entries
}

/// The names of what is compared, the residual last; their formulas stand in [`formulas`] and [`expected`].
const NAMES: [&str; 11] =
    ["xxxx", "yyyx", "xyxy", "xxx", "yyx", "biharmonic", "Δ of x", "x of Δ", "Δ of xy", "product", "residual"];

fn formulas<'g>(u: Var<'g>, [x, y]: [Var<'g>; 2]) -> [Var<'g>; 11] {
    let laplacian = u.laplacian([x, y]);
    let biharmonic = laplacian.laplacian([x, y]);
    let product = (u * u.d(x)).d(y).d(y);
    [
        u.d(x).d(x).d(x).d(x),
        u.d(y).d(y).d(y).d(x),
        u.d(x).d(y).d(x).d(y),
        u.d(x).d(x).d(x),
        u.d(y).d(y).d(x),
        biharmonic,
        u.d(x).laplacian([x, y]),
        laplacian.d(x),
        u.d(x).laplacian([x, y]).d(y),
        product,
        0.1 * biharmonic + u.sin() * u.d(x).d(x).d(x) - u.d(y).d(x) * product,
    ]
}

/// The same in numbers, at one place, `[width]` each.
fn expected<N: Number>(e: &Expression, place: &Place, parameters: &[N]) -> [Vec<N>; 11] {
    let [xxxx, xxxy, yyyx, xxyy, yyyy, yyxx] = [[0; 4], [0, 0, 0, 1], [1, 1, 1, 0], [0, 0, 1, 1], [1; 4], [1, 1, 0, 0]]
        .map(|d| along(e, place, parameters, d));
    let three_along = |directions: [usize; 3]| {
        let [a, b, c] = directions;
        along(e, place, parameters, [a, b, c, 0]).into_iter().map(|v| part(v, THREE)).collect::<Vec<N>>()
    };
    let (xxx, yyx) = (three_along([0, 0, 0]), three_along([1, 1, 0]));
    let width = xxxx.len();
    let of = |f: &dyn Fn(usize) -> N| (0..width).map(f).collect::<Vec<N>>();
    // The outermost level has differentiated by x, so u u_x is a number of the three others; two of them by y.
    let product = of(&|k| (yyxx[k].re * yyxx[k].du).re.du.du);
    let biharmonic = of(&|k| part(xxxx[k], ALL) + N::of(2.0) * part(xxyy[k], ALL) + part(yyyy[k], ALL));
    let of_x = of(&|k| xxx[k] + yyx[k]);
    let residual = of(&|k| {
        let u = part(xxxx[k], [false; 4]);
        let xy = part(xxyy[k], [true, false, true, false]);
        N::of(0.1) * biharmonic[k] + u.sin() * xxx[k] - xy * product[k]
    });
    [
        of(&|k| part(xxxx[k], ALL)),
        of(&|k| part(yyyx[k], ALL)),
        of(&|k| part(xxyy[k], ALL)),
        xxx.clone(),
        yyx.clone(),
        biharmonic,
        of_x.clone(),
        of_x,
        of(&|k| part(xxxy[k], ALL) + part(yyyx[k], ALL)),
        product,
        residual,
    ]
}

fn compile(expression: &Expression) -> Program<f64> {
    let recording = record(|g| {
        let formula = Formula::new(g);
        let values = formulas(expression.eval(&formula), formula.point);
        NAMES.iter().zip(values).for_each(|(name, value)| {
            g.output(name, value);
        });
        values[values.len() - 1]
    });
    recording.expect("expressions are well formed").compile()
}

/// Compares values, tangents, Jacobian and pulled-back cotangents; the name and size of a deviation that is too
/// large.
pub fn compare(expression: &Expression) -> Result<(), String> {
    if expression.smoothness() < 4 {
        return Ok(());
    }
    let program = compile(expression);
    let places = places();
    let mut ws = bind(&program, &places);
    let count = program.parameters().len();
    let (theta, direction) = (entries(count, 2.31), entries(count, 5.77));
    let moved: Vec<Dual<f64>> = theta.iter().zip(&direction).map(|(&re, &du)| Dual { re, du }).collect();
    let numbers: Vec<[Vec<Dual<f64>>; 11]> = places.iter().map(|place| expected(expression, place, &moved)).collect();
    let size = numbers.iter().flatten().flatten().fold(1.0f64, |m, v| m.max(v.re.abs()).max(v.du.abs()));
    let say = |e: eigennet::Error| e.to_string();
    let check = |what: &str, have: &[f64], expected: &[f64]| {
        let own = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
        // Terms of the largest derivative may cancel in a smaller one.
        let off = deviation(have, expected) * own / size;
        if off <= 1e-10 { Ok(()) } else { Err(format!("{what} deviates by {off:e}")) }
    };
    let pushed = program.push_forward(&theta, &direction, &mut ws).map_err(say)?;
    for (k, name) in NAMES.into_iter().enumerate() {
        let output = program.output(name).map_err(say)?;
        let stacked = |of: fn(&Dual<f64>) -> f64| numbers.iter().flat_map(|n| n[k].iter().map(of)).collect::<Vec<_>>();
        check(name, pushed.value(output).map_err(say)?, &stacked(|v| v.re))?;
        check(&format!("tangent of {name}"), pushed.tangent(output).map_err(say)?, &stacked(|v| v.du))?;
    }
    let residual = program.output("residual").map_err(say)?;
    let tangent = pushed.tangent(residual).map_err(say)?.to_vec();
    let cotangent = entries(tangent.len(), 9.13);
    let mut pulled = vec![0.0; count];
    let mut pass = program.forward(&theta, &mut ws).map_err(say)?;
    pass.pull_back(&[(residual, &cotangent)], &mut pulled).map_err(say)?;
    drop(pass);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    check("⟨pulled, v⟩", &[dot(&pulled, &direction)], &[dot(&cotangent, &tangent)])?;
    let (_, jacobian) = program.residual_jacobian(&theta, &mut ws).map_err(say)?;
    if count > 0 {
        let product: Vec<f64> = jacobian.as_slice().chunks(count).map(|row| dot(row, &direction)).collect();
        check("J v", &product, &tangent)?;
    }
    Ok(())
}
