//! Figures as plain data. [`plot`](crate::plot) draws them, [`html`](crate::html) sets them on the page.

pub mod csv;

use crate::failure::Failure;

/// A figure. `name` is the stem of its CSV file.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Stem of the file, `snake_case`.
    pub name: String,
    /// Headline.
    pub title: String,
    /// What it shows and how to read it.
    pub caption: String,
    /// Whether it takes the full width of the page.
    pub wide: bool,
    /// What is drawn.
    pub kind: Kind,
}

/// What a [`Figure`] draws.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Curves.
    Lines(LinePlot),
    /// Groups of bars.
    Bars(BarChart),
    /// Square matrices side by side.
    Matrices(Vec<MatrixPlot>),
    /// One function of two variables, with axes.
    Map(HeatMap),
    /// Many functions of two variables, as in the paper's Figure 1.
    Panels(PanelGrid),
    /// Curves that move.
    Animation(Animation),
    /// Groups of points.
    Scatter(ScatterPlot),
}

impl Figure {
    /// A figure; panels take the full width, everything else half of it.
    pub fn new(name: impl Into<String>, title: impl Into<String>, kind: impl Into<Kind>) -> Self {
        let kind = kind.into();
        let wide = matches!(kind, Kind::Panels(_));
        Figure { name: name.into(), title: title.into(), caption: String::new(), wide, kind }
    }

    /// What it shows and how to read it.
    #[must_use]
    pub fn caption(mut self, text: impl Into<String>) -> Self {
        self.caption = text.into();
        self
    }

    /// Takes the full width of the page.
    #[must_use]
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }
}

macro_rules! kind_from {
    ($($data:ty => $variant:ident),*) => {$(
        impl From<$data> for Kind {
            fn from(data: $data) -> Self {
                Kind::$variant(data)
            }
        }
    )*};
}
kind_from!(LinePlot => Lines, BarChart => Bars, Vec<MatrixPlot> => Matrices, HeatMap => Map, PanelGrid => Panels,
           Animation => Animation, ScatterPlot => Scatter);

/// How values are laid along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal steps.
    #[default]
    Linear,
    /// Equal ratios; what is not positive is left out.
    Log,
}

/// An axis: its label, with the unit, and its scale.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// Label.
    pub label: String,
    /// Scale.
    pub scale: Scale,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>) -> Self {
        Axis { label: label.into(), scale: Scale::Linear }
    }

    /// A logarithmic axis.
    pub fn log(label: impl Into<String>) -> Self {
        Axis { label: label.into(), scale: Scale::Log }
    }
}

/// Curves over a common axis. Points that are not finite are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LinePlot {
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// The curves.
    pub series: Vec<Series>,
    /// Dashed horizontal lines: a target, a published value.
    pub levels: Vec<Level>,
}

impl LinePlot {
    /// A plot without curves.
    pub fn new(x: Axis, y: Axis) -> Self {
        LinePlot { x, y, ..LinePlot::default() }
    }

    /// Adds a curve.
    #[must_use]
    pub fn series(mut self, label: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        self.series.push(Series { label: label.into(), points });
        self
    }

    /// Adds a dashed horizontal line.
    #[must_use]
    pub fn level(mut self, label: impl Into<String>, value: f64) -> Self {
        self.levels.push(Level { label: label.into(), value });
        self
    }
}

/// Groups of points in the plane, each in its colour. Points that are not finite are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScatterPlot {
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// The groups.
    pub groups: Vec<Series>,
}

impl ScatterPlot {
    /// A plot without points.
    pub fn new(x: Axis, y: Axis) -> Self {
        ScatterPlot { x, y, groups: Vec::new() }
    }

    /// Adds a group.
    #[must_use]
    pub fn group(mut self, label: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        self.groups.push(Series { label: label.into(), points });
        self
    }
}

/// Curves that move: one plot after the other, on common axes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Animation {
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// Names of the curves, the same in all frames.
    pub labels: Vec<String>,
    /// The frames, in order.
    pub frames: Vec<Frame>,
    /// Seconds from the first frame to the last.
    pub seconds: f64,
}

/// One frame of an [`Animation`].
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Words on it, such as the time.
    pub words: String,
    /// The points of each curve.
    pub curves: Vec<Vec<(f64, f64)>>,
}

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Name in the legend.
    pub label: String,
    /// Points in drawing order.
    pub points: Vec<(f64, f64)>,
}

/// A horizontal line.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Words on the line.
    pub label: String,
    /// Height.
    pub value: f64,
}

