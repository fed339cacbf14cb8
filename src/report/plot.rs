//! Small charts as SVG: axes, lines, points, bars. Colours come from the page's style sheet, by class.

use std::fmt::Write;

use super::page::escape;

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 44.0;

/// A chart over the ranges `x` and `y`.
pub struct Plot {
    label: String,
    x: (f64, f64),
    y: (f64, f64),
    body: String,
}

impl Plot {
    /// An empty chart; `label` says in words what it shows.
    pub fn new(label: &str, x: (f64, f64), y: (f64, f64)) -> Plot {
        Plot { label: label.to_owned(), x, y, body: String::new() }
    }

    fn across(&self, x: f64) -> f64 {
        LEFT + (x - self.x.0) / (self.x.1 - self.x.0) * (WIDTH - LEFT - RIGHT)
    }

    fn up(&self, y: f64) -> f64 {
        HEIGHT - BOTTOM - (y - self.y.0) / (self.y.1 - self.y.0) * (HEIGHT - TOP - BOTTOM)
    }

    /// Both axes with their names and ticks, each a place and what is written there.
    #[must_use]
    pub fn axes(mut self, x: &str, x_ticks: &[(f64, String)], y: &str, y_ticks: &[(f64, String)]) -> Plot {
        let (left, right, low, high) = (LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, TOP);
        for (place, text) in x_ticks {
            let at = self.across(*place);
            let _ = write!(
                self.body,
                "<line class=\"grid\" x1=\"{at:.1}\" y1=\"{high}\" x2=\"{at:.1}\" y2=\"{low}\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                low + 15.0,
                escape(text)
            );
        }
        for (place, text) in y_ticks {
            let at = self.up(*place);
            let _ = write!(
                self.body,
                "<line class=\"grid\" x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 5.0,
                at + 4.0,
                escape(text)
            );
        }
        let _ = write!(
            self.body,
            "<path class=\"axis\" d=\"M{left} {high}V{low}H{right}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(11 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            (left + right) / 2.0,
            HEIGHT - 8.0,
            escape(x),
            (low + high) / 2.0,
            escape(y)
        );
        self
    }

    /// Both axes from 0 to 1 in quarters.
    #[must_use]
    pub fn unit_axes(self, x: &str, y: &str) -> Plot {
        let ticks = quarters();
        self.axes(x, &ticks, y, &ticks)
    }

    /// A line through `points`; steps too small to be seen are left out.
    #[must_use]
    pub fn line(mut self, class: &str, points: &[(f64, f64)]) -> Plot {
        let mut path = String::new();
        let mut before: Option<(f64, f64)> = None;
        for (index, &(x, y)) in points.iter().enumerate() {
            let at = (self.across(x), self.up(y));
            let near = before.is_some_and(|(x, y)| (at.0 - x).abs() + (at.1 - y).abs() < 0.7);
            if near && index + 1 < points.len() {
                continue;
            }
            let _ = write!(path, "{}{:.1} {:.1}", if before.is_none() { "M" } else { "L" }, at.0, at.1);
            before = Some(at);
        }
        let _ = write!(self.body, "<path class=\"{class}\" d=\"{path}\"/>");
        self
    }

    /// A point; `note` is shown under a pointer and read aloud.
    #[must_use]
    pub fn dot(mut self, class: &str, (x, y): (f64, f64), radius: f64, note: &str) -> Plot {
        let _ = write!(
            self.body,
            "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\"><title>{}</title></circle>",
            self.across(x),
            self.up(y),
            escape(note)
        );
        self
    }

    /// A bar between two corners.
    #[must_use]
    pub fn bar(mut self, class: &str, from: (f64, f64), to: (f64, f64), note: &str) -> Plot {
        let (x, y) = (self.across(from.0.min(to.0)), self.up(from.1.max(to.1)));
        let (width, height) = (self.across(from.0.max(to.0)) - x, self.up(from.1.min(to.1)) - y);
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{}</title></rect>",
            x + 0.5,
            (width - 1.0).max(0.5),
            escape(note)
        );
        self
    }

    /// The finished chart with a legend below: classes (`dot ` before that of a point) and what they are.
    pub fn finish(self, title: &str, legend: &[(&str, String)]) -> String {
        let mut text = format!(
            "<figure><figcaption>{}</figcaption><svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">{}</svg>",
            escape(title),
            escape(&self.label),
            self.body
        );
        if !legend.is_empty() {
            text.push_str("<ul class=\"legend\">");
            for (class, name) in legend {
                let sign = match class.strip_prefix("dot ") {
                    Some(class) => format!("<circle class=\"{class}\" cx=\"11\" cy=\"4\" r=\"3\"/>"),
                    None => format!("<path class=\"{class}\" d=\"M1 4H21\"/>"),
                };
                let _ = write!(
                    text,
                    "<li><svg viewBox=\"0 0 22 8\" aria-hidden=\"true\">{sign}</svg> {}</li>",
                    escape(name)
                );
            }
            text.push_str("</ul>");
        }
        text.push_str("</figure>\n");
        text
    }
}

/// Ticks at 0, ¼, ½, ¾, 1.
pub fn quarters() -> Vec<(f64, String)> {
    [0.0, 0.25, 0.5, 0.75, 1.0].map(|at: f64| (at, format!("{at}"))).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_small_whatever_the_number_of_points() {
        let points: Vec<(f64, f64)> = (0..100_000).map(|i| (f64::from(i) / 1e5, f64::from(i) / 1e5)).collect();
        let plot = Plot::new("a <line>", (0.0, 1.0), (0.0, 1.0)).unit_axes("x", "y").line("model", &points);
        let text = plot.finish("t", &[("model", "model".to_owned())]);
        assert!(text.len() < 20_000, "{}", text.len());
        assert!(text.contains("aria-label=\"a &lt;line&gt;\"") && !text.contains("NaN"));
    }
}
