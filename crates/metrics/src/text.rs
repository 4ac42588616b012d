//! The text format of Prometheus (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Display;

use crate::Histogram;

/// What kind of metric it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How long something takes.
    Histogram,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Metrics as text.
#[derive(Debug, Default)]
pub struct Text(String);

/// The samples of one metric.
#[derive(Debug)]
pub struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Text {
    /// Begins a metric; its samples follow.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> Family<'_> {
        line(&mut self.0, format_args!("# HELP {name} {help}"));
        line(&mut self.0, format_args!("# TYPE {name} {}", kind.as_str()));
        Family { text: &mut self.0, name }
    }

    /// Returns the text.
    pub fn finish(self) -> String {
        self.0
    }
}

impl Family<'_> {
    /// Adds a number.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        line(self.text, format_args!("{}{} {value}", self.name, Labels(labels)));
    }

    /// Adds a histogram.
    pub fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram) {
        let name = self.name;
        // Read first, so that what is counted meanwhile makes no bucket greater than the whole.
        let buckets: Vec<_> = histogram.cumulative().collect();
        let within = buckets.last().map_or(0, |(_, within)| *within);
        let count = histogram.count().max(within);
        for (bound, within) in buckets.into_iter().chain([("+Inf", count)]) {
            let labels = [labels, &[("le", bound)]].concat();
            line(self.text, format_args!("{name}_bucket{} {within}", Labels(&labels)));
        }
        let micros = histogram.sum_micros();
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        line(self.text, format_args!("{name}_sum{} {seconds}.{rest:06}", Labels(labels)));
        line(self.text, format_args!("{name}_count{} {count}", Labels(labels)));
    }
}

/// `{name="value",..}`, or nothing.
struct Labels<'a>(&'a [(&'a str, &'a str)]);

impl Display for Labels<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let value = value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
            write!(f, "{}{name}=\"{value}\"", if index == 0 { '{' } else { ',' })?;
        }
        if self.0.is_empty() { Ok(()) } else { f.write_str("}") }
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.push_str(&line.to_string());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn metrics_are_written_as_prometheus_reads_them() {
        let mut text = Text::default();
        let mut family = text.family("a_total", Kind::Counter, "What a is.");
        family.sample(&[], 7);
        family.sample(&[("name", "a \"b\"\\\n"), ("other", "c")], 8);
        let lines = text.finish();
        assert_eq!(
            lines,
            "# HELP a_total What a is.\n# TYPE a_total counter\na_total 7\na_total{name=\"a \\\"b\\\"\\\\\\n\",other=\"c\"} 8\n"
        );
    }

    #[test]
    fn a_time_is_in_each_bucket_that_it_is_within() {
        let histogram = Histogram::default();
        for micros in [500, 501, 10_000_000, 10_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let mut text = Text::default();
        text.family("b_seconds", Kind::Histogram, "How long b takes.").histogram(&[("of", "x")], &histogram);
        let lines = text.finish();
        let value = |start: &str| lines.lines().find_map(|line| line.strip_prefix(start)?.strip_prefix(' '));
        for (bound, within) in [("0.0005", "1"), ("0.001", "2"), ("5", "2"), ("10", "3"), ("+Inf", "4")] {
            assert_eq!(
                value(&format!("b_seconds_bucket{{of=\"x\",le=\"{bound}\"}}")),
                Some(within),
                "{lines}"
            );
        }
        assert_eq!(value("b_seconds_sum{of=\"x\"}"), Some("20.001002"));
        assert_eq!(value("b_seconds_count{of=\"x\"}"), Some("4"));
    }
}
