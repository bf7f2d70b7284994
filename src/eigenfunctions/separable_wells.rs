//! The wells of a sum of products: energies of Gaussians are sums of products of means in one coordinate.

use std::ops::Range;

use super::coordinate::Coordinate;
use super::separable::{Factor, SeparableSum, Term};
use super::wells::{Accuracy, COARSE, EXACT, Gaussian, REACH, Well, larger, lowest, rule, wells};
use crate::Seed;

/// Points at which each factor is looked at, and of all coordinates together.
const SCAN: usize = 500;
const SAMPLES: usize = 2000;
/// The deviation of every second of these on a line, in its lengths; the others fill the region.
const DEVIATION: f64 = 1.5;
/// The unit of widths on an interval.
const UNIT: f64 = 0.1;

impl SeparableSum {
    /// The lowest wells where functions of these coordinates live, so many lengths about the centre of a line.
    ///
    /// They are looked for from where each term is largest, a product coordinate by coordinate, so that one that all
    /// coordinates make is found in any dimension; and from the lowest of some random points, which in many dimensions
    /// find only what is wide.
    pub(super) fn wells(&self, coordinates: &[(Coordinate, f64)], seed: Seed) -> Vec<Well> {
        let regions: Vec<Range<f64>> =
            coordinates.iter().map(|(coordinate, reach)| region(coordinate, *reach)).collect();
        let unit = |(coordinate, region): (&(Coordinate, f64), &Range<f64>)| match coordinate.0 {
            Coordinate::Line { length, .. } => length,
            Coordinate::Interval(_) => UNIT * (region.end - region.start),
        };
        let units: Vec<f64> = coordinates.iter().zip(&regions).map(unit).collect();
        let mut points = self.extremes(&regions);
        let mut stream = seed.into_stream();
        for i in 0..SAMPLES {
            for (((coordinate, _), region), unit) in coordinates.iter().zip(&regions).zip(&units) {
                let (middle, half) = (0.5 * (region.start + region.end), 0.5 * (region.end - region.start));
                let uniform = middle + half * stream.uniform_in(-1.0, 1.0);
                let x = match coordinate {
                    Coordinate::Line { .. } if i % 2 == 0 => middle + DEVIATION * unit * stream.normal::<f64>(),
                    _ => uniform,
                };
                points.push(x.clamp(region.start, region.end));
            }
        }
        let potential: Vec<f64> = points.chunks(regions.len()).map(|point| self.potential(point)).collect();
        let lengths: Vec<f64> = regions.iter().map(|region| region.end - region.start).collect();
        let inside = |g: &Gaussian| {
            let places = g.centre.iter().zip(&g.widths).zip(coordinates.iter().zip(&regions));
            places.into_iter().all(|((c, s), ((coordinate, _), region))| {
                // At the ends of an interval a function is 0.
                let margin = if matches!(coordinate, Coordinate::Interval(_)) { REACH * s } else { 0.0 };
                region.start + margin <= *c && *c <= region.end - margin
            })
        };
        let energies = |counts: [usize; 2]| counts.map(|count| Energy::new(self, count));
        let (mut rough, mut full) = (energies(COARSE), energies(EXACT));
        let mut energy = |g: &Gaussian, accuracy: Accuracy| {
            if !inside(g) {
                return f64::INFINITY;
            }
            let rules = if accuracy == Accuracy::Rough { &mut rough } else { &mut full };
            larger(rules.each_mut().map(|rule| rule.of(g)))
        };
        wells(lowest(&points, &potential, &lengths), &units, &mut energy)
    }

