//! Singular values of a bidiagonal matrix by the implicit QR iteration, with shifts and, where those
//! would cost relative accuracy, without (Demmel and Kahan, 1990).

use crate::Scalar;
use crate::error::Error;
use crate::linalg::Matrix;

/// Sweeps per singular value before giving up; two are usual.
const MAX_SWEEPS: usize = 60;

/// `A = Uᵀ B V` for the upper bidiagonal `B` with diagonal `d` and `e` right of it becomes
/// `A = Uᵀ diag(σ) V`, `σ` descending and not negative in place of `d`: `u` and `v` hold rows, and may have
/// no columns if the vectors are not wanted.
#[inline(never)]
pub(crate) fn implicit_qr<T: Scalar>(
    d: &mut [T],
    e: &mut [T],
    u: &mut Matrix<T>,
    v: &mut Matrix<T>,
) -> Result<(), Error> {
    let mut start = 0;
    while start < d.len() {
        let end = (start..e.len()).find(|&i| e[i] == T::zero()).unwrap_or(d.len() - 1);
        let (block, beside) = (&mut d[start..=end], &mut e[start..end]);
        if block[0].abs() >= block[block.len() - 1].abs() {
            iterate(block, beside, start, u, v)?;
        } else {
            // The iteration finds the values of a graded matrix accurately if the small entries come
            // last: the transpose, read backwards, is upper bidiagonal too.
            block.reverse();
            beside.reverse();
            for matrix in [&mut *u, &mut *v] {
                (start..=end).zip((start..=end).rev()).filter(|(i, j)| i < j).for_each(|(i, j)| matrix.swap_rows(i, j));
            }
            iterate(block, beside, start, v, u)?;
        }
        start = end + 1;
    }
    for (i, value) in d.iter_mut().enumerate() {
        if value.is_sign_negative() {
            *value = -*value;
            v.row_mut(i).iter_mut().for_each(|x| *x = -*x);
        }
    }
    for i in 0..d.len() {
        let largest = (i + 1..d.len()).fold(i, |best, j| if d[j] > d[best] { j } else { best });
        if largest != i {
            d.swap(i, largest);
            u.swap_rows(i, largest);
            v.swap_rows(i, largest);
        }
    }
    Ok(())
}

/// Makes one block diagonal; its first row is row `first` of `u` and `v`.
fn iterate<T: Scalar>(
    d: &mut [T],
    e: &mut [T],
    first: usize,
    u: &mut Matrix<T>,
    v: &mut Matrix<T>,
) -> Result<(), Error> {
    let n = d.len();
    let tolerance = T::EPSILON * T::of(T::EPSILON.to_f64().powf(-0.125).clamp(10.0, 100.0));
    let threshold = {
        // A lower bound of the smallest singular value, up to √n.
        let mut mu = d[0].abs();
        let mut smallest = mu;
        for i in 1..n {
            mu = d[i].abs() * (mu / (mu + e[i - 1].abs()));
            smallest = if mu > T::zero() { smallest.min(mu) } else { T::zero() };
        }
        (tolerance * smallest / T::of(n as f64).sqrt()).max(T::min_positive_value())
    };
    let (mut last, mut sweeps) = (n - 1, 0);
    while last > 0 {
        if e[last - 1].abs() <= threshold {
            e[last - 1] = T::zero();
            last -= 1;
            continue;
        }
        let top = (0..last - 1).rev().find(|&i| e[i].abs() <= threshold).map_or(0, |i| i + 1);
        if top > 0 {
            e[top - 1] = T::zero();
        }
        let Some(bound) = split(&d[top..=last], &mut e[top..last], tolerance) else { continue };
        sweeps += 1;
        if sweeps > MAX_SWEEPS * n {
            let reason = "an off-diagonal entry did not vanish; try the one-sided Jacobi method".to_string();
            return Err(Error::NoConvergence { method: "implicit bidiagonal QR", iterations: sweeps, reason });
        }
        let largest = d[top..=last].iter().chain(&e[top..last]).fold(T::zero(), |m, x| m.max(x.abs()));
        let mut shift = T::zero();
        if T::of(n as f64) * tolerance * (bound / largest) > T::EPSILON.max(T::of(0.01) * tolerance) {
            shift = smaller_of_two(d[last - 1], e[last - 1], d[last]);
            let ratio = shift / d[top].abs();
            if ratio * ratio < T::EPSILON || !ratio.is_finite() {
                shift = T::zero();
            }
        }
        if shift == T::zero() {
            sweep_without_shift(&mut d[top..=last], &mut e[top..last], first + top, u, v);
        } else {
            sweep(&mut d[top..=last], &mut e[top..last], shift, first + top, u, v);
        }
    }
    Ok(())
}

