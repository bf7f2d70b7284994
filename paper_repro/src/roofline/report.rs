//! Metrics, tables and figures of what was measured.

use eigennet::kernels::isa::Isa;

use super::workloads::{Elementwise, Kind, Precision};
use super::{Bench, Measured, Threads};
use crate::experiment::{Note, Outcome};
use crate::figure::{Axis, BarChart, Figure};
use crate::metrics::Metric;
use crate::table::{Cell, Table};

/// Shares of the peak on one thread that are aimed at.
const TARGETS: [(&str, Precision, f64); 4] = [
    ("hydrogen_step", Precision::Single, 0.6),
    ("hydrogen_step", Precision::Double, 0.55),
    ("hydrogen_step_full", Precision::Single, 0.6),
    ("hydrogen_step_full", Precision::Double, 0.55),
];

impl Measured {
    /// Nominal GFLOP/s.
    fn gflops(&self) -> f64 {
        self.work / self.seconds / 1e9
    }

    fn nanoseconds_per_element(&self) -> f64 {
        1e9 * self.seconds / self.work
    }

    /// The name of a metric of it.
    fn metric(&self, quantity: &str) -> String {
        format!("{quantity}.{}.{}.{}", self.name, self.precision.name(), self.threads.name())
    }
}

/// The columns of every table: both precisions on one thread and on all.
const COLUMNS: [(Precision, Threads); 4] = [
    (Precision::Single, Threads::One),
    (Precision::Single, Threads::All),
    (Precision::Double, Threads::One),
    (Precision::Double, Threads::All),
];

fn heads(bench: &Bench<'_>) -> [String; 4] {
    COLUMNS.map(|(precision, threads)| match (threads, bench.context.threads) {
        (Threads::One, _) | (_, 1) => format!("{}, 1 thread", precision.name()),
        (Threads::All, count) => format!("{}, {count} threads", precision.name()),
    })
}

/// Everything that was measured, and the peaks it is compared with.
struct Results<'a> {
    bench: &'a Bench<'a>,
    measured: &'a [Measured],
}

/// A name below a bar: of a product its shape.
fn label(name: &str) -> String {
    let Some(shape) = name.strip_prefix("gemm_") else { return name.to_string() };
    let mut sides = shape.split('x');
    let first = sides.next().unwrap_or_default();
    if sides.all(|side| side == first) { format!("{first}³") } else { shape.replace('x', "·") }
}