/// Groups of bars: one bar a series in every group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BarChart {
    /// Vertical axis.
    pub y: Axis,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// The series.
    pub series: Vec<BarSeries>,
}

impl BarChart {
    /// A chart without bars.
    pub fn new<G: Into<String>>(y: Axis, groups: impl IntoIterator<Item = G>) -> Self {
        BarChart { y, groups: groups.into_iter().map(Into::into).collect(), series: Vec::new() }
    }

    /// Adds values of ours, one a group.
    #[must_use]
    pub fn ours(mut self, label: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        self.series.push(BarSeries { label: label.into(), values, published: false });
        self
    }

    /// Adds published values, one a group; drawn in muted colours.
    #[must_use]
    pub fn published(mut self, label: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        self.series.push(BarSeries { label: label.into(), values, published: true });
        self
    }
}

/// One bar in every group.
#[derive(Debug, Clone, PartialEq)]
pub struct BarSeries {
    /// Name in the legend.
    pub label: String,
    /// A value a group; `None` draws no bar.
    pub values: Vec<Option<f64>>,
    /// Whether the values are somebody else's.
    pub published: bool,
}

/// A square matrix as coloured cells.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixPlot {
    /// Words above it.
    pub title: String,
    /// Names of rows and columns, as many as there are rows.
    pub labels: Vec<String>,
    /// Entries, row by row.
    pub values: Vec<f64>,
    /// What the colour means.
    pub shade: Shade,
}

/// What the colour of a matrix cell means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shade {
    /// The value, from −limit (blue) to limit (red).
    Signed {
        /// The largest absolute value the colours tell apart.
        limit: f64,
    },
    /// The power of ten of the absolute value, from `floor` to 1.
    Magnitude {
        /// The smallest absolute value the colours tell apart.
        floor: f64,
    },
}

/// Values on a regular grid, `values[row * columns + column]`; row 0 lies at the bottom (smallest y).
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    columns: usize,
    rows: usize,
    values: Vec<f64>,
}

impl Field {
    /// From values, row by row, the bottom row first.
    ///
    /// # Errors
    /// The number of values is not `columns · rows`, or there are none.
    pub fn new(columns: usize, rows: usize, values: Vec<f64>) -> Result<Self, Failure> {
        if values.is_empty() || columns.checked_mul(rows) != Some(values.len()) {
            let count = values.len();
            return Err(Failure::Other(format!("a field of {columns} × {rows} cannot be made of {count} values")));
        }
        Ok(Field { columns, rows, values })
    }

    /// Columns of the grid.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of the grid.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The values, row by row, the bottom row first.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The largest finite absolute value, 0 if there is none.
    pub fn largest(&self) -> f64 {
        self.values.iter().map(|value| value.abs()).filter(|value| value.is_finite()).fold(0.0, f64::max)
    }
}

/// One function of two variables, with axes and a colour bar.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// Horizontal axis label.
    pub x_label: String,
    /// Vertical axis label.
    pub y_label: String,
    /// Words on the colour bar.
    pub value_label: String,
    /// Left and right end of the grid.
    pub x: (f64, f64),
    /// Bottom and top end of the grid.
    pub y: (f64, f64),
    /// The values.
    pub field: Field,
    /// Whether the sign matters: diverging colours around 0, else sequential from smallest to largest.
    pub signed: bool,
}

/// Functions of two variables in rows and columns, each in its own colours around 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PanelGrid {
    /// Heads of the columns, such as `(n, ℓ) = (0, 0)`.
    pub columns: Vec<String>,
    /// The rows, in reading order.
    pub rows: Vec<PanelRow>,
}

impl PanelGrid {
    /// A grid without rows.
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        PanelGrid { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row; one that is short is filled up with empty panels.
    #[must_use]
    pub fn row(mut self, label: impl Into<String>, panels: Vec<Panel>) -> Self {
        self.rows.push(PanelRow { label: label.into(), panels });
        self
    }
}

/// A row of a [`PanelGrid`].
#[derive(Debug, Clone, PartialEq)]
pub struct PanelRow {
    /// Head of the row, such as a method's name.
    pub label: String,
    /// One panel a column.
    pub panels: Vec<Panel>,
}

/// A panel of a [`PanelGrid`]: a function and a few characters below it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// The function; `None` leaves the place empty.
    pub field: Option<Field>,
    /// A few characters below it, such as the eigenvalue.
    pub note: String,
}

impl Panel {
    /// A panel.
    pub fn new(field: Field, note: impl Into<String>) -> Self {
        Panel { field: Some(field), note: note.into() }
    }
}

#[cfg(test)]
mod tests;
