//! An equation on other points than those it was given: to judge a fit, and to go on with it.

use super::Collocation;
use crate::differential::between::Cells;
use crate::differential::checks;
use crate::differential::domain::POINTS;
use crate::kernels::reduce::{dot, norm};
use crate::optim::{HeldOut, Residuals};
use crate::quadrature::Quadrature;
use crate::{Error, Result, Scalar, Seed};

/// How many points are looked at for each that is drawn where the residual is large.
const CANDIDATES: usize = 4;

impl<T: Scalar> Collocation<T> {
    /// How points that a fit draws anew (`resample` of [`LevenbergMarquardt`](crate::optim::LevenbergMarquardt) and its
    /// kin) crowd where the residual is large: their density is that of the points given times `1 + |r|ᵏ / mean |r|ᵏ`,
    /// k = `power` (residual-based adaptive distribution: Wu, Zhu, Tan, Kartha and Lu, 2023, after Lu, Meng, Mao and
    /// Karniadakis, 2021). k = 0, which holds otherwise, keeps the density; 1 and 2 are usual.
    ///
    /// ```
    /// use eigennet::{Seed, differential::{Domain, Equation}, nn::Mlp, optim::LevenbergMarquardt};
    /// // A layer of width 0.1 at t = 1.
    /// let domain = Domain::new(["t"], [0.0..2.0])?;
    /// let net = Mlp::new("net", [1, 10, 1]);
    /// let layer = Equation::<f64>::record(&domain, |g, [t]| {
    ///     let u = t * net.call(domain.scaled([t]));
    ///     g.output("u", u);
    ///     u.d(t) - (-(10.0 * (t - 1.0)).square()).exp()
    /// })?;
    /// let mut system = layer.on(&domain.gauss([80])?)?;
    /// system.crowd(1.0)?;
    /// let fit = LevenbergMarquardt { resample: 20, ..Default::default() }.fit(&mut system, Seed(0))?;
    /// assert!((fit.function("u")?.at(&[2.0])? - 0.177245385).abs() < 1e-4, "{fit}");
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a power that is negative or not finite.
    pub fn crowd(&mut self, power: f64) -> Result<()> {
        if power != 0.0 {
            checks::positive("power that points crowd by", power)?;
        }
        self.crowding = power;
        Ok(())
    }

    /// Whether nothing but the points themselves belongs to their rows.
    fn is_movable(&self) -> bool {
        let mut inputs = self.equation.residuals.recording().input_names();
        inputs.all(|(name, rows, _)| name == POINTS || rows != Some(POINTS))
    }

    /// `points` between those given, as many or some times as many.
    fn between(&mut self, times: usize, seed: Seed) -> Result<Quadrature<T>> {
        let cells = self.cells.get_or_insert_with(|| Cells::new(&self.points));
        cells.draw(&self.points, times * self.points.len(), &mut seed.stream("points between points"))
    }

    /// The scaled residuals of all terms on `points`, which stay bound; those that do not belong to the points are 0.
    fn residuals_on(&mut self, points: &Quadrature<T>, parameters: &[T]) -> Result<Vec<T>> {
        self.bind(points)?;
        let mut residuals = vec![T::zero(); self.count()?];
        let dense = std::mem::take(&mut self.dense);
        let computed = self.residuals(parameters, &mut residuals);
        self.dense = dense;
        computed?;
        let mut at = 0;
        for (term, roots) in self.equation.terms.iter().zip(&self.roots) {
            let length = roots.as_ref().map_or(0, Vec::len) * term.width;
            if term.rows.as_deref() != Some(POINTS) {
                residuals[at..at + length].fill(T::zero());
            }
            at += length;
        }
        Ok(residuals)
    }

    pub(super) fn judge(&mut self, parameters: &[T]) -> Result<Option<HeldOut>> {
        if !self.is_movable() {
            return Ok(None);
        }
        let (own, others) = (self.points.clone(), self.between(1, Seed(0))?);
        let judged = self.compare(&own, &others, parameters);
        self.bind(&own)?;
        judged.map(Some)
    }