/// Sets an entry of `e` that is negligible beside its neighbours to zero, if there is one; else a lower
/// bound of the smallest singular value.
fn split<T: Scalar>(d: &[T], e: &mut [T], tolerance: T) -> Option<T> {
    let n = d.len();
    if e[n - 2].abs() <= tolerance * d[n - 1].abs() {
        e[n - 2] = T::zero();
        return None;
    }
    let mut mu = d[0].abs();
    let mut smallest = mu;
    for i in 0..n - 1 {
        if e[i].abs() <= tolerance * mu {
            e[i] = T::zero();
            return None;
        }
        mu = d[i + 1].abs() * (mu / (mu + e[i].abs()));
        smallest = smallest.min(mu);
    }
    Some(smallest)
}

/// One sweep with a shift, from the top down.
fn sweep<T: Scalar>(d: &mut [T], e: &mut [T], shift: T, first: usize, u: &mut Matrix<T>, v: &mut Matrix<T>) {
    let last = d.len() - 1;
    let mut f = (d[0].abs() - shift) * (T::one().copysign(d[0]) + shift / d[0]);
    let mut g = e[0];
    for i in 0..last {
        let (c, s, r) = plane_rotation(f, g);
        if i > 0 {
            e[i - 1] = r;
        }
        f = c * d[i] + s * e[i];
        e[i] = c * e[i] - s * d[i];
        g = s * d[i + 1];
        d[i + 1] *= c;
        v.rotate_rows(first + i, first + i + 1, c, s);
        let (c, s, r) = plane_rotation(f, g);
        d[i] = r;
        f = c * e[i] + s * d[i + 1];
        d[i + 1] = c * d[i + 1] - s * e[i];
        if i + 1 < last {
            g = s * e[i + 1];
            e[i + 1] *= c;
        }
        u.rotate_rows(first + i, first + i + 1, c, s);
    }
    e[last - 1] = f;
}

/// One sweep without a shift, in which nothing is subtracted: every entry stays relatively accurate.
fn sweep_without_shift<T: Scalar>(d: &mut [T], e: &mut [T], first: usize, u: &mut Matrix<T>, v: &mut Matrix<T>) {
    let last = d.len() - 1;
    let (mut c, mut old_c, mut old_s) = (T::one(), T::one(), T::zero());
    for i in 0..last {
        let (s, r);
        (c, s, r) = plane_rotation(d[i] * c, e[i]);
        if i > 0 {
            e[i - 1] = old_s * r;
        }
        (old_c, old_s, d[i]) = plane_rotation(old_c * r, d[i + 1] * s);
        v.rotate_rows(first + i, first + i + 1, c, s);
        u.rotate_rows(first + i, first + i + 1, old_c, old_s);
    }
    let h = d[last] * c;
    d[last] = h * old_c;
    e[last - 1] = h * old_s;
}

/// The smaller singular value of `[[f, g], [0, h]]`, to full relative accuracy.
fn smaller_of_two<T: Scalar>(f: T, g: T, h: T) -> T {
    let (one, two) = (T::one(), T::of(2.0));
    let (small, large, g) = (f.abs().min(h.abs()), f.abs().max(h.abs()), g.abs());
    if small == T::zero() {
        return T::zero();
    }
    let (sum, difference) = (one + small / large, (large - small) / large);
    if g < large {
        let square = (g / large) * (g / large);
        small * (two / ((sum * sum + square).sqrt() + (difference * difference + square).sqrt()))
    } else {
        let ratio = large / g;
        if ratio == T::zero() {
            return (small * large) / g;
        }
        let (x, y) = (sum * ratio, difference * ratio);
        two * (small * ((one + x * x).sqrt() + (one + y * y).sqrt()).recip()) * ratio
    }
}

/// `(c, s, r)` with `c f + s g = r`, `c g = s f` and `c² + s² = 1`.
pub(super) fn plane_rotation<T: Scalar>(f: T, g: T) -> (T, T, T) {
    if g == T::zero() {
        return (T::one(), T::zero(), f);
    }
    let square = f * f + g * g;
    let safe = T::min_positive_value() / (T::EPSILON * T::EPSILON);
    if square > safe && square < safe.recip() {
        let r = square.sqrt();
        return (f / r, g / r, r);
    }
    let largest = f.abs().max(g.abs());
    let (f, g) = (f / largest, g / largest);
    let r = (f * f + g * g).sqrt();
    (f / r, g / r, r * largest)
}