    /// For each product, where the function of each of its coordinates is largest, the others in their middle.
    fn extremes(&self, regions: &[Range<f64>]) -> Vec<f64> {
        let middle: Vec<f64> = regions.iter().map(|region| 0.5 * (region.start + region.end)).collect();
        let mut known = vec![vec![None; regions.len()]; self.factors.len()];
        let mut points = Vec::with_capacity(self.terms.len() * regions.len());
        for term in &self.terms {
            let mut point = middle.clone();
            for &(i, place) in &term.factors {
                point[i] = *known[place][i].get_or_insert_with(|| {
                    let at = |k: usize| {
                        regions[i].start + (k as f64 + 0.5) / SCAN as f64 * (regions[i].end - regions[i].start)
                    };
                    let size = |x: f64| self.factors[place].value(x).map_or(0.0, f64::abs);
                    let largest = |best: (f64, f64), x: f64| if size(x) > best.1 { (x, size(x)) } else { best };
                    (0..SCAN).map(at).fold((middle[i], 0.0), largest).0
                });
            }
            points.extend(point);
        }
        points
    }

    /// Σ of the terms without a derivative.
    fn potential(&self, point: &[f64]) -> f64 {
        let value = |&(i, place): &(usize, usize)| self.factors[place].value(point[i]);
        let terms = self.terms.iter().filter_map(|term| {
            let product: Option<f64> = term.factors.iter().map(value).product();
            product.map(|product| term.coefficient * product)
        });
        terms.sum()
    }

    /// The operator on coordinate i where all others are as in a Gaussian: the factors that make it, with what they weigh.
    pub(super) fn mean_field(&self, gaussian: &Gaussian, i: usize) -> Vec<(usize, f64)> {
        let rule = rule(EXACT[0], REACH);
        let own = self.terms.iter().filter_map(|term| {
            let place = term.factors.iter().find(|&&(at, _)| at == i)?.1;
            let others = term.factors.iter().filter(|&&(at, _)| at != i);
            let means =
                others.map(|&(at, place)| mean(&self.factors[place], gaussian.centre[at], gaussian.widths[at], &rule));
            Some((place, term.coefficient * means.product::<f64>()))
        });
        own.collect()
    }
}

/// Where functions live.
fn region(coordinate: &Coordinate, reach: f64) -> Range<f64> {
    match coordinate {
        Coordinate::Line { centre, length } => centre - reach * length..centre + reach * length,
        Coordinate::Interval(interval) => interval.clone(),
    }
}

/// ⟨g, F g⟩ of a Gaussian of norm 1 in one coordinate.
fn mean(factor: &Factor, centre: f64, width: f64, rule: &[(f64, f64)]) -> f64 {
    match factor {
        Factor::Kinetic => 0.5 / (width * width),
        _ => rule.iter().map(|(xi, weight)| weight * factor.value(centre + width * xi).unwrap_or(f64::NAN)).sum(),
    }
}

/// ⟨g, H g⟩ of Gaussians, of which most share most coordinates with the one before.
struct Energy<'a> {
    h: &'a SeparableSum,
    rule: Vec<(f64, f64)>,
    /// Of each coordinate, the factors that act on it.
    used: Vec<Vec<usize>>,
    /// Of each coordinate, where the last Gaussian was, and the means of all factors there.
    last: Vec<([f64; 2], Vec<f64>)>,
}

impl<'a> Energy<'a> {
    fn new(h: &'a SeparableSum, count: usize) -> Self {
        let mut used = vec![Vec::new(); h.dimension()];
        for &(i, place) in h.terms.iter().flat_map(|term| &term.factors) {
            if !used[i].contains(&place) {
                used[i].push(place);
            }
        }
        let last = vec![([f64::NAN; 2], vec![0.0; h.factors.len()]); h.dimension()];
        Energy { h, rule: rule(count, REACH), used, last }
    }

    fn of(&mut self, g: &Gaussian) -> f64 {
        let Energy { h, rule, used, last } = self;
        for (i, (at, means)) in last.iter_mut().enumerate() {
            let own = [g.centre[i], g.widths[i]];
            if *at != own {
                used[i].iter().for_each(|&place| means[place] = mean(&h.factors[place], own[0], own[1], rule));
                *at = own;
            }
        }
        let term =
            |term: &Term| term.coefficient * term.factors.iter().map(|&(i, place)| last[i].1[place]).product::<f64>();
        h.terms.iter().map(term).sum()
    }
}