    fn compare(&mut self, own: &Quadrature<T>, others: &Quadrature<T>, parameters: &[T]) -> Result<HeldOut> {
        let size = |residuals: &[T]| Scalar::to_f64(norm(residuals));
        let trained = size(&self.residuals_on(own, parameters)?);
        let signs = [T::one(), -T::one()].into_iter().cycle();
        let nudged: Vec<T> = parameters.iter().zip(signs).map(|(&p, sign)| p + sign * T::EPSILON * p).collect();
        let mut both = || Ok((self.residuals_on(others, parameters)?, self.residuals_on(others, &nudged)?));
        match both() {
            Ok((here, mut nudged)) => {
                nudged.iter_mut().zip(&here).for_each(|(nudged, &here)| *nudged -= here);
                Ok(HeldOut { trained, elsewhere: size(&here), rounding: size(&nudged) })
            }
            Err(Error::NonFinite { .. }) => Ok(HeldOut { trained, elsewhere: f64::INFINITY, rounding: 0.0 }),
            Err(error) => Err(error),
        }
    }

    /// [`Residuals::draw_points`].
    #[inline(never)]
    pub(super) fn draw(&mut self, parameters: &[T], draw: u64) -> Result<()> {
        if draw == 0 {
            let own = self.points.clone();
            return self.bind(&own);
        }
        if !self.is_movable() {
            let reason = format!("data of their own belong to the rows {POINTS:?}, which cannot move; set it to 0");
            return Err(Error::invalid("resample", reason));
        }
        let seed = Seed(draw);
        if self.crowding == 0.0 {
            let drawn = self.between(1, seed)?;
            return self.bind(&drawn);
        }
        let candidates = self.between(CANDIDATES, seed)?;
        let squares = self.squares(&candidates, parameters)?;
        let powers: Vec<f64> = squares.iter().map(|r| r.powf(0.5 * self.crowding)).collect();
        let mean = powers.iter().sum::<f64>() / powers.len() as f64;
        let density =
            |(power, &weight): (&f64, &T)| weight.to_f64() * (1.0 + if mean > 0.0 { power / mean } else { 0.0 });
        let densities: Vec<f64> = powers.iter().zip(candidates.weights()).map(density).collect();
        let drawn = systematic(&densities, self.points.len(), seed.stream("crowding").uniform());
        let points = drawn.iter().flat_map(|&i| candidates.point(i)).copied().collect();
        let drawn = Quadrature::new(points, vec![T::one(); drawn.len()], candidates.dimension())?;
        self.bind(&drawn)
    }

    /// |r|² at each of `points`, up to a factor that they share; as many at a time as there are points.
    fn squares(&mut self, points: &Quadrature<T>, parameters: &[T]) -> Result<Vec<f64>> {
        let (count, dimension) = (self.points.len(), points.dimension());
        let mut squares = Vec::with_capacity(points.len());
        for part in points.points().chunks(count * dimension) {
            let rule = Quadrature::new(part.to_vec(), vec![T::one(); part.len() / dimension], dimension)?;
            let residuals = self.residuals_on(&rule, parameters)?;
            let (mut at, mut sums) = (0, vec![0.0; rule.len()]);
            for (term, roots) in self.equation.terms.iter().zip(&self.roots) {
                let length = roots.as_ref().map_or(0, Vec::len) * term.width;
                if term.rows.as_deref() == Some(POINTS) {
                    let rows = residuals[at..at + length].chunks(term.width.max(1));
                    sums.iter_mut().zip(rows).for_each(|(sum, row)| *sum += Scalar::to_f64(dot(row, row)));
                }
                at += length;
            }
            squares.extend(sums);
        }
        Ok(squares)
    }
}

/// `count` indices, each as often as its share of the densities says, to within one; `start` in [0, 1).
fn systematic(densities: &[f64], count: usize, start: f64) -> Vec<usize> {
    let step = densities.iter().sum::<f64>() / count as f64;
    let (mut drawn, mut below, mut next) = (Vec::with_capacity(count), 0.0, start * step);
    for (i, density) in densities.iter().enumerate() {
        below += density;
        while drawn.len() < count && next < below {
            drawn.push(i);
            next += step;
        }
    }
    // Rounding of the sum may leave the last one out.
    drawn.resize(count, densities.len().saturating_sub(1));
    drawn
}