impl Results<'_> {
    fn share(&self, measured: &Measured) -> f64 {
        let peak = self.bench.peak(measured.precision, self.bench.count(measured.threads));
        measured.gflops() / peak
    }

    /// The names of a kind, in order.
    fn names(&self, is: impl Fn(Kind) -> bool) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.measured.iter().filter(|measured| is(measured.kind)).map(|measured| &*measured.name).collect();
        names.dedup();
        names
    }

    fn find(&self, name: &str, (precision, threads): (Precision, Threads)) -> Option<&Measured> {
        let is = |m: &&Measured| m.name == name && (m.precision, m.threads) == (precision, threads);
        self.measured.iter().find(is)
    }

    /// A table with a row for each name and a number of each measurement.
    fn table(&self, table: Table, names: &[&str], number: impl Fn(&Measured) -> Cell) -> Table {
        let mut table = table;
        for name in names {
            let found = COLUMNS.map(|column| self.find(name, column));
            let mut row = vec![Cell::from(*name)];
            row.extend(found.map(|measured| measured.map_or(Cell::Empty, &number)));
            table.row(row);
        }
        table
    }

    fn tables(&self) -> Vec<Table> {
        let columns = |first: &str| [vec![first.to_string()], heads(self.bench).to_vec()].concat();
        let counted = self.names(|kind| kind != Kind::Elementwise);
        let elementwise = self.names(|kind| kind == Kind::Elementwise);
        let share = Table::new("peak_share", "Share of the FMA peak", columns("workload")).caption(
            "Nominal operations a second over the peak of fused multiply-adds on as many threads. Nominal are the products \
             that the formulas need, whatever is executed; decompositions count as their classical algorithms.",
        );
        let gflops = Table::new("gflops", "GFLOP/s", columns("workload"));
        let time = Table::new("seconds_per_step", "Time per step, ms", columns("workload")).caption(
            "The median of batches of steps, warmed up. Matrix products are serial: on several threads a step is one on each \
             of them.",
        );
        let elements = Table::new("elementwise", "Nanoseconds per element", columns("function")).caption(format!(
            "Slices of {} elements; on several threads one on each of them, all elements counted.",
            Elementwise::LEN
        ));
        let mut gflops = gflops;
        let peaks = COLUMNS.map(|(precision, threads)| self.bench.peak(precision, self.bench.count(threads)));
        if !counted.is_empty() {
            gflops.row([vec![Cell::from("FMA peak")], peaks.map(|peak| Cell::Fixed(peak, 1)).to_vec()].concat());
        }
        let tables = [
            self.table(share, &counted, |m| Cell::Fixed(self.share(m), 3)),
            self.table(time, &counted, |m| Cell::Number(1e3 * m.seconds)),
            self.table(gflops, &counted, |m| Cell::Fixed(m.gflops(), 1)),
            self.table(elements, &elementwise, |m| Cell::Fixed(m.nanoseconds_per_element(), 3)),
        ];
        tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }

    fn metrics(&self) -> Vec<Metric> {
        let mut metrics = Vec::new();
        for measured in self.measured.iter().filter(|m| m.kind != Kind::Elementwise) {
            let share = Metric::new(measured.metric("peak_share"), self.share(measured));
            let aim = TARGETS.iter().find(|(name, precision, _)| {
                (*name, *precision, Threads::One) == (&*measured.name, measured.precision, measured.threads)
            });
            metrics.push(aim.map_or(share.clone(), |&(_, _, bound)| share.at_least(bound)));
            metrics.push(Metric::new(measured.metric("seconds_per_step"), measured.seconds));
            metrics.push(Metric::new(measured.metric("gflops"), measured.gflops()));
        }
        for measured in self.measured.iter().filter(|m| m.kind == Kind::Elementwise) {
            let name = measured.metric("nanoseconds_per_element");
            metrics.push(Metric::new(name, measured.nanoseconds_per_element()));
        }
        for (precision, threads) in COLUMNS {
            let peak = self.bench.peak(precision, self.bench.count(threads));
            if peak.is_finite() {
                let name = format!("peak_gflops.{}.{}", precision.name(), threads.name());
                metrics.push(Metric::new(name, peak));
            }
        }
        metrics
    }

    fn shares_of(&self, kind: Kind) -> Option<Figure> {
        let names = self.names(|of| of == kind);
        if names.is_empty() || kind == Kind::Elementwise {
            return None;
        }
        let chart = BarChart::new(Axis::linear("share of the FMA peak"), names.iter().map(|name| label(name)));
        let chart = COLUMNS.into_iter().zip(heads(self.bench)).fold(chart, |chart, (column, head)| {
            chart.ours(head, names.iter().map(|name| self.find(name, column).map(|m| self.share(m))).collect())
        });
        let title = format!("Share of the FMA peak: {}", kind.name());
        Some(Figure::new(format!("shares_{}", kind.name().replace(' ', "_")), title, chart).wide())
    }
}

/// Everything for the report.
pub fn outcome(bench: &Bench<'_>, measured: &[Measured], growth: Vec<Figure>) -> Outcome {
    let results = Results { bench, measured };
    let mut outcome = Outcome::default()
        .setting("widest instruction set", format!("{:?}", Isa::best()))
        .setting("threads", bench.context.threads)
        .setting("seconds a measurement", bench.budget);
    outcome.metrics = results.metrics();
    outcome.tables = results.tables();
    outcome.figures.extend(Kind::ALL.into_iter().filter_map(|kind| results.shares_of(kind)));
    outcome.figures.extend(growth);
    outcome.note(Note::remark(
        "Other work on the machine lowers the shares: times are medians, the peak is the best that was seen. Only numbers of \
         one run are comparable.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_called_by_its_shape() {
        assert_eq!(label("gemm_64x64x64"), "64³");
        assert_eq!(label("gemm_512x128x128"), "512·128·128");
        assert_eq!(label("exp"), "exp");
    }
}
