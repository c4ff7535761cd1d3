//! Charts drawn on the server as SVG, by one set of colours and sizes.

use charts_rs::{
    BarChart, ChartBase, Color, DEFAULT_FONT_FAMILY, HorizontalBarChart, SankeyChart, SankeyLink,
    SankeyNode, Series, measure_text_width_family,
};

/// A chart could not be drawn from its figures.
#[derive(Debug, thiserror::Error)]
#[error("the chart cannot be drawn")]
pub struct ChartError(#[source] charts_rs::Error);

/// A drawing and what its colours mean.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// The drawing; its texts are escaped.
    pub svg: String,
    /// The colour and the name of each series, drawn beside it by the page, whose text can wrap.
    pub legend: Vec<(&'static str, String)>,
}

/// The colours of series, each at least 3 to 1 against white (WCAG 1.4.11).
const COLOURS: [&str; 4] = ["#1f5fbf", "#c2571a", "#2e7d4f", "#7a4fa3"];

const WIDTH: f32 = 860.0;
const FONT_SIZE: f32 = 14.0;
const FONT: &str =
    "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans', sans-serif";

/// Draws groups of bars: one series per purpose or audience, one group per category.
///
/// # Errors
/// [`ChartError`] when the figures do not fit the axes.
pub fn bars(
    categories: Vec<String>,
    series: Vec<(String, Vec<f64>)>,
) -> Result<Drawing, ChartError> {
    let colours = COLOURS.into_iter().cycle();
    let names = series.iter().map(|(name, _)| name.clone());
    let legend = colours.zip(names).collect();
    let series = series
        .into_iter()
        .map(|(name, values)| labelled(&name, &values))
        .collect();
    let categories = categories.into_iter().map(measured).collect();
    let mut chart = BarChart::new(series, categories);
    dress(&mut chart.base, 320.0);
    let svg = chart.svg().map_err(ChartError)?;
    Ok(Drawing { svg, legend })
}

/// Gives a chart the size, font and colours of the house; the page draws the legend.
fn dress(base: &mut ChartBase, height: f32) {
    base.width = WIDTH;
    base.height = height;
    FONT.clone_into(&mut base.font_family);
    // The highest bar's figure stands above it, and the last one of an axis beside it.
    base.margin.top += 22.0;
    base.margin.right += 28.0;
    base.legend.show = Some(false);
    base.series.colors = COLOURS.into_iter().map(Color::from).collect();
}

/// Pads a text with blanks until it is measured as wide as it is drawn: the font that measures has no Chinese.
fn measured(mut text: String) -> String {
    let width = |text: &str| {
        measure_text_width_family(DEFAULT_FONT_FAMILY, FONT_SIZE, text).map_or(0.0, |it| it.width())
    };
    let wide = text.chars().filter(|c| *c >= '\u{2e80}');
    let lacking: f32 = wide
        .map(|c| FONT_SIZE - width(c.encode_utf8(&mut [0; 4])))
        .sum();
    let blank = width("a\u{a0}a") - width("aa");
    let mut padded = blank;
    while blank > 0.5 && padded <= lacking {
        text.push('\u{a0}');
        padded += blank;
    }
    text
}

/// Draws one horizontal bar per category.
///
/// # Errors
/// [`ChartError`] when the figures do not fit the axes.
pub fn ranked(rows: &[RankedBar], name: &str) -> Result<Drawing, ChartError> {
    let values: Vec<_> = rows.iter().map(|row| row.value).collect();
    let series = labelled(name, &values);
    // Two blanks keep the names off the axis where the reader's font is wider.
    let name = |row: &RankedBar| measured(row.name.clone()) + "\u{a0}\u{a0}";
    let categories = rows.iter().map(name).collect();
    let mut chart = HorizontalBarChart::new(vec![series], categories);
    let count = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    dress(&mut chart.base, 110.0 + 34.0 * f32::from(count.min(60)));
    let svg = chart.svg().map_err(ChartError)?;
    let legend = Vec::new();
    Ok(Drawing { svg, legend })
}

/// One bar of [`ranked`].
#[derive(Debug, Clone)]
pub struct RankedBar {
    /// The category.
    pub name: String,
    /// The length of the bar.
    pub value: f64,
}

/// Draws how people moved from the stages on the left to those on the right.
///
/// # Errors
/// [`ChartError`] when there is no movement to draw.
pub fn flow(links: &[FlowLink]) -> Result<Drawing, ChartError> {
    // The order of the links is the order of the stages.
    let mut names: Vec<&String> = Vec::new();
    for name in links.iter().flat_map(|link| [&link.from, &link.to]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let nodes = names
        .into_iter()
        .map(|name| SankeyNode::from(name.as_str()))
        .collect();
    let links = links
        .iter()
        .filter(|link| link.people > 0)
        .map(|link| SankeyLink::from((link.from.as_str(), link.to.as_str(), count(link.people))))
        .collect();
    let mut chart = SankeyChart::new(nodes, links);
    chart.base.width = WIDTH;
    chart.base.height = 420.0;
    FONT.clone_into(&mut chart.base.font_family);
    let svg = chart.svg().map_err(ChartError)?;
    let legend = Vec::new();
    Ok(Drawing { svg, legend })
}

/// One movement of [`flow`].
#[derive(Debug, Clone)]
pub struct FlowLink {
    /// Where the people were; the names of the two sides must differ.
    pub from: String,
    /// Where they are.
    pub to: String,
    /// How many.
    pub people: u64,
}

fn labelled(name: &str, values: &[f64]) -> Series {
    let mut series = Series::new(
        name.to_owned(),
        values.iter().copied().map(single).collect(),
    );
    series.label_show = true;
    series
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a drawing needs no more than seven digits"
)]
fn single(value: f64) -> f32 {
    value as f32
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a drawing needs no more than seven digits"
)]
fn count(people: u64) -> f32 {
    people as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_hold_their_texts_and_escape_them() {
        let drawing = bars(
            vec![String::from("A1 了解"), String::from("<script>")],
            vec![
                (String::from("洞察"), vec![3.0, 4.0]),
                (String::from("投放"), vec![1.0, 2.0]),
            ],
        )
        .unwrap();
        assert!(drawing.svg.contains("了解") && !drawing.svg.contains("<script>"));
        let names: Vec<_> = drawing
            .legend
            .iter()
            .map(|(_, name)| name.as_str())
            .collect();
        assert_eq!(names, ["洞察", "投放"]);
        assert!(
            drawing
                .legend
                .iter()
                .all(|(c, _)| drawing.svg.contains(&c.to_uppercase()))
        );
        let row = RankedBar {
            name: String::from("25-34"),
            value: 120.0,
        };
        assert!(ranked(&[row], "TGI").unwrap().svg.contains("25-34"));
        let link = FlowLink {
            from: String::from("O "),
            to: String::from("A1"),
            people: 7,
        };
        assert!(flow(&[link]).unwrap().svg.contains("A1"));
    }

    #[test]
    fn a_chinese_text_is_measured_as_wide_as_it_is_drawn() {
        let width = |text: &str| {
            measure_text_width_family(DEFAULT_FONT_FAMILY, FONT_SIZE, text)
                .unwrap()
                .width()
        };
        let text = measured(String::from("高消费有孩家庭"));
        assert!(
            (width(&text) - 7.0 * FONT_SIZE).abs() < 6.0,
            "{}",
            width(&text)
        );
        assert_eq!(measured(String::from("A1 Aware")), "A1 Aware");
    }
}
