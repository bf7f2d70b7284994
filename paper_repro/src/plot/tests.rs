//! Drawings are well-formed, coloured as the style sheet knows, and survive any numbers.

use super::*;
use crate::figure::{Axis, BarChart, Field, HeatMap, LinePlot, MatrixPlot, Shade};

fn hostile() -> Vec<f64> {
    vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, f64::MAX, -f64::MAX, 5e-324, -1.0, 1.0]
}

fn well_formed(kind: impl Into<Kind>) -> Drawing {
    let drawing = draw(&kind.into()).expect("a drawing");
    let known = colours();
    for svg in &drawing.svg {
        let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}:\n{svg}"));
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "svg");
        assert!(root.attribute("viewBox").is_some() && root.attribute("aria-label").is_some());
        for node in document.descendants() {
            for name in ["x", "y", "width", "height", "points", "d"] {
                let value = node.attribute(name).unwrap_or("");
                assert!(!value.contains("NaN") && !value.contains("inf"), "{name}={value}");
            }
            // The colour of words and lines must follow the theme; cells of a matrix have their own.
            let colour =
                if node.tag_name().name() == "text" { node.attribute("fill") } else { node.attribute("stroke") };
            let colour = colour.filter(|colour| *colour != "none");
            assert!(colour.is_none_or(|colour| known.iter().any(|known| known == colour)), "{colour:?}");
        }
    }
    drawing
}

#[test]
fn the_style_sheet_knows_every_colour() {
    let style = include_str!("../../templates/style.css");
    for colour in colours() {
        assert!(style.contains(&format!("\"{colour}\"")), "{colour}");
    }
}

#[test]
fn curves_with_a_legend_and_levels() {
    let points = (0..50).map(|i| (f64::from(i), (-0.3 * f64::from(i)).exp())).collect();
    let plot = LinePlot::new(Axis::linear("step <&>"), Axis::log("loss \"L\""))
        .series("a & b", points)
        .series("one point", vec![(3.0, 0.1)])
        .level("target", 1e-3);
    let drawing = well_formed(plot);
    assert_eq!(drawing.legend.len(), 2);
    assert_ne!(drawing.legend[0].colour, drawing.legend[1].colour);
    let svg = &drawing.svg[0];
    for words in ["step &lt;&amp;&gt;", "loss", "target", "10⁻⁴"] {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn curves_of_hostile_numbers() {
    for (x, y) in
        [(Axis::linear("x"), Axis::linear("y")), (Axis::log("x"), Axis::log("y")), (Axis::linear(""), Axis::log(""))]
    {
        let values = hostile();
        let points = values.iter().flat_map(|&a| values.iter().map(move |&b| (a, b))).collect();
        let mut plot = LinePlot::new(x, y).series("hostile", points).series("empty", vec![]);
        for value in values {
            plot = plot.level("level", value);
        }
        well_formed(plot);
    }
    well_formed(LinePlot::default());
}

#[test]
fn bars_of_any_values_and_of_none() {
    for y in [Axis::linear("error"), Axis::log("error")] {
        let values: Vec<_> = hostile().into_iter().map(Some).chain([None]).collect();
        let groups: Vec<String> = (0..values.len()).map(|i| i.to_string()).collect();
        let drawing = well_formed(
            BarChart::new(y.clone(), groups).ours("us", values.clone()).published("them", values).ours("short", vec![]),
        );
        assert_eq!(drawing.legend.len(), 3);
        well_formed(BarChart::new(y, [] as [String; 0]));
    }
}

#[test]
fn matrices_small_large_and_hostile() {
    for (size, shade) in [
        (9, Shade::Magnitude { floor: 1e-6 }),
        (9, Shade::Signed { limit: 1.0 }),
        (40, Shade::Magnitude { floor: 1e-6 }),
    ] {
        let matrix = |value: &dyn Fn(usize) -> f64| MatrixPlot {
            title: "A & B".to_string(),
            labels: (0..size).map(|i| format!("({i}, <)")).collect(),
            values: (0..size * size).map(value).collect(),
            shade,
        };
        let plain = matrix(&|i| if i % (size + 1) == 0 { 1.0 } else { 1e-4 });
        let wild = matrix(&|i| hostile()[i % 10]);
        assert_eq!(well_formed(vec![plain, wild]).svg.len(), 2);
    }
    let wrong = MatrixPlot {
        title: String::new(),
        labels: vec!["a".into()],
        values: vec![],
        shade: Shade::Signed { limit: 0.0 },
    };
    assert!(draw(&Kind::from(vec![wrong])).is_err());
}

#[test]
fn maps_of_any_values() {
    for signed in [true, false] {
        for values in [vec![0.0; 6], hostile()[..6].to_vec(), (0..6).map(f64::from).collect()] {
            let map = HeatMap {
                x_label: "x".into(),
                y_label: "y".into(),
                value_label: "ψ".into(),
                x: (-1.0, 1.0),
                y: (0.0, f64::NAN),
                field: Field::new(3, 2, values).expect("six values"),
                signed,
            };
            well_formed(map);
        }
    }
}
