//! Charts drawn on the server as SVG, by one set of colours and sizes.

use charts_rs::{
    BarChart, HorizontalBarChart, SankeyChart, SankeyLink, SankeyNode, Series, SeriesBand,
};

/// A chart could not be drawn from its figures.
#[derive(Debug, thiserror::Error)]
#[error("the chart cannot be drawn")]
pub struct ChartError(#[source] charts_rs::Error);

const WIDTH: f32 = 860.0;
const FONT: &str =
    "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans', sans-serif";

/// Draws groups of bars: one series per purpose or audience, one group per category.
///
/// # Errors
/// [`ChartError`] when the figures do not fit the axes.
pub fn bars(
    categories: Vec<String>,
    series: Vec<(String, Vec<f64>)>,
) -> Result<String, ChartError> {
    let series = series
        .into_iter()
        .map(|(name, values)| labelled(&name, &values))
        .collect();
    let mut chart = BarChart::new(series, categories);
    chart.base.width = WIDTH;
    chart.base.height = 320.0;
    FONT.clone_into(&mut chart.base.font_family);
    chart.svg().map_err(ChartError)
}

/// Draws one horizontal bar per category, with an interval where there is one.
///
/// # Errors
/// [`ChartError`] when the figures do not fit the axes.
pub fn ranked(rows: &[RankedBar], name: &str) -> Result<String, ChartError> {
    let values: Vec<_> = rows.iter().map(|row| row.value).collect();
    let mut series = labelled(name, &values);
    if rows.iter().any(|row| row.interval.is_some()) {
        let (lower, upper) = rows
            .iter()
            .map(|row| row.interval.unwrap_or((row.value, row.value)))
            .map(|(low, high)| (single(low), single(high)))
            .unzip();
        series.error_bar = Some(SeriesBand::new(lower, upper));
    }
    let categories = rows.iter().map(|row| row.name.clone()).collect();
    let mut chart = HorizontalBarChart::new(vec![series], categories);
    chart.base.width = WIDTH;
    let count = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    chart.base.height = 110.0 + 34.0 * f32::from(count.min(60));
    FONT.clone_into(&mut chart.base.font_family);
    chart.svg().map_err(ChartError)
}

/// One bar of [`ranked`].
#[derive(Debug, Clone)]
pub struct RankedBar {
    /// The category.
    pub name: String,
    /// The length of the bar.
    pub value: f64,
    /// The interval of the estimate, low and high.
    pub interval: Option<(f64, f64)>,
}

/// Draws how people moved from the stages on the left to those on the right.
///
/// # Errors
/// [`ChartError`] when there is no movement to draw.
pub fn flow(links: &[FlowLink]) -> Result<String, ChartError> {
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
    chart.svg().map_err(ChartError)
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
        let svg = bars(
            vec![String::from("A1 了解"), String::from("<script>")],
            vec![
                (String::from("洞察"), vec![3.0, 4.0]),
                (String::from("投放"), vec![1.0, 2.0]),
            ],
        )
        .unwrap();
        assert!(svg.contains("了解") && svg.contains("洞察"));
        assert!(!svg.contains("<script>"));
        let row = RankedBar {
            name: String::from("25-34"),
            value: 120.0,
            interval: Some((90.0, 150.0)),
        };
        assert!(ranked(&[row], "TGI").unwrap().contains("25-34"));
        let link = FlowLink {
            from: String::from("O "),
            to: String::from("A1"),
            people: 7,
        };
        assert!(flow(&[link]).unwrap().contains("A1"));
    }
}
